/**
 * `writ register import`: a bill of materials from outside, held against the register, shown, and
 * signed as one entry by the person who imports it: all of it, or nothing.
 */
import { type BodyOf, isRefused, type RegisterDocument } from "@writ/core";
import { type ImportPlan, matchAdvisories, planImport } from "@writ/core/bill";
import { Command, Option } from "commander";
import { type Cli, examples, jsonHelp } from "../cli.ts";
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
import { type Bill, readBill } from "../register/bill-file.ts";
import { entryParts } from "../register/entry-parts.ts";
import { type ImportFormat, importFormats } from "../register/format.ts";
import { planText } from "../register/plan-text.ts";
import { registerOf } from "../register/state.ts";
import { printJson, type Shell } from "../shell.ts";
import { countText } from "../words.ts";
import { registerOfServer } from "./register.ts";

type ImportOptions = SpeakerOptions & {
  readonly format?: ImportFormat;
  readonly owner?: string;
  readonly lifecycle: "proposed" | "approved" | "active" | "retired";
  readonly dryRun?: boolean;
  readonly split?: boolean;
  readonly data?: string;
  readonly json?: boolean;
};

export function registerImportCommand({ shell, run }: Cli): Command {
  return new Command("import")
    .description("sign what a bill of materials says into the register: all of it, or nothing")
    .argument("<file>", `a document of: ${importFormats.join(", ")}`)
    .addOption(new Option("--format <format>", "refuse any other form").choices(importFormats))
    .option("--owner <name>", "who owns components of which the document does not say it")
    .addOption(
      new Option("--lifecycle <state>", "where new releases stand, if the document does not say")
        .choices(["proposed", "approved", "active", "retired"])
        .default("proposed"),
    )
    .option("--dry-run", "only show what would change")
    .option("--split", "sign it as several entries, if it is too large for one")
    .option("--as <name>", asHelp)
    .option("--key <path>", keyHelp)
    .option("--data <dir>", dataHelp)
    .option("--json", jsonHelp)
    .addHelpText(
      "after",
      examples(
        "./writ register import bom.json --dry-run",
        './writ register import bom.json --owner "support team" --as ada',
      ),
    )
    .action((file: string, options: ImportOptions) =>
      run(options, () => importFile(shell, file, options)),
    );
}

async function importFile(shell: Shell, file: string, options: ImportOptions): Promise<Outcome> {
  const bill = await readBill(file, options.format);
  if (isProblem(bill)) return bill;
  const connection = await connect(shell, options);
  if (isProblem(connection)) return connection;
  const answer = await registerOfServer(connection);
  if (isProblem(answer)) return answer;
  const plan = planned(bill, registerOf(answer), options);
  if (isProblem(plan)) return plan;
  if (options.json !== true) {
    shell.out(`${bill.format} ${bill.digest}\n${planText(shell, plan)}`);
  }
  const isSaid = options.dryRun !== true && plan.differences.length > 0;
  const said = isSaid ? await sign(shell, connection, { bill, plan, options }) : undefined;
  if (isProblem(said)) return said;
  const entry = said?.at(-1);
  if (options.json === true) printJson(shell, planJson(bill, plan, entry));
  else shell.out(ending(shell, plan, entry));
  return 0;
}

/** Signs it as one entry, or as several if that was asked for; the indexes of all. */
async function sign(
  shell: Shell,
  connection: Connection,
  {
    bill,
    plan,
    options,
  }: { readonly bill: Bill; readonly plan: ImportPlan; readonly options: ImportOptions },
): Promise<readonly number[] | Problem> {
  const speaker = await openSpeaker(connection, options);
  if (isProblem(speaker)) return speaker;
  const documents = plan.differences.map(({ document }) => document);
  const sets = options.split === true ? entryParts(documents) : [documents];
  const indexes: number[] = [];
  for (const set of sets) {
    const said = await say(connection, speaker, { body: bodyOf(bill, set), now: shell.now() });
    if (isProblem(said)) return explained(said, { done: indexes.length, of: sets.length });
    indexes.push(said.index);
  }
  return indexes;
}

function planned(
  bill: Bill,
  register: ReturnType<typeof registerOf>,
  { owner, lifecycle }: ImportOptions,
): ImportPlan | Problem {
  const imported =
    bill.advisories.length === 0 ? bill.imported : matchAdvisories(register, bill.advisories);
  if (isRefused(imported)) return refusalProblem(imported);
  const plan = planImport(register, imported, {
    lifecycle,
    ...(owner === undefined ? {} : { owner }),
  });
  if (!isRefused(plan)) return plan;
  const isOwnerless = plan.detail.startsWith("nobody says who owns");
  if (isOwnerless) return problem("usage", plan.detail, "say it: --owner NAME");
  return refusalProblem(plan);
}

function bodyOf(bill: Bill, set: readonly RegisterDocument[]): BodyOf<"register"> {
  return {
    kind: "register",
    set,
    remove: [],
    origin: { by: "import", format: bill.format, document: bill.digest },
  };
}

function explained(
  said: Problem,
  { done, of }: { readonly done: number; readonly of: number },
): Problem {
  if (done > 0) {
    const detail = `after ${done} of ${of} entries: ${said.detail}`;
    return { ...said, detail, hint: "import it again: what has entered is not signed twice" };
  }
  return said.problem === "oversized"
    ? problem(
        "oversized",
        "it is more than one entry holds (64 KiB)",
        "add --split: it is signed as several entries, each of which makes sense by itself",
      )
    : said;
}

function planJson(bill: Bill, { differences, unchanged, left }: ImportPlan, entry?: number) {
  return {
    format: bill.format,
    document: bill.digest,
    ...(entry === undefined ? {} : { entry }),
    changes: differences.map(({ key, change, members }) => ({ key, change, members })),
    unchanged,
    left,
  };
}

function ending(shell: Shell, { differences }: ImportPlan, entry: number | undefined): string {
  if (entry !== undefined) {
    const what = countText(differences.length, "document");
    return `${shell.tone("good", "imported")}  ${what}, as entry ${entry}\n`;
  }
  return differences.length === 0
    ? "the register says all of it already\n"
    : "nothing was signed: leave --dry-run out, and name yourself with --as\n";
}
