/** A count for people: what there is, what was expected and is not, and what could not be seen. */
import type { Stored } from "@writ/core";
import { inertAscii } from "@writ/core/encoding";
import { type Census, identityWords } from "@writ/core/sight";
import { acceptedOn, unseenPlaces, unseenText } from "../blind-spots.ts";
import { censusTable, coverageText, type Known } from "../census-table.ts";
import type { Shell } from "../shell.ts";
import { table } from "../table.ts";
import { countText, numberText, sizeText } from "../words.ts";
import { surroundingsText } from "./surroundings.ts";
import type { Tally } from "./tally.ts";

/** Rows shown of each kind; the rest is told as a number, and --json has all. */
const rowsMax = 20;

export type Counted = {
  readonly census: Census;
  readonly tally: Tally;
  /** What it was held against; absent for nothing. */
  readonly source: string | undefined;
};

/** The whole report. */
export function countReport(shell: Shell, { census, tally, source }: Counted): string {
  const against =
    source === undefined
      ? "nothing to compare with: --against FILE, or ./writ up makes an estate"
      : `held against ${inertAscii(source)}`;
  return [
    censusTable(shell, { ...census, masses: [...tally.masses] }, tally.known),
    storedTable(shell, tally.stored, tally.known),
    surroundingsText(shell, census),
    missingText(shell, tally),
    "\n",
    totals(shell, tally),
    `${coverageText(shell, census)}\n`,
    gapsText(shell, census),
    shell.tone("faint", `${against}\n`),
  ].join("");
}

function totals(shell: Shell, tally: Tally): string {
  const { expected, masses, stored, bytes, copies, unexplained, missing } = tally;
  const counted = masses.length + stored.length;
  const lacking = missing.length === 0 ? "" : `, ${numberText(missing.length)} missing`;
  return [
    `expected ${expected === undefined ? "—" : numberText(expected)}`,
    shell.tone("bad", lacking),
    `   counted ${numberText(counted)} (${sizeText(bytes)})   `,
    copies === 0 ? "" : `${shell.tone("warning", `copies ${numberText(copies)}`)}   `,
    shell.tone(unexplained === 0 ? "good" : "warning", `unexplained ${numberText(unexplained)}`),
    "\n",
  ].join("");
}

function storedTable(shell: Shell, stored: readonly Stored[], known: Known): string {
  if (stored.length === 0) return "";
  const rows = stored
    .slice(0, rowsMax)
    .map((one) => [
      whatOf(one, known),
      inertAscii(one.container ?? "?"),
      sizeText(one.size),
      inertAscii(`${one.path} of ${one.holder} in ${one.store}`),
      one.fate === "visible" ? "" : one.fate,
    ]);
  const columns = [
    { head: "in stores", wraps: true },
    { head: "format" },
    { head: "size", align: "right" },
    { head: "where", wraps: true },
    { head: "there" },
  ] as const;
  return `\n${table(shell, columns, rows)}${moreText(shell, stored.length)}`;
}

function whatOf({ digest, copies = [], path }: Stored, known: Known): string {
  const own = digest === undefined ? undefined : known.get(digest);
  if (own !== undefined) return inertAscii(own);
  const like = copies.flatMap((copy) => {
    const of = known.get(copy.of);
    return of === undefined ? [] : [inertAscii(`${identityWords(copy)} of ${of}`)];
  });
  return like.length > 0 ? like.join("; ") : inertAscii(path.slice(path.lastIndexOf("/") + 1));
}

function missingText(shell: Shell, { missing }: Tally): string {
  if (missing.length === 0) return "";
  const rows = missing.slice(0, rowsMax).map(({ what, path }) => {
    const where = path === undefined ? "anywhere" : inertAscii(path);
    return `  ${inertAscii(what)}  ${where}\n`;
  });
  const head = shell.tone("bad", "expected, and not found:");
  return `\n${head}\n${rows.join("")}${moreText(shell, missing.length)}`;
}

function gapsText(shell: Shell, census: Census): string {
  const unseen = unseenPlaces(census, acceptedOn(census.host, []));
  if (unseen.length === 0) return "";
  const rows = unseen.slice(0, rowsMax).map((one) => `  ${unseenText(one)}\n`);
  return `${rows.join("")}${moreText(shell, unseen.length)}`;
}

function moreText(shell: Shell, total: number): string {
  if (total <= rowsMax) return "";
  return shell.tone("faint", `and ${countText(total - rowsMax, "more", "more")} (--json)\n`);
}
