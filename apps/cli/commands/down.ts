/** `writ down`: stops what runs of an estate, whoever started it. */
import { Command } from "commander";
import { type Cli, examples, jsonHelp } from "../cli.ts";
import { dataHelp, homeFolder } from "../home.ts";
import { type Outcome, problem } from "../outcome.ts";
import { printJson, type Shell } from "../shell.ts";
import { layoutOf } from "../up/layout.ts";
import { runningApps, stopRunning } from "../up/survivors.ts";

type DownOptions = { readonly data?: string; readonly json?: boolean };

export function downCommand({ shell, run }: Cli): Command {
  return new Command("down")
    .option("--data <dir>", dataHelp)
    .option("--json", jsonHelp)
    .addHelpText("after", examples("./writ down"))
    .action((options: DownOptions) => run(options, () => down(shell, options)));
}

async function down(shell: Shell, options: DownOptions): Promise<Outcome> {
  const layout = layoutOf(homeFolder(shell, options.data));
  const running = await runningApps(layout);
  if (running.length === 0) {
    return problem("not-running", `nothing of an estate in ${layout.folder} runs`);
  }
  // `up` first, which stops the others in order; what is left then goes by itself.
  const tender = running.filter(({ name }) => name === "up");
  await stopRunning(layout, tender);
  await stopRunning(layout, await runningApps(layout));
  const stopped = running.map(({ name }) => name);
  if (options.json === true) printJson(shell, { stopped });
  else shell.out(`stopped ${stopped.join(", ")}\n`);
  return 0;
}
