/** `writ register check`: is a file what it says it is? Asks no server, changes nothing. */
import { inert } from "@writ/core";
import { Command } from "commander";
import { type Cli, examples, jsonHelp } from "../cli.ts";
import { isProblem, type Outcome } from "../outcome.ts";
import { readBill } from "../register/bill-file.ts";
import { importFormats } from "../register/format.ts";
import { printJson, type Shell } from "../shell.ts";
import { countText } from "../words.ts";

type CheckOptions = { readonly json?: boolean };

export function registerCheckCommand({ shell, run }: Cli): Command {
  return new Command("check")
    .description("hold a bill of materials against its official schema, and say what is in it")
    .argument("<file>", `a document of: ${importFormats.join(", ")}`)
    .option("--json", jsonHelp)
    .addHelpText("after", examples("./writ register check bom.json"))
    .action((file: string, options: CheckOptions) =>
      run(options, () => check(shell, file, options)),
    );
}

async function check(shell: Shell, file: string, options: CheckOptions): Promise<Outcome> {
  const bill = await readBill(file);
  if (isProblem(bill)) return bill;
  const { format, digest, imported, advisories } = bill;
  const { documents, left, ownerless } = imported;
  if (options.json === true) {
    printJson(shell, { format, document: digest, documents, advisories, ownerless, left });
    return 0;
  }
  // Only these are held against a schema; the others are read as far as they are understood.
  const word = /^(?:cyclonedx|spdx)-/.test(format) ? "valid" : "readable";
  shell.out(`${shell.tone("good", word)}  ${format} ${digest}\n`);
  if (advisories.length > 0) {
    shell.out(`  ${countText(advisories.length, "statement")} on vulnerabilities\n`);
  } else shell.out(`  ${countText(documents.length, "document")} for the register\n`);
  for (const { at, why } of left) shell.out(`  not taken: ${inert(at)}: ${inert(why)}\n`);
  return 0;
}
