/** One writ and its course, for a person: the answer, then what bears it out. */
import { inert, inertAscii } from "@writ/core";
import type { Shell } from "./shell.ts";
import { type Cell, type Column, table } from "./table.ts";
import { agoText, localText, shortDigest } from "./words.ts";
import { answerOf, type Proceeding, stateTone } from "./writ-answer.ts";

const labelWidth = 11;

/** All of a proceeding. */
export function proceedingText(shell: Shell, proceeding: Proceeding): string {
  const { writ, state } = proceeding;
  const answer = answerOf(proceeding);
  const to = writ.to === undefined ? "" : ` -> ${inertAscii(writ.to.release)}`;
  const from = writ.from.map(({ release }) => inertAscii(release)).join(", ");
  const order = `${writ.action} ${inertAscii(writ.component)}: ${from}${to}`;
  const line = (label: string, text: string) =>
    `  ${shell.tone("faint", label.padEnd(labelWidth))} ${text}`;
  const labelled = (label: string, texts: readonly string[]) =>
    texts.map((text, at) => line(at === 0 ? label : "", text));
  return `${[
    `${shell.tone(stateTone(state), state)}  ${shell.tone("strong", order)}`,
    `  ${answer.text}`,
    "",
    line("writ", proceeding.digest),
    line("reason", inert(writ.reason)),
    line("proposed by", inertAscii(writ.proposer)),
    line("expires", whenOf(shell, Date.parse(writ.expires))),
    ...labelled("signed", signedTexts(shell, proceeding)),
    ...labelled("steps", stepTexts(shell, proceeding)),
    ...labelled("seen", seenTexts(shell, proceeding)),
    ...labelled("course", courseTexts(shell, proceeding)),
  ].join("\n")}\n${contradictionsText(shell, proceeding)}${nextText(proceeding)}`;
}

function signedTexts(shell: Shell, { approvals, seats, quorumMet }: Proceeding): readonly string[] {
  const people = approvals.map(
    ({ person, custody, time, index }) =>
      `${inertAscii(person)}, with a ${custody} key, ${momentOf(shell, { time, index })}`,
  );
  const needed = seats
    .map(({ group, threshold }) => `${threshold} of ${inertAscii(group)}`)
    .join(" and ");
  const met = quorumMet
    ? shell.tone("good", "the quorum is met")
    : shell.tone("warning", "not met yet");
  return [...people, `needs ${needed}: ${met}`];
}

function stepTexts(shell: Shell, { steps }: Proceeding): readonly string[] {
  return steps.map(({ step, what, host, placement, phase, detail }) => {
    const tone =
      phase === "done" ? "good" : phase === "failed" || phase === "indeterminate" ? "bad" : "faint";
    const told = detail === undefined || detail === "" ? "" : `: ${inert(detail)}`;
    const where = `${inertAscii(what)} ${inertAscii(placement)} on ${inertAscii(host)}`;
    return `${step + 1}. ${where}: ${shell.tone(tone, phase)}${told}`;
  });
}

function seenTexts(shell: Shell, { verdict, executed }: Proceeding): readonly string[] {
  if (executed === undefined) return ["nothing yet: it has not been carried out"];
  if (verdict === undefined) return ["nothing yet since it was carried out"];
  return [
    ...verdict.covered.map(
      ({ host, index }) =>
        `${inertAscii(host)}: ${shell.tone("good", "looked at in full")} (entry ${index})`,
    ),
    ...verdict.uncovered.map(
      ({ host, why }) => `${inertAscii(host)}: ${shell.tone("warning", "not seen")}: ${inert(why)}`,
    ),
  ];
}

function courseTexts(shell: Shell, { course }: Proceeding): readonly string[] {
  return course.map(
    ({ state, index, time }) =>
      `${shell.tone(stateTone(state), state.padEnd(13))} ${momentOf(shell, { time, index })}`,
  );
}

const columns: readonly Column[] = [
  { head: "seen against it" },
  { head: "host" },
  { head: "where", wraps: true },
  { head: "what", wraps: true },
  { head: "since" },
];

const kinds: { readonly [what: string]: string } = {
  copy: "a copy",
  "still-there": "still there",
  "still-runs": "still runs",
  link: "link",
  control: "control",
};

function contradictionsText(shell: Shell, { verdict }: Proceeding): string {
  const found = verdict?.contradictions ?? [];
  if (found.length === 0) return "";
  const rows = found.map(({ what, host, where, detail, since }): readonly Cell[] => [
    { text: kinds[what] ?? inertAscii(what), tone: "bad" },
    inertAscii(host),
    inertAscii(where),
    inert(detail),
    `entry ${since}`,
  ]);
  return `\n${table(shell, columns, rows)}`;
}

function nextText({ state, digest, certificateIndex }: Proceeding): string {
  const writ = shortDigest(digest);
  if (state === "drafted") return `\nnext: ./writ approve ${writ} --as NAME\n`;
  if (state === "defied") return "\nnext: ./writ findings says what to do about each\n";
  if (state === "fulfilled" && certificateIndex !== undefined) {
    return `\nnext: ./writ certificate ${writ} --out certificate.json\n`;
  }
  return "";
}

function momentOf(
  shell: Shell,
  { time, index }: { readonly time: number | null; readonly index: number },
): string {
  return time === null || time === 0 ? `entry ${index}` : `${whenOf(shell, time)}, entry ${index}`;
}

function whenOf(shell: Shell, time: number): string {
  return `${localText(time)} (${agoText(time, shell.now())})`;
}
