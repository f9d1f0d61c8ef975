/** `writ trust`: who may sign what, and changing that by the quorums before and after. */
import { readFile, writeFile } from "node:fs/promises";
import { isRefused, trustRoot } from "@writ/core";
import { Command } from "commander";
import { stringify as yamlText } from "yaml";
import { type Cli, examples, jsonHelp } from "../cli.ts";
import { confirm } from "../confirmation.ts";
import {
  asHelp,
  type Connection,
  connect,
  keyHelp,
  openSpeaker,
  type SpeakerOptions,
} from "../connection.ts";
import { dataHelp } from "../home.ts";
import { isProblem, type Outcome, problem, refusalProblem } from "../outcome.ts";
import { printJson, type Shell } from "../shell.ts";
import {
  type Drafted,
  draftedFrom,
  draftOf,
  readDraft,
  signDraft,
  writeDraft,
} from "../trust-draft.ts";
import { changesText, rootText, standingOf, standingText } from "../trust-text.ts";
import { trustEnrolCommand } from "./trust-enrol.ts";

type ReadOptions = { readonly data?: string; readonly json?: boolean };
type SignOptions = ReadOptions & SpeakerOptions & { readonly yes?: boolean };
type ProposeOptions = SignOptions & { readonly out: string };

export function trustCommand(cli: Cli): Command {
  return new Command("trust")
    .addCommand(showCommand(cli))
    .addCommand(exportCommand(cli))
    .addCommand(proposeCommand(cli))
    .addCommand(trustEnrolCommand(cli))
    .addCommand(signCommand(cli))
    .addCommand(installCommand(cli));
}

function showCommand({ shell, run }: Cli): Command {
  return new Command("show")
    .description("show who may sign what: people, keys, groups, quorums")
    .argument("[file]", "a drafted version instead: what it changes, and who signed it")
    .option("--data <dir>", dataHelp)
    .option("--json", jsonHelp)
    .addHelpText("after", examples("./writ trust show", "./writ trust show root-2.json"))
    .action((file: string | undefined, options: ReadOptions) =>
      run(options, () => (file === undefined ? show(shell, options) : look(shell, file, options))),
    );
}

function exportCommand({ shell, run }: Cli): Command {
  return new Command("export")
    .description("write the trust root in force as YAML, to be edited into the next version")
    .option("--out <file>", "a file that is not there yet (default: standard output)")
    .option("--data <dir>", dataHelp)
    .addHelpText("after", examples("./writ trust export --out next.yaml"))
    .action((options: { readonly data?: string; readonly out?: string }) =>
      run({}, () => exportRoot(shell, options)),
    );
}

async function exportRoot(
  shell: Shell,
  options: { readonly data?: string; readonly out?: string },
): Promise<Outcome> {
  const connection = await connect(shell, options);
  if (isProblem(connection)) return connection;
  const root = await connection.api.trustRoot();
  if (isRefused(root)) return refusalProblem(root);
  const text = yamlText(root.document);
  if (options.out === undefined) {
    shell.out(text);
    return 0;
  }
  await writeFile(options.out, text, { flag: "wx" });
  const next = `./writ trust propose ${options.out} --out root-${root.document.number + 1}.json`;
  shell.out(`kept in ${options.out}\nnext: edit it, and ${next} --as NAME\n`);
  return 0;
}

function proposeCommand({ shell, run }: Cli): Command {
  return signing(new Command("propose"))
    .description("make the next version from a file, sign it as the first, and keep the draft")
    .argument("<file>", "the whole document, YAML or JSON; its number is set here")
    .requiredOption("--out <file>", "where the draft is kept, for others to sign")
    .addHelpText("after", examples("./writ trust propose next.yaml --out root-2.json --as ada"))
    .action((file: string, options: ProposeOptions) =>
      run(options, () => propose(shell, file, options)),
    );
}

function signCommand({ shell, run }: Cli): Command {
  return signing(new Command("sign"))
    .description("read what a drafted version newly allows, and sign it")
    .argument("<file>", "the draft")
    .addHelpText("after", examples("./writ trust sign root-2.json --as ben"))
    .action((file: string, options: SignOptions) => run(options, () => sign(shell, file, options)));
}

function installCommand({ shell, run }: Cli): Command {
  return new Command("install")
    .description("put a version that both quorums signed in force")
    .argument("<file>", "the draft")
    .option("--data <dir>", dataHelp)
    .option("--json", jsonHelp)
    .addHelpText("after", examples("./writ trust install root-2.json"))
    .action((file: string, options: ReadOptions) =>
      run(options, () => install(shell, file, options)),
    );
}

