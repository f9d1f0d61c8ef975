/** `writ lab`: the laboratory, a program of its own; what it is told is handed on as it is. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import type { Cli } from "../cli.ts";
import type { ExitCode } from "../outcome.ts";

const script = fileURLToPath(new URL("../../lab/main.ts", import.meta.url));
const flags = ["--disable-warning=ExperimentalWarning"];

export function labCommand({ run }: Cli): Command {
  return new Command("lab")
    .argument("[words...]", "run, import, published, cells; add --help to see what each takes")
    .helpOption(false)
    .allowUnknownOption()
    .action((words: string[]) => run({}, () => handOn(words)));
}

/** ^C goes to the whole group of processes: the laboratory stops in good order, and we wait. */
async function handOn(words: readonly string[]): Promise<ExitCode> {
  const signals = ["SIGINT", "SIGTERM"] as const;
  const child = spawn(process.execPath, [...flags, script, ...words], { stdio: "inherit" });
  const onSignal = (name: NodeJS.Signals) => {
    if (name === "SIGTERM") child.kill(name);
  };
  for (const name of signals) process.on(name, onSignal);
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (exit) => resolve(exit ?? 1));
  });
  for (const name of signals) process.off(name, onSignal);
  return code === 0 || code === 2 ? code : 1;
}
