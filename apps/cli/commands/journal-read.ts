/** `writ journal show`, `checkpoint`, `vkey`: the log as it is served. */
import {
  formatVerifierKey,
  fromUtf8,
  inert,
  inertAscii,
  isRefused,
  journalVerifierKey,
  readCosigned,
  trustRoot,
} from "@writ/core";
import { verifyNative } from "@writ/node/ed25519";
import { Command, InvalidArgumentError } from "commander";
import { type Cli, examples, jsonHelp } from "../cli.ts";
import { type Connection, connect } from "../connection.ts";
import { dataHelp } from "../home.ts";
import { isProblem, type Outcome, problem, refusalProblem } from "../outcome.ts";
import { printJson, type Shell } from "../shell.ts";
import { type Cell, type Column, table } from "../table.ts";
import { localText, shortDigest, whenText } from "../words.ts";

type ReadOptions = { readonly data?: string; readonly json?: boolean };
type ShowOptions = ReadOptions & { readonly from?: number; readonly to?: number };

/** Entries shown if no bounds are given. */
const newestShown = 20;
/** Entries of one command: each is one request. */
const shownMax = 1000;

export function journalShowCommand({ shell, run }: Cli): Command {
  return new Command("show")
    .option("--from <index>", "the first entry", indexOf)
    .option("--to <index>", "the entry before which to stop", indexOf)
    .option("--data <dir>", dataHelp)
    .option("--json", "print one JSON line for each entry")
    .addHelpText("after", examples("./writ journal show", "./writ journal show --from 0 --to 10"))
    .action((options: ShowOptions) => run(options, () => show(shell, options)));
}

export function journalCheckpointCommand({ shell, run }: Cli): Command {
  return new Command("checkpoint")
    .option("--data <dir>", dataHelp)
    .option("--json", jsonHelp)
    .addHelpText("after", examples("./writ journal checkpoint"))
    .action((options: ReadOptions) => run(options, () => checkpoint(shell, options)));
}

export function journalVkeyCommand({ shell, run }: Cli): Command {
  return new Command("vkey")
    .option("--data <dir>", dataHelp)
    .option("--json", jsonHelp)
    .addHelpText("after", examples("./writ journal vkey"))
    .action((options: ReadOptions) => run(options, () => vkey(shell, options)));
}

async function show(shell: Shell, options: ShowOptions): Promise<Outcome> {
  const connection = await connect(shell, options);
  if (isProblem(connection)) return connection;
  const estate = await connection.api.estate();
  if (isRefused(estate)) return refusalProblem(estate);
  const to = Math.min(options.to ?? estate.size, estate.size);
  const from = options.from ?? Math.max(0, to - newestShown);
  if (to - from > shownMax) {
    return problem("usage", `over ${shownMax} entries at once`, "ask for fewer: --from, --to");
  }
  const rows: (readonly Cell[])[] = [];
  for (let index = from; index < to; index += 1) {
    const entry = await connection.api.entry(index);
    if (isRefused(entry)) return refusalProblem(entry);
    if (options.json === true) printJson(shell, entry);
    else rows.push(rowOf(entry));
  }
  if (options.json !== true)
    shell.out(rows.length === 0 ? "no entries\n" : table(shell, columns, rows));
  return 0;
}

const columns: readonly Column[] = [
  { head: "entry", align: "right" },
  { head: "witnessed" },
  { head: "by" },
  { head: "says" },
  { head: "what", wraps: true },
];

type EntryAnswer = Exclude<Awaited<ReturnType<Connection["api"]["entry"]>>, { refused: unknown }>;

function rowOf({ index, time, signers, statement }: EntryAnswer): readonly Cell[] {
  const body = (statement.body ?? {}) as { readonly [member: string]: unknown };
  const who = signers.map(({ name, key }) => inertAscii(name ?? key)).join(", ");
  const when = time === null || time === 0 ? "" : localText(time);
  return [String(index), when, who, inertAscii(String(body.kind)), whatOf(body)];
}

/** The members of a body that tell it from others of its kind, short. */
function whatOf(body: { readonly [member: string]: unknown }): string {
  const parts: string[] = [];
  for (const name of [
    "says",
    "decision",
    "phase",
    "step",
    "host",
    "code",
    "note",
    "reason",
    "detail",
  ]) {
    const value = body[name];
    if (typeof value === "string" || typeof value === "number") parts.push(inert(String(value)));
  }
  for (const name of ["writ", "census"]) {
    const value = body[name];
    if (typeof value === "string") parts.push(`${name} ${inertAscii(shortDigest(value))}`);
  }
  if (Array.isArray(body.set)) parts.push(`${body.set.length} documents`);
  return parts.join(", ");
}

async function checkpoint(shell: Shell, options: ReadOptions): Promise<Outcome> {
  const connection = await connect(shell, options);
  if (isProblem(connection)) return connection;
  const root = await rootOf(connection);
  if (isProblem(root)) return root;
  const bytes = await connection.api.checkpoint();
  if (isRefused(bytes)) return refusalProblem(bytes);
  const text = fromUtf8(bytes) ?? "";
  const cosigned = readCosigned(root, text, verifyNative);
  if (isRefused(cosigned)) return refusalProblem(cosigned);
  if (options.json === true) printJson(shell, { ...cosigned, checkpoint: text });
  else {
    shell.out(text);
    const when = whenText(cosigned.time, shell.now());
    shell.note(`cosigned by a threshold of the trust root's witnesses, ${when}\n`);
  }
  return 0;
}

async function vkey(shell: Shell, options: ReadOptions): Promise<Outcome> {
  const connection = await connect(shell, options);
  if (isProblem(connection)) return connection;
  const root = await rootOf(connection);
  if (isProblem(root)) return root;
  const key = formatVerifierKey(journalVerifierKey(root));
  if (options.json === true) printJson(shell, { vkey: key });
  else shell.out(`${key}\n`);
  return 0;
}

/**
 * The trust root in force. The first one is the pin itself; of later ones, ./writ audit has proof.
 */
async function rootOf({ api, estate }: Connection) {
  const told = await api.trustRoot();
  if (isRefused(told)) return refusalProblem(told);
  const root = trustRoot(told.document);
  if (isRefused(root)) return refusalProblem(root);
  if (root.document.number === 1 && root.digest !== estate.estate) {
    return problem(
      "wrong-estate",
      `the server has the trust root of another estate, ${root.digest}`,
    );
  }
  return root;
}

function indexOf(text: string): number {
  if (/^(0|[1-9][0-9]{0,14})$/.test(text)) return Number(text);
  throw new InvalidArgumentError("use the index of an entry, from 0");
}
