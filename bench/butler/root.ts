/** The trust roots of the suite's estates. */
import { join } from "node:path";
import {
  encodeStatement,
  entryPayloadType,
  parseVerifierKey,
  preAuthenticationEncoding,
  sealEntry,
  type TrustRootDocument,
  toBase64,
  writActions,
} from "@writ/core";
import { readKeyFile } from "@writ/node";
import type { Estate, EstateParts, Person } from "./estate.ts";
import { must } from "./must.ts";

const watchSeconds = 3600;

/** The first trust root: three people of whom two sign, and the keys of what was started. */
export function rootOf(
  { keys, witnesses }: Estate,
  { silenceSeconds }: EstateParts,
  given: {
    readonly principals: TrustRootDocument["principals"];
    readonly journal: TrustRootDocument["journal"];
    readonly serverKey: TrustRootDocument["journal"]["key"];
  },
): TrustRootDocument {
  const human = (name: string, ...own: readonly Person[]) =>
    ({ name, kind: "human", keys: own.map((one) => keys[one].publicKey) }) as const;
  const seats = [{ group: "operators", threshold: 2 }];
  return {
    number: 1,
    name: "butler",
    principals: [
      human("ada", "ada"),
      human("ben", "ben", "ben-spare"),
      human("cleo", "cleo"),
      { name: "butler", kind: "agent", keys: [keys.butler.publicKey] },
      ...given.principals,
      ...witnesses.map(({ ready }, at) => {
        const key = toBase64(must(parseVerifierKey(ready.vkey!)).publicKey);
        const written = { type: "ed25519", public: key } as const;
        return { name: `witness-${at + 1}`, kind: "witness", keys: [written] } as const;
      }),
      { name: "journal", kind: "journal", keys: [given.serverKey] },
    ],
    groups: [{ name: "operators", members: ["ada", "ben", "cleo"] }],
    quorums: writActions.map((action) => ({
      action,
      seats,
    })),
    amendment: seats,
    journal: given.journal,
    witnessThreshold: 2,
    softwareKeys: true,
    silenceSeconds,
    watchSeconds,
  };
}

/** The entry of a trust root, signed by these. */
export async function rootEntry(
  { keys, id, folder }: Estate,
  root: TrustRootDocument,
  signers: readonly Person[],
): Promise<Uint8Array> {
  const statement = {
    version: 1 as const,
    estate: id,
    at: new Date().toISOString(),
    body: { kind: "root" as const, root },
  };
  const payload = encodeStatement(statement);
  const message = preAuthenticationEncoding(entryPayloadType, payload);
  const signatures = [];
  for (const name of signers) {
    const key = must(await readKeyFile(join(folder, "keys", `${name}.key`)));
    signatures.push({ key: keys[name].keyId, signature: await key.sign(message) });
  }
  return sealEntry(payload, signatures);
}
