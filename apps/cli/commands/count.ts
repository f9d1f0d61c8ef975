/** `writ count`: what is there, with no server at all. */
import { Command } from "commander";
import { type Cli, examples, jsonHelp } from "../cli.ts";
import { problem } from "../outcome.ts";

export function countCommand({ run }: Cli): Command {
  return new Command("count")
    .description("count what models are there, with no server at all")
    .argument("<path...>", "folders and files to look at")
    .option("--json", jsonHelp)
    .addHelpText("after", examples("./writ count /srv ~/models"))
    .action((_paths: string[], options: { json?: boolean }) =>
      run(options, async () => problem("app-failed", "x")),
    );
}