function signing(command: Command): Command {
  return command
    .option("--as <name>", asHelp)
    .option("--key <path>", keyHelp)
    .option("--yes", "you have read it: do not ask")
    .option("--data <dir>", dataHelp)
    .option("--json", jsonHelp);
}

async function show(shell: Shell, options: ReadOptions): Promise<Outcome> {
  const connection = await connect(shell, options);
  if (isProblem(connection)) return connection;
  const answer = await connection.api.trustRoot();
  if (isRefused(answer)) return refusalProblem(answer);
  const root = trustRoot(answer.document);
  if (isRefused(root)) return refusalProblem(root);
  if (options.json === true) printJson(shell, { digest: root.digest, document: root.document });
  else shell.out(rootText(shell, root));
  return 0;
}

async function look(shell: Shell, file: string, options: ReadOptions): Promise<Outcome> {
  const connection = await connect(shell, options);
  if (isProblem(connection)) return connection;
  const draft = await readDraft(connection, file);
  if (isProblem(draft)) return draft;
  tell(shell, draft, options);
  return 0;
}

async function propose(shell: Shell, file: string, options: ProposeOptions): Promise<Outcome> {
  const connection = await connect(shell, options);
  if (isProblem(connection)) return connection;
  const made = await draftedFrom(connection, await readFile(file), shell.now());
  if (isProblem(made)) return made;
  return addSignature(shell, { connection, draft: made, path: options.out, isNew: true }, options);
}

async function sign(shell: Shell, file: string, options: SignOptions): Promise<Outcome> {
  const connection = await connect(shell, options);
  if (isProblem(connection)) return connection;
  const draft = await readDraft(connection, file);
  if (isProblem(draft)) return draft;
  return addSignature(shell, { connection, draft, path: file, isNew: false }, options);
}

async function addSignature(
  shell: Shell,
  given: {
    readonly connection: Connection;
    readonly draft: Drafted;
    readonly path: string;
    readonly isNew: boolean;
  },
  options: SignOptions,
): Promise<Outcome> {
  const { connection, draft, path, isNew } = given;
  const speaker = await openSpeaker(connection, options);
  if (isProblem(speaker)) return speaker;
  const show = options.json === true ? shell.note : shell.out;
  show(changesText(shell, draft));
  if (options.yes !== true) {
    const text = "To sign it, type the last word of the phrase; anything else stops:";
    const considered = await confirm(shell, { text, word: draft.phrase.at(-1)! });
    if (isProblem(considered)) return considered;
  }
  const signed = await signDraft(draft, speaker);
  if (isProblem(signed)) return signed;
  const kept = await writeDraft(path, signed, isNew);
  if (isProblem(kept)) return kept;
  const standing = standingOf(signed);
  if (options.json === true) printJson(shell, { file: path, root: signed.next.digest, standing });
  else shell.out(`${standingText(shell, standing)}\n${nextText(standing, path)}\n`);
  return 0;
}

function nextText(standing: ReturnType<typeof standingOf>, path: string): string {
  return standing.every(({ met }) => met)
    ? `next: ./writ trust install ${path}`
    : `next: others read and sign it: ./writ trust sign ${path} --as NAME`;
}

async function install(shell: Shell, file: string, options: ReadOptions): Promise<Outcome> {
  const connection = await connect(shell, options);
  if (isProblem(connection)) return connection;
  const draft = await readDraft(connection, file);
  if (isProblem(draft)) return draft;
  const standing = standingOf(draft);
  if (!standing.every(({ met }) => met)) {
    return problem(
      "root-not-quorate",
      standing.flatMap(({ says, met }) => (met ? [] : [says])).join("; "),
      `./writ trust sign ${file} --as NAME`,
    );
  }
  const submitted = await connection.api.submit(draftOf(draft));
  if (isRefused(submitted)) return refusalProblem(submitted);
  const { document, digest } = draft.next;
  if (options.json === true) printJson(shell, { entry: submitted.index, root: digest });
  else {
    const what = `version ${document.number} of the trust root`;
    shell.out(`${shell.tone("good", "in force")}  ${what}, as entry ${submitted.index}\n`);
    shell.out("Writs drawn under the version before are disarmed; order them again.\n");
  }
  return 0;
}

function tell(shell: Shell, draft: Drafted, options: ReadOptions): void {
  const standing = standingOf(draft);
  if (options.json === true) {
    printJson(shell, { root: draft.next.digest, changes: draft.changes, standing });
    return;
  }
  shell.out(`${changesText(shell, draft)}${standingText(shell, standing)}\n`);
}
