/** `writ register`: what ought to exist and run. */
import { isRefused } from "@writ/core";
import type { Api } from "@writ/node/api";
import { Command } from "commander";
import { type Cli, examples, jsonHelp } from "../cli.ts";
import {
  asHelp,
  type Connection,
  connect,
  keyHelp,
  momentHelp,
  openSpeaker,
  type SpeakerOptions,
  say,
} from "../connection.ts";
import { dataHelp } from "../home.ts";
import { isProblem, type Outcome, type Problem, refusalProblem } from "../outcome.ts";
import { readChange } from "../register/change-file.ts";
import { registerText } from "../register-text.ts";
import { printJson, type Shell } from "../shell.ts";
import { countText } from "../words.ts";
import { registerAcceptBlindCommand } from "./register-accept-blind.ts";
import { registerCheckCommand } from "./register-check.ts";
import { registerDraftCommand } from "./register-draft.ts";
import { registerExportCommand } from "./register-export.ts";
import { registerImportCommand } from "./register-import.ts";

export type RegisterAnswer = Exclude<Awaited<ReturnType<Api["register"]>>, { refused: unknown }>;

type ReadOptions = { readonly data?: string; readonly json?: boolean };
type ShowOptions = ReadOptions & { readonly at?: string };
type AddOptions = ReadOptions & SpeakerOptions;

export function registerCommand(cli: Cli): Command {
  return new Command("register")
    .addCommand(addCommand(cli))
    .addCommand(showCommand(cli))
    .addCommand(registerExportCommand(cli))
    .addCommand(registerImportCommand(cli))
    .addCommand(registerCheckCommand(cli))
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
    .option("--at <moment>", momentHelp)
    .option("--data <dir>", dataHelp)
    .option("--json", "print the register, as the API has it")
    .addHelpText("after", examples("./writ register show"))
    .action((options: ShowOptions) => run(options, () => show(shell, options)));
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

async function show(shell: Shell, options: ShowOptions): Promise<Outcome> {
  const register = await fetchRegister(shell, options);
  if (isProblem(register)) return register;
  if (options.json === true) printJson(shell, register);
  else shell.out(registerText(shell, register));
  return 0;
}

async function fetchRegister(
  shell: Shell,
  options: ShowOptions,
): Promise<RegisterAnswer | Problem> {
  const connection = await connect(shell, options);
  return isProblem(connection) ? connection : registerOfServer(connection, options.at);
}

/** The register, as the server has it now, or had it. */
export async function registerOfServer(
  { api }: Connection,
  at?: string,
): Promise<RegisterAnswer | Problem> {
  const register = await api.register(at);
  return isRefused(register) ? refusalProblem(register) : register;
}
