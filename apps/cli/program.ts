/** The command line as a whole: which commands there are, and how a run ends. */
import { Command, CommanderError, InvalidArgumentError } from "commander";
import type { Cli } from "./cli.ts";
import { auditCommand } from "./commands/audit.ts";
import { certificateCommand } from "./commands/certificate.ts";
import { claimCommand } from "./commands/claim.ts";
import { countCommand } from "./commands/count.ts";
import { decideCommand } from "./commands/decide.ts";
import { demoCommand } from "./commands/demo.ts";
import { downCommand } from "./commands/down.ts";
import { findingsCommand } from "./commands/findings.ts";
import { hostsCommand } from "./commands/hosts.ts";
import { identifyCommand } from "./commands/identify.ts";
import { journalCommand } from "./commands/journal.ts";
import { orderCommand } from "./commands/order.ts";
import { registerCommand } from "./commands/register.ts";
import { statusCommand } from "./commands/status.ts";
import { upCommand } from "./commands/up.ts";
import { verifyCommand } from "./commands/verify.ts";
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
  const program = assembled(cli);
  try {
    await program.parseAsync(words, { from: "user" });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    return conclude(shell, usageProblem(error), words.includes("--json"));
  }
}

function assembled(cli: Cli): Command {
  const program = new Command("writ")
    .description("Keeps humans in command of an estate of AI components that agents run.")
    .helpCommand(false)
    .addHelpText("after", "\nBegin with:\n  ./writ up\n");
  for (const command of [
    upCommand(cli),
    downCommand(cli),
    countCommand(cli),
    identifyCommand(cli),
    registerCommand(cli),
    orderCommand(cli),
    decideCommand(cli, "approve"),
    decideCommand(cli, "deny"),
    decideCommand(cli, "veto"),
    statusCommand(cli),
    findingsCommand(cli),
    hostsCommand(cli),
    certificateCommand(cli),
    verifyCommand(cli),
    journalCommand(cli),
    auditCommand(cli),
    demoCommand(cli),
    claimCommand(cli),
  ]) {
    program.addCommand(command);
  }
  settle(program, cli.shell);
  return program;
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

async function withSystemErrors(work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    const { code, path, message } = error as NodeJS.ErrnoException;
    if (error instanceof InvalidArgumentError) return problem("usage", message, helpHint);
    if (typeof code !== "string" || !systemErrorCode.test(code)) throw error;
    if (code === "ENOENT") return problem("no-file", `there is no ${path ?? "such file"}`);
    return problem("no-file", message);
  }
}
