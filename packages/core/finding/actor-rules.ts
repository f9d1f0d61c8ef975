/** Agent × rule and journal × witness, as far as what was turned away at the door tells. */
import type { Estate, RefusalRecord } from "../estate/estate.ts";
import type { Case } from "./finding.ts";

/** Someone whom the trust root does not know tried to say something. */
export function* unknownActor(estate: Estate): Iterable<Case> {
  yield* byCode(estate, "unknown-signer", (signer) => ({
    left: { kind: "rule", says: "only principals of the trust root may speak" },
    advice: "Find out what holds this key and how it reached the journal.",
    where: `key ${signer}`,
  }));
}

/** One key said two different things at one place of its chain: it is in two places. */
export function* fork(estate: Estate): Iterable<Case> {
  yield* byCode(estate, "chain-fork", (signer) => ({
    left: { kind: "rule", says: "each key's entries form one chain" },
    advice: "The key is in two places, or its holder was restored from a copy. Rotate it.",
    where: `key ${signer}`,
  }));
}

function* byCode(
  estate: Estate,
  code: string,
  tell: (signer: string) => Pick<Case, "left" | "advice" | "where">,
): Iterable<Case> {
  const bySigner = new Map<string, RefusalRecord[]>();
  for (const record of estate.refusals) {
    if (record.body.code !== code) continue;
    const signer = record.body.signer ?? "unknown";
    bySigner.set(signer, [...(bySigner.get(signer) ?? []), record]);
  }
  for (const [signer, records] of bySigner) {
    const count = records.reduce((sum, { body }) => sum + body.count, 0);
    const last = records.at(-1)!;
    yield {
      host: "journal",
      ...tell(signer),
      since: records[0]!.index,
      right: {
        kind: "observation",
        says: `${count} refused: ${last.body.detail}`,
        entry: last.index,
      },
    };
  }
}
