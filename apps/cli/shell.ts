/**
 * The outside world of a command: where it writes, what kind of terminal that is, what time it is.
 */
import { styleText } from "node:util";
import { inert } from "@writ/core/encoding";
import { type ExitCode, exitCodeOf, isProblem, type Outcome, type Problem } from "./outcome.ts";

/** What a style means, not how it looks: one place decides that. */
export type Tone = "plain" | "good" | "bad" | "warning" | "faint" | "strong";

export type Shell = {
  /** To standard output: what was asked for. */
  readonly out: (text: string) => void;
  /** To standard error: progress, problems, and what is said beside the answer. */
  readonly note: (text: string) => void;
  /** Width of the terminal; absent if there is none, and lines are then as long as they are. */
  readonly columns: number | undefined;
  /** True if standard error is a terminal that can redraw a line. */
  readonly animated: boolean;
  /** True if a person can be asked. */
  readonly interactive: boolean;
  readonly tone: (tone: Tone, text: string) => string;
  readonly environment: { readonly [name: string]: string | undefined };
  /** Milliseconds since 1970. */
  readonly now: () => number;
};

const looks: { readonly [T in Exclude<Tone, "plain">]: Parameters<typeof styleText>[0] } = {
  good: "green",
  bad: ["bold", "red"],
  warning: "yellow",
  faint: "gray",
  strong: "bold",
};

/** The shell of this process. */
export function processShell(): Shell {
  const { stdout, stderr, stdin, env } = process;
  const colour = stdout.isTTY === true && stdout.hasColors();
  return {
    out: (text) => void stdout.write(text),
    note: (text) => void stderr.write(text),
    columns: stdout.isTTY ? stdout.columns : undefined,
    animated: stderr.isTTY === true && env.TERM !== "dumb",
    interactive: stdin.isTTY === true && stderr.isTTY === true,
    tone: (tone, text) =>
      !colour || tone === "plain" ? text : styleText(looks[tone], text, { validateStream: false }),
    environment: env,
    now: () => Date.now(),
  };
}

/** Tells how a command ended, in the form that was asked for. */
export function conclude(shell: Shell, outcome: Outcome, json: boolean): ExitCode {
  if (!isProblem(outcome)) return outcome;
  if (json) shell.out(`${problemJson(outcome)}\n`);
  else shell.note(problemText(shell, outcome));
  return exitCodeOf(outcome);
}

/** One JSON object, on one line. */
export function printJson(shell: Shell, value: unknown): void {
  shell.out(`${JSON.stringify(value)}\n`);
}

function problemJson({ problem: code, detail, hint }: Problem): string {
  return JSON.stringify({ error: { code, detail, hint } });
}

function problemText(shell: Shell, { problem: code, detail, hint }: Problem): string {
  const kind = code === "usage" ? "" : shell.tone("faint", ` (${code})`);
  const error = `${shell.tone("bad", "error:")} ${inert(detail)}${kind}\n`;
  return hint === "" ? error : `${error}${shell.tone("strong", "hint:")} ${inert(hint)}\n`;
}
