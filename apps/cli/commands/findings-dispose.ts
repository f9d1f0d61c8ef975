/**
 * `writ findings accept`, `assign`, `withdraw`: a person's signed word on one finding. An accepted
 * one stays in the list, with who and why, and comes back by itself when its day is over or when
 * either side of it changes.
 */
import { type BodyOf, inertAscii, isRefused } from "@writ/core";
import { isAcceptable, type RuleName } from "@writ/core/finding";
import { Command } from "commander";
import { type Cli, examples, jsonHelp } from "../cli.ts";
import { confirm } from "../confirmation.ts";
import {
  asHelp,
  type Connection,
  connect,
  keyHelp,
  openSpeaker,
  type SpeakerOptions,
  say,
} from "../connection.ts";
import { dataHelp } from "../home.ts";
import { isProblem, type Outcome, type Problem, problem, refusalProblem } from "../outcome.ts";
import { printJson, type Shell } from "../shell.ts";
import { localText, shortDigest } from "../words.ts";
import { type Finding, findingText } from "./findings.ts";

type Disposition = BodyOf<"disposition">;

type DisposeOptions = SpeakerOptions & {
  readonly because: string;
  readonly owner?: string;
  readonly days?: string;
  readonly yes?: boolean;
  readonly data?: string;
  readonly json?: boolean;
};

const millisecondsOfDay = 86_400_000;
/** Shorter starts are typed by mistake more easily than they save time. */
const prefixLengthMin = 4;

const done: { readonly [S in Disposition["says"]]: string } = {
  accept: "accepted",
  assign: "assigned",
  withdraw: "withdrawn",
};

export function findingsAcceptCommand(cli: Cli): Command {
  return disposeCommand(cli, "accept")
    .description("sign that a finding is borne with for some days; it stays in the list")
    .requiredOption("--days <count>", "for how many days; the trust root says how many at most")
    .requiredOption("--owner <name>", "the person or group who sees to it meanwhile")
    .addHelpText(
      "after",
      examples(
        './writ findings accept 3fa2bc10 --days 14 --owner ada --because "test set" --as cleo',
      ),
    );
}

export function findingsAssignCommand(cli: Cli): Command {
  return disposeCommand(cli, "assign")
    .description("sign whose a finding is; it stays open")
    .requiredOption("--owner <name>", "the person or group of the trust root who sees to it")
    .addHelpText(
      "after",
      examples('./writ findings assign 3fa2bc10 --owner ben --because "his host" --as ada'),
    );
}

export function findingsWithdrawCommand(cli: Cli): Command {
  return disposeCommand(cli, "withdraw")
    .description("take back that a finding is accepted: it stands open again")
    .addHelpText(
      "after",
      examples('./writ findings withdraw 3fa2bc10 --because "not a test set" --as ben'),
    );
}

function disposeCommand({ shell, run }: Cli, says: Disposition["says"]): Command {
  return new Command(says)
    .argument("<finding>", "its id in ./writ findings, or the first digits of it")
    .requiredOption("--because <text>", "why; everybody who sees the finding sees this")
    .option("--as <name>", asHelp)
    .option("--key <path>", keyHelp)
    .option("--yes", "do not ask: the finding was read")
    .option("--data <dir>", dataHelp)
    .option("--json", jsonHelp)
    .action((finding: string, options: DisposeOptions) =>
      run(options, () => dispose(shell, { says, text: finding }, options)),
    );
}

async function dispose(
  shell: Shell,
  { says, text }: { readonly says: Disposition["says"]; readonly text: string },
  options: DisposeOptions,
): Promise<Outcome> {
  const connection = await connect(shell, options);
  if (isProblem(connection)) return connection;
  const speaker = await openSpeaker(connection, options);
  if (isProblem(speaker)) return speaker;
  const finding = await chosenFinding(connection, text);
  if (isProblem(finding)) return finding;
  const { rule, writ } = finding;
  if (says === "accept" && !isAcceptable({ rule: rule as RuleName, ...(writ && { writ }) })) {
    return problem(
      "unacceptable",
      `what is ${rule} is put right, and accepted by nobody`,
      "hand it to somebody: ./writ findings assign --help",
    );
  }
  const until = await untilOf(connection, options.days);
  if (isProblem(until)) return until;
  const asked = await readAndAsked(shell, { finding, says }, options);
  if (isProblem(asked)) return asked;
  const body: Disposition = {
    kind: "disposition",
    finding: finding.digest,
    rule,
    host: finding.host,
    ...(writ === undefined ? {} : { writ }),
    says,
    reason: options.because,
    ...(options.owner === undefined ? {} : { owner: options.owner }),
    ...(until === undefined ? {} : { until: new Date(until).toISOString() }),
  };
  const said = await say(connection, speaker, { body, now: shell.now() });
  if (isProblem(said)) return said;
  if (options.json === true) printJson(shell, { entry: said.index, ...body });
  else {
    const when = until === undefined ? "" : ` until ${localText(until)}`;
    const whose = options.owner === undefined ? "" : `, for ${inertAscii(options.owner)} to see to`;
    shell.out(`${shell.tone("good", done[says])}${when}${whose}, as entry ${said.index}\n`);
  }
  return 0;
}

async function chosenFinding({ api }: Connection, text: string): Promise<Finding | Problem> {
  const start = text.replace(/^sha256:/, "").toLowerCase();
  const hint = "./writ findings lists them, with the id of each";
  if (!/^[0-9a-f]+$/.test(start) || start.length < prefixLengthMin) {
    return problem("usage", "a finding is named by its id, or four digits of it at least", hint);
  }
  const findings = await api.findings();
  if (isRefused(findings)) return refusalProblem(findings);
  const found = findings.filter(({ digest }) => digest.startsWith(`sha256:${start}`));
  if (found.length === 1) return found[0]!;
  return found.length === 0
    ? problem("unknown-reference", `no finding's id starts with ${start}`, hint)
    : problem("usage", `${found.length} findings' ids start with ${start}`, "give more digits");
}

/** Days are counted from witnessed time, by which the acceptance ends. */
async function untilOf(
  { api }: Connection,
  days: string | undefined,
): Promise<number | undefined | Problem> {
  if (days === undefined) return undefined;
  if (!/^[1-9][0-9]{0,2}$/.test(days)) {
    return problem("usage", "--days is a whole number, from 1", "as in: --days 14");
  }
  const estate = await api.estate();
  if (isRefused(estate)) return refusalProblem(estate);
  return estate.time + Number(days) * millisecondsOfDay;
}

/** Shows the finding whole, and asks: what is signed here stands for days. */
async function readAndAsked(
  shell: Shell,
  { finding, says }: { readonly finding: Finding; readonly says: Disposition["says"] },
  options: DisposeOptions,
): Promise<number | undefined | Problem> {
  const show = options.json === true ? shell.note : shell.out;
  if (options.json !== true || options.yes !== true) show(findingText(shell, finding));
  if (options.yes === true) return undefined;
  const text = `To ${says} it, type the first four digits of its id; anything else stops:`;
  return confirm(shell, { text, word: shortDigest(finding.digest).slice(0, 4) });
}
