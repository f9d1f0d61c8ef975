/** `writ hosts`: how well each host is seen. */
import { inertAscii, isRefused } from "@writ/core";
import type { Api } from "@writ/node/api";
import { Command } from "commander";
import { type Cli, examples } from "../cli.ts";
import { connect } from "../connection.ts";
import { dataHelp } from "../home.ts";
import { isProblem, type Outcome, refusalProblem } from "../outcome.ts";
import { printJson, type Shell } from "../shell.ts";
import { type Cell, type Column, table } from "../table.ts";
import { agoText, countText, sizeText, whenText } from "../words.ts";

export type Host = Exclude<Awaited<ReturnType<Api["hosts"]>>, { refused: unknown }>[number];

type HostsOptions = { readonly data?: string; readonly json?: boolean };

export function hostsCommand({ shell, run }: Cli): Command {
  return new Command("hosts")
    .option("--data <dir>", dataHelp)
    .option("--json", "print an array of hosts, as the API has them")
    .addHelpText("after", examples("./writ hosts"))
    .action((options: HostsOptions) => run(options, () => listHosts(shell, options)));
}

async function listHosts(shell: Shell, options: HostsOptions): Promise<Outcome> {
  const connection = await connect(shell, options);
  if (isProblem(connection)) return connection;
  const hosts = await connection.api.hosts();
  if (isRefused(hosts)) return refusalProblem(hosts);
  if (options.json === true) printJson(shell, hosts);
  else shell.out(hostsText(shell, hosts));
  return 0;
}

function hostsText(shell: Shell, hosts: readonly Host[]): string {
  if (hosts.length === 0) return "no host is registered, and no probe was heard yet\n";
  return hosts.map((host) => hostText(shell, host)).join("\n");
}

function hostText(shell: Shell, { host, heard, census }: Host): string {
  const name = shell.tone("strong", inertAscii(host));
  const voice =
    heard === undefined
      ? shell.tone("bad", "its probe was never heard")
      : `heard ${agoText(heard.time, shell.now())}`;
  if (census === undefined) return `${name}  ${voice}; no census yet\n`;
  const ended = Date.parse(census.ended);
  const seen = [
    countText(census.masses, "mass", "masses"),
    countText(census.processes, "process", "processes"),
    countText(census.controls, "control"),
  ].join(", ");
  return [
    `${name}  ${voice}\n`,
    `  looked ${whenText(ended, shell.now())} by its own clock: ${seen}\n`,
    indented(
      table(
        shell,
        columns,
        census.coverage.map((ledger) => rowOf(ledger)),
      ),
    ),
    blindText(shell, census),
  ].join("");
}

/** What to do about places that stand in the way of every proof. */
function blindText(shell: Shell, { coverage }: Census): string {
  const blocking = coverage.reduce((sum, { blockingGaps }) => sum + blockingGaps, 0);
  if (blocking === 0) return "";
  const told = `${countText(blocking, "place")} could hide a model, and nothing is proven absent`;
  return (
    `  ${shell.tone("warning", told)}\n` +
    "  next: let the probe see them, or ./writ register accept-blind --because WHY --as NAME\n"
  );
}

const columns: readonly Column[] = [
  { head: "vantage" },
  { head: "entries", align: "right" },
  { head: "read", align: "right" },
  { head: "gaps", align: "right" },
  { head: "that block", align: "right" },
  { head: "accepted", align: "right" },
  { head: "under", wraps: true },
];

type Census = NonNullable<Host["census"]>;
type Ledger = Census["coverage"][number];

function rowOf({
  vantage,
  entries,
  bytes,
  gapsTotal,
  blockingGaps,
  acceptedGaps,
  roots,
}: Ledger): readonly Cell[] {
  const blocks: Cell = blockingGaps === 0 ? "0" : { text: String(blockingGaps), tone: "warning" };
  return [
    inertAscii(vantage),
    String(entries),
    sizeText(bytes),
    String(gapsTotal),
    blocks,
    String(acceptedGaps),
    roots.map(inertAscii).join(", "),
  ];
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}
