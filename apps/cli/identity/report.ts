/** Identities for a person: a table, and under it why. */
import { inertAscii } from "@writ/core/encoding";
import type { Shell, Tone } from "../shell.ts";
import { type Column, table } from "../table.ts";
import { sizeText } from "../words.ts";
import type { Identity } from "./identity.ts";
import { placeText } from "./specimen.ts";

/** Models whose evidence is shown; of more, a table says enough, and --json says all. */
const explainedMax = 12;
const evidenceMax = 8;

const tones: { readonly [V in Identity["verdict"]]: Tone } = {
  identical: "good",
  "same-values": "good",
  cast: "good",
  quantised: "good",
  "fine-tuned": "warning",
  altered: "warning",
  fragment: "warning",
  unrelated: "plain",
  "cannot-tell": "faint",
};

const columns: readonly Column[] = [
  { head: "verdict" },
  { head: "match", wraps: true },
  { head: "held", align: "right" },
  { head: "error" },
  { head: "format" },
  { head: "size", align: "right" },
  { head: "path", wraps: true },
];

/** The table, with the evidence of each model below. */
export function identityReport(shell: Shell, identities: readonly Identity[]): string {
  const rows = identities.map((one) => [
    { text: one.verdict, tone: tones[one.verdict] },
    one.match === null ? "" : inertAscii(one.match),
    one.match === null ? "" : percentText(one.completeness),
    one.match === null ? "" : errorText(one),
    one.type === undefined ? one.format : `${one.format} ${one.type}`,
    sizeText(one.size),
    inertAscii(placeOf(one)),
  ]);
  const explained = identities.filter(({ evidence }) => evidence.length > 0);
  const why = explained.length <= explainedMax ? explained.map((one) => whyText(shell, one)) : [];
  return [table(shell, columns, rows), ...why].join("\n");
}

function placeOf({ path, inside = [] }: Identity): string {
  return placeText({ path, inside });
}

/** Whole percents, but never 100 for less than all. */
function percentText(part: number): string {
  const whole = part < 1 ? Math.min(99, Math.round(part * 100)) : 100;
  return `${whole} %`;
}

function errorText({ error }: Identity): string {
  if ("pValue" in error) return `p ≤ ${powerText(error.pValue)}`;
  return error.bound === 0 ? "exact" : `≤ ${(error.bound * 100).toPrecision(2)} % unseen`;
}

function powerText(value: number): string {
  if (value >= 0.001) return value.toPrecision(2);
  return `1e${Math.ceil(Math.log10(value))}`;
}

function whyText(shell: Shell, one: Identity): string {
  const lines = one.evidence.slice(0, evidenceMax).map(({ detail }) => `  ${inertAscii(detail)}\n`);
  const more = one.evidence.length - evidenceMax;
  if (more > 0) lines.push(shell.tone("faint", `  and ${more} more; --json shows all\n`));
  return `${shell.tone("strong", inertAscii(placeOf(one)))}\n${lines.join("")}`;
}
