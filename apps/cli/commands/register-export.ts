/** `writ register export`: the register as a bill of materials, or as a file for `register add`. */
import { writeFile } from "node:fs/promises";
import { inertAscii, type RegisterDocument } from "@writ/core";
import { toCyclonedx, toSpdx } from "@writ/core/bill";
import { Command, Option } from "commander";
import { stringify as yamlText } from "yaml";
import { type Cli, examples } from "../cli.ts";
import { connect } from "../connection.ts";
import { dataHelp } from "../home.ts";
import { isProblem, type Outcome, problem } from "../outcome.ts";
import { type ExportFormat, exportFormats } from "../register/format.ts";
import { checkSchema } from "../register/schema.ts";
import { billSource } from "../register/state.ts";
import type { Shell } from "../shell.ts";
import { type RegisterAnswer, registerOfServer } from "./register.ts";

type ExportOptions = {
  readonly format: ExportFormat;
  readonly out?: string;
  readonly data?: string;
  readonly json?: boolean;
};

export function registerExportCommand({ shell, run }: Cli): Command {
  return new Command("export")
    .description("print the register as a bill of materials, or as a file for `register add`")
    .addOption(new Option("--format <format>", "which form").choices(exportFormats).default("yaml"))
    .option("--out <file>", "write it there; the file must not be there yet")
    .option("--data <dir>", dataHelp)
    .option("--json", "the form for `register add` as JSON, not YAML")
    .addHelpText(
      "after",
      examples(
        "./writ register export > register.yaml",
        "./writ register export --format cyclonedx-1.6 --out bom.json",
      ),
    )
    .action((options: ExportOptions) => run(options, () => exportAll(shell, options)));
}

async function exportAll(shell: Shell, options: ExportOptions): Promise<Outcome> {
  const connection = await connect(shell, options);
  if (isProblem(connection)) return connection;
  const register = await registerOfServer(connection);
  if (isProblem(register)) return register;
  const text = await textOf(register, { ...options, estate: connection.estate.estate, shell });
  if (typeof text !== "string") return text;
  if (options.out === undefined) shell.out(text);
  else {
    try {
      await writeFile(options.out, text, { flag: "wx" });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      return problem("usage", "the file is there already", "name another, or remove it first");
    }
    shell.note(`written: ${options.format}\n`);
  }
  return 0;
}

type Wanted = ExportOptions & {
  readonly estate: Parameters<typeof billSource>[1];
  readonly shell: Shell;
};

async function textOf(register: RegisterAnswer, wanted: Wanted) {
  const { format, json, shell } = wanted;
  if (format === "yaml") return ownText(register, json === true);
  const { SPDX } = await import("@cyclonedx/cyclonedx-library");
  const moment = {
    at: `${new Date(shell.now()).toISOString().slice(0, 19)}Z`,
    isLicenceId: (text: string) => SPDX.isSupportedSpdxId(text),
  };
  const source = billSource(register, wanted.estate);
  const document =
    format === "spdx-3.0.1"
      ? toSpdx(source, moment)
      : toCyclonedx(source, format === "cyclonedx-1.6" ? "1.6" : "1.7", moment);
  const text = `${JSON.stringify(document, null, 2)}\n`;
  // What the official schema refuses is not handed out: it would be found out by someone else.
  return (await checkSchema(text, format)) ?? text;
}

/** As `register add` takes it. A destroyed release cannot be said, so a remark names it. */
function ownText(register: RegisterAnswer, isJson: boolean): string {
  const { components, releases, placements, controls, hosts } = register;
  const gone = releases.filter(({ lifecycle }) => lifecycle === "destroyed");
  const standing = releases
    .filter((release) => !gone.includes(release))
    .map(({ document, lifecycle }) => ({ ...document, lifecycle }));
  const others = [...placements, ...controls, ...hosts].map(({ document }) => document);
  const set = [...components.map(({ document }) => document), ...standing, ...others];
  if (isJson) return `${JSON.stringify({ set, remove: [] })}\n`;
  const remarks = gone.map(({ document }) => {
    const { component, release } = document as Extract<RegisterDocument, { document: "release" }>;
    return `# destroyed, and so not in here: ${inertAscii(component)}@${inertAscii(release)}\n`;
  });
  return remarks.join("") + yamlText({ set, remove: [] });
}
