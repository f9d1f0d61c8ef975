/**
 * A journal of many entries, as an estate of ten hosts and three agents writes it: per hundred
 * entries 60 heartbeats, 30 claims, 9 censuses of what is there, and one witnessed checkpoint.
 */
import { createHash, createPrivateKey } from "node:crypto";
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

type Written = {
  readonly blobs: ReadonlyMap<string, Uint8Array>;
  readonly checkpoint: { readonly size: number; readonly text: string };
};

/** Its own entries need no check of their signatures: the folds to be measured do that. */
class QuickKit extends EstateKit {
  override readonly ports: EstateKit["ports"] = {
    reading: "whole",
    verify: () => true,
    blob: (digest) => this.blobs.get(digest),
  };
}

/**
 * Writes entries until there are `count`, handing each one over as it is made; answers their blobs,
 * and a checkpoint of all of them.
 */
export async function writeJournal(
  count: number,
  take: (entry: Uint8Array) => Promise<void> | undefined,
): Promise<Written> {
  const kit = new QuickKit();
  // The kit keeps its entries for tests; here there are too many to keep.
  const flush = async () => {
    for (const entry of kit.entries.splice(0)) await take(entry);
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
    await flush();
  }
  await flush();
  const { size } = kit.estate;
  return { blobs: kit.blobs, checkpoint: { size, text: await kit.cosignedCheckpoint() } };
}

/** The private key of a test key, as the server keeps its own: PEM of PKCS#8 (RFC 8410 §7). */
export function privateKeyPem(name: string): string {
  const seed = createHash("sha256").update(`test key ${name}`).digest();
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  return key.export({ format: "pem", type: "pkcs8" }) as string;
}

function claim(at: number): EntryBody {
  return { kind: "claim", says: "note", note: `task ${at} is finished, all checks are green` };
}
