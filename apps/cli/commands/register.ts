/** `writ register`: what ought to exist and run. */
import { readFile } from "node:fs/promises";
import {
  type BodyOf,
  inert,
  inertAscii,
  isRefused,
  type Json,
  type RegisterDocument,
  registerDocument,
} from "@writ/core";
import type { Api } from "@writ/node/api";
import { Command } from "commander";
import { parse as parseYaml, stringify as yamlText } from "yaml";
import { type Cli, examples, jsonHelp } from "../cli.ts";
import { asHelp, connect, keyHelp, openSpeaker, type SpeakerOptions, say } from "../connection.ts";
import { dataHelp } from "../home.ts";
import { isProblem, type Outcome, type Problem, problem, refusalProblem } from "../outcome.ts";
import { registerText } from "../register-text.ts";
import { printJson, type Shell } from "../shell.ts";
import { countText } from "../words.ts";
import { registerAcceptBlindCommand } from "./register-accept-blind.ts";
import { registerDraftCommand } from "./register-draft.ts";

export type RegisterAnswer = Exclude<Awaited<ReturnType<Api["register"]>>, { refused: unknown }>;

type ReadOptions = { readonly data?: string; readonly json?: boolean };
type AddOptions = ReadOptions & SpeakerOptions;
type Change = Pick<BodyOf<"register">, "set" | "remove">;

/** A register file is read whole; entries are 64 KiB, so a larger one could not be said anyway. */
const fileBytesMax = 1 << 20;

export function registerCommand(cli: Cli): Command {
  return new Command("register")
    .addCommand(addCommand(cli))
    .addCommand(showCommand(cli))
    .addCommand(exportCommand(cli))
    .addCommand(registerDraftCommand(cli))
    .addCommand(registerAcceptBlindCommand(cli));
}

function addCommand({ shell, run }: Cli): Command {
  return new Command("add")
    .description("sign documents into the register, from a JSON or YAML file")
    .argument("<file>", "a list of documents, or an object with set and remove")
    .option("--as <name>", asHelp)
    .option("--key <path>", keyHelp)
    .option("--data <dir>", dataHelp)
    .option("--json", jsonHelp)
    .addHelpText("after", examples("./writ register add chatbot.yaml --as ada"))
    .action((file: string, options: AddOptions) => run(options, () => add(shell, file, options)));
}

function showCommand({ shell, run }: Cli): Command {
  return new Command("show")
    .description("show components, releases, placements, controls and blind spots")
    .option("--data <dir>", dataHelp)
    .option("--json", "print the register, as the API has it")
    .addHelpText("after", examples("./writ register show"))
    .action((options: ReadOptions) => run(options, () => show(shell, options)));
}

function exportCommand({ shell, run }: Cli): Command {
  return new Command("export")
    .description("print the register as a file that `register add` takes")
    .option("--data <dir>", dataHelp)
    .option("--json", "as JSON; else YAML")
    .addHelpText("after", examples("./writ register export > register.yaml"))
    .action((options: ReadOptions) => run(options, () => exportAll(shell, options)));
}

async function add(shell: Shell, file: string, options: AddOptions): Promise<Outcome> {
  const change = await readChange(file);
  if (isProblem(change)) return change;
  const connection = await connect(shell, options);
  if (isProblem(connection)) return connection;
  const speaker = await openSpeaker(connection, options);
  if (isProblem(speaker)) return speaker;
  const said = await say(connection, speaker, {
    body: { kind: "register", ...change },
    now: shell.now(),
  });
  if (isProblem(said)) return said;
  const { length: set } = change.set;
  const { length: removed } = change.remove;
  if (options.json === true) printJson(shell, { entry: said.index, set, removed });
  else {
    const gone = removed === 0 ? "" : `, ${removed} removed`;
    shell.out(
      `${shell.tone("good", "registered")}  ${countText(set, "document")}${gone}, ` +
        `as entry ${said.index}\n`,
    );
    shell.out("next: ./writ findings says where sight differs\n");
  }
  return 0;
}

async function show(shell: Shell, options: ReadOptions): Promise<Outcome> {
  const register = await fetchRegister(shell, options);
  if (isProblem(register)) return register;
  if (options.json === true) printJson(shell, register);
  else shell.out(registerText(shell, register));
  return 0;
}

async function exportAll(shell: Shell, options: ReadOptions): Promise<Outcome> {
  const register = await fetchRegister(shell, options);
  if (isProblem(register)) return register;
  const { components, releases, placements, controls, hosts } = register;
  const set = [...components, ...releases, ...placements, ...controls, ...hosts].map(
    ({ document }) => document,
  );
  if (options.json === true) printJson(shell, { set, remove: [] });
  else shell.out(yamlText({ set, remove: [] }));
  return 0;
}

async function fetchRegister(
  shell: Shell,
  options: ReadOptions,
): Promise<RegisterAnswer | Problem> {
  const connection = await connect(shell, options);
  if (isProblem(connection)) return connection;
  const register = await connection.api.register();
  return isRefused(register) ? refusalProblem(register) : register;
}

/** Reads and checks a file's documents, so that a mistake is told by its place in the file. */
export async function readChange(path: string): Promise<Change | Problem> {
  const bytes = await readFile(path);
  if (bytes.length > fileBytesMax) {
    return problem("oversized", "the file is over a megabyte", "register it in several files");
  }
  const value = parsed(bytes.toString("utf8"));
  if (isProblem(value)) return value;
  const whole = Array.isArray(value) ? { set: value, remove: [] } : value;
  if (typeof whole !== "object" || whole === null) return notDocuments;
  const { set = [], remove = [] } = whole as { set?: unknown; remove?: unknown };
  if (!Array.isArray(set) || !Array.isArray(remove)) return notDocuments;
  const documents: RegisterDocument[] = [];
  for (const [at, one] of set.entries()) {
    const document = registerDocument(one as Json, `document ${at + 1}`);
    if (isRefused(document)) {
      const hint = 'in YAML, put quotes around names that look like numbers: release: "4.2"';
      return problem(document.refused, inert(document.detail), hint);
    }
    documents.push(document);
  }
  const ids = remove.filter((id): id is string => typeof id === "string");
  return ids.length === remove.length ? { set: documents, remove: ids } : notDocuments;
}

const notDocuments: Problem = problem(
  "malformed",
  "the file is neither a list of documents nor an object with set and remove",
  "./writ register export shows what one looks like",
);

/** JSON is YAML too; no tags, no merge keys, and aliases only a few, so that nothing expands. */
function parsed(text: string): unknown {
  try {
    return parseYaml(text, { schema: "core", maxAliasCount: 16, merge: false });
  } catch (error) {
    const [first] = (error as Error).message.split("\n");
    return problem("malformed", `the file is neither JSON nor YAML: ${inertAscii(first ?? "")}`);
  }
}
