/**
 * A journal of many entries, as an estate of ten hosts and three agents writes it: per hundred
 * entries 60 heartbeats, 30 claims, 9 censuses of what is there, and one witnessed checkpoint.
 */
import type { EntryBody } from "@writ/core";
import { type TrustRootDocument, toBase64 } from "@writ/core";
import { censusOf, chatbotRegister } from "../../packages/core/testing/chatbot.ts";
import { EstateKit, testKey, testRootDocument } from "../../packages/core/testing/estate-kit.ts";

const hosts = Array.from({ length: 10 }, (_, at) => `h${at + 1}`);

function rootDocument(): TrustRootDocument {
  const base = testRootDocument();
  const key = (name: string) => ({
    type: "ed25519" as const,
    public: toBase64(testKey(name).publicKey),
  });
  const others = base.principals.filter(({ kind }) => kind !== "probe");
  const probes = hosts.map((host) => ({
    name: `probe-${host}`,
    kind: "probe" as const,
    keys: [key(`probe-${host}`)],
    host,
  }));
  return { ...base, principals: [...others, ...probes] };
}

/** Writes entries until there are `count`, handing each one over as it is made. */
export async function writeJournal(
  count: number,
  take: (entry: Uint8Array) => void,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const kit = new EstateKit();
  // The kit keeps its entries for tests; here there are too many to keep.
  const flush = () => {
    for (const entry of kit.entries.splice(0)) take(entry);
  };
  kit.found(rootDocument());
  kit.register(...chatbotRegister(...hosts));
  await kit.witness();
  for (let at = 0; kit.estate.size < count; at += 1) {
    const host = hosts[at % hosts.length]!;
    const turn = at % 100;
    if (turn === 99) await kit.witness();
    else if (turn % 11 === 10) kit.sees(censusOf(host));
    else if (turn % 3 === 2) kit.say("butler", claim(at));
    else kit.say(`probe-${host}`, { kind: "heartbeat", host, spooled: 0 });
    flush();
  }
  flush();
  return kit.blobs;
}

function claim(at: number): EntryBody {
  return { kind: "claim", says: "note", note: `task ${at} is finished, all checks are green` };
}
