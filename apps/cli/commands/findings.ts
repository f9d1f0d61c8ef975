/** `writ findings`: what contradicts what, since when, and what to do. */
import { inert, inertAscii, isRefused, spokenCount } from "@writ/core";
import { isOpen } from "@writ/core/finding";
import type { Api } from "@writ/node/api";
import { Command } from "commander";
import { type Cli, examples } from "../cli.ts";
import { connect, momentHelp } from "../connection.ts";
import { dataHelp } from "../home.ts";
import { isProblem, type Outcome, refusalProblem } from "../outcome.ts";
import { printJson, type Shell, type Tone } from "../shell.ts";
import { countText, localText, shortDigest, whenText } from "../words.ts";
import {
  findingsAcceptCommand,
  findingsAssignCommand,
  findingsWithdrawCommand,
} from "./findings-dispose.ts";

export type Finding = Exclude<Awaited<ReturnType<Api["findings"]>>, { refused: unknown }>[number];

type FindingsOptions = { readonly at?: string; readonly data?: string; readonly json?: boolean };

const labelWidth = 11;
/** What is shorter fits on one line of most terminals. */
const brokenLengthMin = 100;

export function findingsCommand(cli: Cli): Command {
  const { shell, run } = cli;
  return new Command("findings")
    .option("--at <moment>", momentHelp)
    .option("--data <dir>", dataHelp)
    .option("--json", "print an array of findings, as the API has them")
    .addHelpText("after", examples("./writ findings", "./writ findings accept --help"))
    .action((options: FindingsOptions) => run(options, () => listFindings(shell, options)))
    .addCommand(findingsAcceptCommand(cli))
    .addCommand(findingsAssignCommand(cli))
    .addCommand(findingsWithdrawCommand(cli));
}

async function listFindings(shell: Shell, options: FindingsOptions): Promise<Outcome> {
  const connection = await connect(shell, options);
  if (isProblem(connection)) return connection;
  const found = await connection.api.findings(options.at);
  if (isRefused(found)) return refusalProblem(found);
  if (options.json === true) printJson(shell, found);
  else shell.out(findingsText(shell, found));
  return found.some(isOpen) ? 1 : 0;
}

/** All findings, for a person: how many first, then each with both its sides. */
export function findingsText(shell: Shell, found: readonly Finding[]): string {
  if (found.length === 0) {
    return `${shell.tone("good", "no findings")}: register, claims, sight and writs agree\n`;
  }
  const each = found.map((one) => `\n${findingText(shell, one)}`);
  const open = found.filter(isOpen);
  const borne = found.length - open.length;
  const head =
    open.length === 0 ? shell.tone("good", "no open findings") : summaryText(shell, open);
  const rest = borne === 0 ? "" : `; ${countText(borne, "accepted one")}`;
  return `${head}${rest}\n${each.join("")}`;
}

/** `2 critical and 1 low finding`. */
export function summaryText(shell: Shell, found: readonly Finding[]): string {
  const parts = (["critical", "high", "medium", "low"] as const).flatMap((severity) => {
    const count = found.filter((one) => one.severity === severity).length;
    return count === 0
      ? []
      : [shell.tone(severityTone(severity), `${spokenCount(count)} ${severity}`)];
  });
  const last = parts.pop()!;
  const list = parts.length === 0 ? last : `${parts.join(", ")} and ${last}`;
  return `${list} ${found.length === 1 ? "finding" : "findings"}`;
}

/** One finding whole: both sides, since when, what to do, whose it is, and who bears with it. */
export function findingText(shell: Shell, finding: Finding): string {
  const { digest, owner, accepted } = finding;
  const { rule, severity, host, where, since } = finding;
  const subject = [finding.component, finding.release].filter((part) => part !== undefined);
  const of = subject.length === 0 ? "" : `  ${inertAscii(subject.join("@"))}`;
  const when = since.time === 0 ? `entry ${since.index}` : whenText(since.time, shell.now());
  const line = (label: string, text: string) =>
    `  ${shell.tone("faint", label.padEnd(labelWidth))} ${partsOnLines(text)}`;
  const side = ({ kind, says, entry }: Finding["left"]) =>
    line(kind, inert(says)) +
    (entry === undefined ? "" : shell.tone("faint", `  (entry ${entry})`));
  return `${[
    `${shell.tone(severityTone(severity), severity.padEnd(8))}  ${shell.tone("strong", rule)}${of}`,
    line("where", `${inertAscii(where)} on ${inertAscii(host)}`),
    line("since", when),
    side(finding.left),
    side(finding.right),
    line("do", inert(finding.advice)),
    ...(owner === undefined ? [] : [line("owner", inertAscii(owner))]),
    ...(accepted === undefined ? [] : [line("accepted", acceptedText(shell, accepted))]),
    line("id", shortDigest(digest)),
  ].join("\n")}\n`;
}

function acceptedText(shell: Shell, accepted: NonNullable<Finding["accepted"]>): string {
  const { by, until, reason, entry } = accepted;
  const who = shell.tone("warning", `until ${localText(until)} by ${inertAscii(by)}`);
  return `${who}: ${inert(reason)}${shell.tone("faint", `  (entry ${entry})`)}`;
}

/** Sums name several things, parted by semicolons: each is found sooner on a line of its own. */
function partsOnLines(text: string): string {
  if (text.length < brokenLengthMin) return text;
  return text.replaceAll("; ", `;\n${" ".repeat(labelWidth + 3)}`);
}

function severityTone(severity: Finding["severity"]): Tone {
  return severity === "critical" || severity === "high"
    ? "bad"
    : severity === "medium"
      ? "warning"
      : "faint";
}

/** `3 findings` for lists where no severity is told. */
export function findingsCount(found: readonly Finding[]): string {
  return countText(found.length, "finding");
}
