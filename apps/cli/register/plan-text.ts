/** What an import would change, for a person and for a program. */
import { inert, inertAscii } from "@writ/core";
import type { ImportPlan } from "@writ/core/bill";
import type { Shell } from "../shell.ts";
import { countText } from "../words.ts";

const leftShown = 20;

export function planText(shell: Shell, { differences, unchanged, left }: ImportPlan): string {
  const lines = differences.map(({ key, change, members }) => {
    const what = change === "added" ? "new" : members.map(inertAscii).join(", ");
    const tone = change === "added" ? "good" : "warning";
    return `  ${shell.tone(tone, change)}  ${inert(key)}: ${what}`;
  });
  const same = unchanged === 0 ? [] : [`  unchanged: ${countText(unchanged, "document")}`];
  const kept =
    left.length === 0 ? [] : ["Not taken, for the register has no place for it or may not say it:"];
  const shown = left
    .slice(0, leftShown)
    .map(({ at, why }) => `  ${inert(at === "" ? "the document" : at)}: ${inert(why)}`);
  const more = left.length - leftShown;
  const rest = more > 0 ? [`  and ${more} more; --json names all`] : [];
  return `${[...lines, ...same, ...kept, ...shown, ...rest].join("\n")}\n`;
}
