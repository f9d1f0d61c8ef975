/** What every command is given, and how its outcome becomes an exit code. */
import type { Outcome } from "./outcome.ts";
import type { Shell } from "./shell.ts";

export type Cli = {
  readonly shell: Shell;
  /** Does a command's work and keeps how it ended. */
  readonly run: (options: JsonOption, work: () => Promise<Outcome>) => Promise<void>;
};

export type JsonOption = { readonly json?: boolean };

/** The description of `--json`, the same everywhere. */
export const jsonHelp = "print one JSON value, for programs";

/** Examples under a command's help. */
export function examples(...lines: readonly string[]): string {
  const heading = lines.length === 1 ? "Example:" : "Examples:";
  return `\n${heading}\n${lines.map((line) => `  ${line}`).join("\n")}\n`;
}
