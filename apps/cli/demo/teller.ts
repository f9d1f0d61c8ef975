/**
 * Tells the demo to a person, on standard output; progress, while something is awaited, goes aside.
 */
import { inert } from "@writ/core";
import { openProgress } from "../progress.ts";
import type { Shell, Tone } from "../shell.ts";

export type Teller = {
  readonly shell: Shell;
  readonly title: (text: string) => void;
  /** What happens, in a sentence. */
  readonly say: (text: string, tone?: Tone) => void;
  /** What somebody else says: theirs, not ours. */
  readonly quote: (speaker: string, text: string) => void;
  /** A command as a person would type it. */
  readonly command: (words: readonly string[]) => void;
  /** What a command answered, as it stands. */
  readonly answer: (text: string) => void;
  readonly gap: () => void;
  /** Something is awaited. */
  readonly waiting: (what: string) => void;
  readonly done: () => void;
};

const indent = "  ";

/** `silent` tells progress only: for --json. */
export function openTeller(shell: Shell, silent: boolean): Teller {
  const progress = openProgress(shell);
  let awaited = "";
  const out = (text: string) => {
    progress.done();
    if (!silent) shell.out(text);
  };
  const lines = (text: string) =>
    text
      .trimEnd()
      .split("\n")
      .map((line) => (line === "" ? "\n" : `${indent}${indent}${line}\n`))
      .join("");
  return {
    shell,
    title: (text) => out(`\n${shell.tone("strong", text)}\n\n`),
    say: (text, tone = "plain") => out(`${indent}${shell.tone(tone, text)}\n`),
    quote: (speaker, text) => {
      out(`${indent}${shell.tone("faint", `${speaker}:`)} “${inert(text)}”\n`);
    },
    command: (words) => {
      out(`${indent}${shell.tone("faint", "$")} ./writ ${words.map(quoted).join(" ")}\n`);
    },
    answer: (text) => out(lines(text)),
    gap: () => out("\n"),
    waiting: (what) => {
      // Where lines cannot be redrawn, the same is not told twice in a row.
      if (what !== awaited || shell.animated) progress.stage(what);
      awaited = what;
    },
    done: () => progress.done(),
  };
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `"${word}"`;
}
