/** `writ status`: the answer first, for a person at two in the morning. */
import { inertAscii, isRefused } from "@writ/core";
import { isOpen } from "@writ/core/finding";
import type { Api } from "@writ/node/api";
import { Command } from "commander";
import { type Cli, examples, jsonHelp } from "../cli.ts";
import { type Connection, connect } from "../connection.ts";
import { dataHelp } from "../home.ts";
import { isProblem, type Outcome, refusalProblem } from "../outcome.ts";
import { printJson, type Shell } from "../shell.ts";
import { type Cell, type Column, table } from "../table.ts";
import { agoText, countText, shortDigest } from "../words.ts";
import { stateTone } from "../writ-answer.ts";
import { chosenWrit } from "../writ-choice.ts";
import { proceedingText } from "../writ-status.ts";
import { type Finding, summaryText } from "./findings.ts";
import type { Host } from "./hosts.ts";

type Of<M extends keyof Api> = Api[M] extends (...words: never[]) => Promise<infer A>
  ? Exclude<A, { refused: unknown }>
  : never;
type Estate = Of<"estate">;
type WritSummary = Of<"writs">[number];

type StatusOptions = { readonly data?: string; readonly json?: boolean };

/** Finished writs listed; the journal has all of them. */
const closedShown = 5;

export function statusCommand({ shell, run }: Cli): Command {
  return new Command("status")
    .argument("[writ]", "a writ's digest, or the first digits of it")
    .option("--data <dir>", dataHelp)
    .option("--json", jsonHelp)
    .addHelpText("after", examples("./writ status", "./writ status 2bf3d6e6"))
    .action((writ: string | undefined, options: StatusOptions) =>
      run(options, () =>
        writ === undefined ? estateStatus(shell, options) : writStatus(shell, writ, options),
      ),
    );
}

async function writStatus(shell: Shell, text: string, options: StatusOptions): Promise<Outcome> {
  const connection = await connect(shell, options);
  if (isProblem(connection)) return connection;
  const digest = await chosenWrit(connection, text);
  if (isProblem(digest)) return digest;
  const proceeding = await connection.api.writ(digest);
  if (isRefused(proceeding)) return refusalProblem(proceeding);
  if (options.json === true) printJson(shell, proceeding);
  else shell.out(proceedingText(shell, proceeding));
  return needsPerson(proceeding.state) ? 1 : 0;
}

type Overview = {
  readonly estate: Estate;
  readonly findings: readonly Finding[];
  readonly writs: readonly WritSummary[];
  readonly hosts: readonly Host[];
};

async function estateStatus(shell: Shell, options: StatusOptions): Promise<Outcome> {
  const connection = await connect(shell, options);
  if (isProblem(connection)) return connection;
  const overview = await overviewOf(connection);
  if (isProblem(overview)) return overview;
  if (options.json === true) printJson(shell, overview);
  else shell.out(overviewText(shell, overview));
  const { findings, writs } = overview;
  return findings.some(isOpen) || writs.some(({ state }) => needsPerson(state)) ? 1 : 0;
}

async function overviewOf({ api }: Connection) {
  const [estate, findings, writs, hosts] = await Promise.all([
    api.estate(),
    api.findings(),
    api.writs(),
    api.hosts(),
  ]);
  if (isRefused(estate)) return refusalProblem(estate);
  if (isRefused(findings)) return refusalProblem(findings);
  if (isRefused(writs)) return refusalProblem(writs);
  if (isRefused(hosts)) return refusalProblem(hosts);
  return { estate, findings, writs, hosts };
}

function needsPerson(state: WritSummary["state"]): boolean {
  return state === "defied" || state === "indeterminate";
}

function isOver({ state }: WritSummary): boolean {
  return ["fulfilled", "denied", "vetoed", "expired"].includes(state);
}

function overviewText(shell: Shell, overview: Overview): string {
  const { estate, findings, writs, hosts } = overview;
  const open = writs.filter((writ) => !isOver(writ));
  const shown = [...open, ...writs.filter(isOver).slice(0, closedShown)];
  const lines = [
    `${answerText(shell, overview)}\n`,
    shell.tone("faint", `${whereText(shell, overview)}\n`),
  ];
  lines.push(...hosts.map((host) => blindText(shell, host)));
  if (findings.length > 0) lines.push(`\n${rulesText(shell, findings)}`);
  if (shown.length > 0)
    lines.push(
      `\n${table(
        shell,
        columns,
        shown.map((writ) => rowOf(shell, writ)),
      )}`,
    );
  if (shown.length === 0 && estate.counts.components === 0) {
    lines.push("\nnext: register what ought to run: ./writ register add FILE\n");
  }
  return lines.join("");
}

