/**
 * Progress of long work, on standard error: one line redrawn on a terminal, one line a stage else.
 */
import { inert } from "@writ/core/encoding";
import type { Shell } from "./shell.ts";
import { widthOf } from "./table.ts";

export type Progress = {
  /** A new stage begins. */
  readonly stage: (name: string) => void;
  /** How far the stage is; shown on terminals only, a few times a second. */
  readonly update: (text: string) => void;
  /** Nothing more comes; the line is cleared. */
  readonly done: () => void;
};

const redrawMilliseconds = 80;
const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/** Begins to tell progress. `quiet` tells nothing: for --json, where a program reads. */
export function openProgress(shell: Shell, quiet = false): Progress {
  if (quiet) return { stage: () => undefined, update: () => undefined, done: () => undefined };
  if (!shell.animated) {
    return {
      stage: (name) => shell.note(`${inert(name)}…\n`),
      update: () => undefined,
      done: () => undefined,
    };
  }
  let current = "";
  let last = 0;
  let frame = 0;
  const draw = (text: string) => {
    frame = (frame + 1) % frames.length;
    const line = `${frames[frame]} ${current}  ${text}`;
    shell.note(`\r\u001b[2K${fitted(line, (shell.columns ?? 80) - 1)}`);
  };
  return {
    stage: (name) => {
      current = inert(name);
      last = shell.now();
      draw("");
    },
    update: (text) => {
      if (shell.now() - last < redrawMilliseconds) return;
      last = shell.now();
      draw(inert(text));
    },
    done: () => shell.note("\r\u001b[2K"),
  };
}

/** A line that would wrap could not be redrawn. Only progress is ever cut. */
function fitted(text: string, width: number): string {
  let line = text;
  while (widthOf(line) > width) line = [...line].slice(0, -1).join("");
  return line;
}
