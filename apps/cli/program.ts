/** The command line as a whole: which commands there are, and how a run ends. */
import { Command, CommanderError, InvalidArgumentError } from "commander";
import type { Cli } from "./cli.ts";
import { commandList, type ListedCommand } from "./command-list.ts";
import { type ExitCode, type Outcome, problem } from "./outcome.ts";
import { conclude, type Shell } from "./shell.ts";

/** Errors of the system that are no bugs of ours: a missing file, no permission, a full disk. */
const systemErrorCode = /^E[A-Z0-9]+$/;

/** Runs one command line (without the program's own name) and gives its exit code. */
export async function runProgram(shell: Shell, words: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const cli: Cli = {
    shell,
    run: async (options, work) => {
      exitCode = conclude(shell, await withSystemErrors(work), options.json === true);
    },
  };
  const program = await assembled(cli, words);
  try {
    await program.parseAsync(words, { from: "user" });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    return conclude(shell, usageProblem(error), words.includes("--json"));
  }
}

async function assembled(cli: Cli, words: readonly string[]): Promise<Command> {
  const program = new Command("writ")
    .description("Keeps humans in command of an estate of AI components that agents run.")
    .helpCommand(false)
    .addHelpText("after", "\nBegin with:\n  ./writ up\n");
  await addCommands(program, commandList, { cli, words });
  settle(program, cli.shell);
  return program;
}

/** Adds commands: the one that the words mean in full, of the others what a list shows. */
async function addCommands(
  parent: Command,
  listed: readonly ListedCommand[],
  { cli, words }: { readonly cli: Cli; readonly words: readonly string[] },
): Promise<void> {
  const [wanted, ...rest] = words.filter((word) => !word.startsWith("-"));
  for (const one of listed) {
    const isWanted = one.name === wanted;
    const command =
      isWanted && "make" in one ? await one.make(cli) : new Command(one.name).helpCommand(false);
    if (isWanted && "commands" in one)
      await addCommands(command, one.commands, { cli, words: rest });
    parent.addCommand(command.description(one.says));
  }
}

/** One manner for all commands: no exit, no printing behind our back. */
function settle(command: Command, shell: Shell): void {
  command
    .exitOverride()
    .configureOutput({
      writeOut: (text) => shell.out(text),
      writeErr: () => undefined,
      getOutHelpWidth: () => shell.columns ?? 100,
    })
    .allowExcessArguments(false);
  for (const child of command.commands) settle(child, shell);
}

function usageProblem(error: CommanderError) {
  // A command group without a command: its help is what was wanted.
  if (error.code === "commander.help") return problem("usage", "no command given", helpHint);
  const detail = error.message.replace(/^error: /, "");
  return problem("usage", detail, helpHint);
}

const helpHint = "add --help to see how it is used";
const pathHint = "see that the path is right, and that you may read it";

async function withSystemErrors(work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    const { code, path, message } = error as NodeJS.ErrnoException;
    if (error instanceof InvalidArgumentError) return problem("usage", message, helpHint);
    if (typeof code !== "string" || !systemErrorCode.test(code)) throw error;
    if (code === "ENOENT")
      return problem("no-file", `there is no ${path ?? "such file"}`, pathHint);
    return problem("no-file", message, pathHint);
  }
}
