/** Asking a person at the terminal, in a way that cannot be answered without having read. */
import { createInterface } from "node:readline/promises";
import { type Problem, problem } from "./outcome.ts";
import type { Shell } from "./shell.ts";

/** Asks for a word; anything else is a no. Answers how long the person took, in milliseconds. */
export async function confirm(
  shell: Shell,
  question: { readonly text: string; readonly word: string },
): Promise<number | Problem> {
  if (!shell.interactive) {
    return problem(
      "not-confirmed",
      "nobody is at a terminal to confirm it",
      "run it at a terminal, or add --yes if you have read it",
    );
  }
  const began = shell.now();
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await lines.question(`${question.text} `);
    if (answer.trim().toLowerCase() !== question.word) {
      return problem("not-confirmed", "not confirmed; nothing was signed");
    }
    return shell.now() - began;
  } finally {
    lines.close();
  }
}