/** A host that is not seen whole: no writ on it can be fulfilled, and a person should know. */
function blindText(shell: Shell, { host, census }: Host): string {
  const blind = census?.coverage.reduce((sum, { blockingGaps }) => sum + blockingGaps, 0) ?? 0;
  if (blind === 0) return "";
  const told = `${inertAscii(host)} is not seen whole: ${countText(blind, "place")}`;
  return `${shell.tone("warning", told)} could hide a model; ./writ hosts\n`;
}

/** The first line: is a person needed, and for what? */
function answerText(shell: Shell, { findings, writs }: Overview): string {
  const loud = writs.filter(({ state }) => needsPerson(state));
  const waiting = writs.filter(({ state }) => state === "drafted").length;
  const parts: string[] = [];
  const open = findings.filter(isOpen);
  if (open.length > 0) parts.push(summaryText(shell, open));
  if (loud.length > 0) {
    const states = [...new Set(loud.map(({ state }) => state))].join(" or ");
    parts.push(shell.tone("bad", `${countText(loud.length, "writ")} ${states}`));
  }
  if (waiting > 0) parts.push(shell.tone("warning", `${countText(waiting, "writ")} to be signed`));
  const running = writs.filter((writ) => !isOver(writ)).length - loud.length - waiting;
  if (running > 0) parts.push(shell.tone("warning", `${countText(running, "writ")} under way`));
  const borne = findings.length - open.length;
  const accepted = borne === 0 ? "" : `, ${countText(borne, "accepted finding")}`;
  return parts.length > 0
    ? `${parts.join(", ")}${accepted}`
    : shell.tone("good", `all quiet: no ${borne === 0 ? "" : "open "}findings, no open writs`) +
        accepted;
}

function whereText(shell: Shell, { estate, hosts }: Overview): string {
  const now = shell.now();
  const heard = hosts.map(({ host, heard: last }) =>
    last === undefined
      ? `${inertAscii(host)} never heard`
      : `${inertAscii(host)} heard ${agoText(last.time, now)}`,
  );
  const witnessed =
    estate.time === 0 ? "not witnessed yet" : `witnessed ${agoText(estate.time, now)}`;
  const entries = countText(estate.size, "entry", "entries");
  return [`estate ${inertAscii(estate.name ?? "?")}`, `${entries}, ${witnessed}`, ...heard].join(
    " · ",
  );
}

function rulesText(shell: Shell, findings: readonly Finding[]): string {
  const rows = findings
    .slice(0, 10)
    .map(({ severity, rule, host, where }): readonly Cell[] => [
      { text: severity, tone: severity === "critical" || severity === "high" ? "bad" : "warning" },
      rule,
      inertAscii(host),
      inertAscii(where),
    ]);
  const more = findings.length > 10 ? `${countText(findings.length - 10, "more", "more")}; ` : "";
  const head = [
    { head: "severity" },
    { head: "finding" },
    { head: "host" },
    { head: "where", wraps: true },
  ];
  const rest = shell.tone("faint", `${more}both sides of each: ./writ findings`);
  return `${table(shell, head, rows)}${rest}\n`;
}

const columns: readonly Column[] = [
  { head: "writ" },
  { head: "state" },
  { head: "order", wraps: true },
  { head: "signed", align: "right" },
  { head: "proposed" },
  { head: "by" },
];

function rowOf(shell: Shell, writ: WritSummary): readonly Cell[] {
  const to = writ.to === undefined ? "" : ` -> ${inertAscii(writ.to)}`;
  const from = writ.from.map(inertAscii).join(", ");
  const order = `${writ.action} ${inertAscii(writ.component)}: ${from}${to}`;
  const { time, index } = writ.proposed;
  return [
    shortDigest(writ.digest),
    { text: writ.state, tone: stateTone(writ.state) },
    order,
    String(writ.approvals),
    time === null || time === 0 ? `entry ${index}` : agoText(time, shell.now()),
    inertAscii(writ.proposer),
  ];
}
