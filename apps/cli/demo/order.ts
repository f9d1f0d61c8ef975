/** An order on a stage: people order and sign with the commands that anyone would type. */
import type { Digest } from "@writ/core";
import { countText, shortDigest, sizeText } from "../words.ts";
import { type Proceeding, stateTone } from "../writ-answer.ts";
import type { Stage } from "./stage.ts";
import type { Teller } from "./teller.ts";

export type Ordered = {
  readonly digest: Digest;
  readonly approve: (person: string) => Promise<void>;
};

/** Orders as a person. */
export async function orderAs(
  stage: Stage,
  person: string,
  order: { readonly action: readonly string[]; readonly reason: string },
): Promise<Ordered> {
  const { writ, phrase } = await stage.command<{ readonly writ: Digest; readonly phrase: string }>(
    "order",
    ...order.action,
    ...["--reason", order.reason, "--as", person],
  );
  stage.teller.say(`  proposed; its phrase, to compare on every screen: ${phrase}`, "faint");
  return {
    digest: writ,
    approve: async (by) => {
      await stage.command("approve", shortDigest(writ), "--as", by, "--yes");
    },
  };
}

/** The states that a writ went through, each with the witnessed seconds since it was proposed. */
export function tellCourse(teller: Teller, { course }: Proceeding): void {
  const began = course[0]?.time ?? 0;
  for (const { state, time, index } of course) {
    // Witnesses tell time in whole seconds.
    const after = time === null || began === null ? "?" : Math.round((time - began) / 1000);
    const toned = teller.shell.tone(stateTone(state), state.padEnd(10));
    teller.say(`${String(after).padStart(5)} s  ${toned} entry ${index}`);
  }
}

/** What the looks that judged a writ covered. */
export function tellCoverage(teller: Teller, { verdict }: Proceeding): void {
  for (const { host, ledgers } of verdict?.covered ?? []) {
    for (const { vantage, roots, entries, bytes, gapsTotal } of ledgers) {
      const under = roots.length === 0 ? "" : ` under ${roots.join(", ")}`;
      const gaps =
        gapsTotal === 0
          ? "no gaps"
          : countText(gapsTotal, "gap that hides nothing", "gaps that hide nothing");
      const read = bytes === 0 ? "" : `, ${sizeText(bytes)} read`;
      const what = countText(entries, "entry", "entries");
      teller.say(`  ${host} ${vantage}: ${what}${read}${under}, ${gaps}`, "faint");
    }
  }
  for (const { host, why } of verdict?.uncovered ?? []) {
    teller.say(`  ${host}: not seen: ${why}`, "warning");
  }
}
