/** A rendered writ on a terminal: the core's words, unchanged; only tones are added. */
import { type RenderedWrit, renderedText } from "@writ/core";
import type { Shell } from "./shell.ts";

/** The whole rendering, as core has it, with headings and labels set off. */
export function writText(shell: Shell, rendered: RenderedWrit): string {
  return renderedText(rendered)
    .split("\n")
    .map((line, at) => toned(shell, line, at))
    .join("\n");
}

function toned(shell: Shell, line: string, at: number): string {
  if (line === "") return line;
  if (at === 0) return shell.tone("strong", line);
  if (at === 3) return shell.tone("good", line);
  const labelled = /^( {2,}(?:\S+ )*\S+)( {2,})(\S.*)$/.exec(line);
  if (labelled === null) return line.startsWith(" ") ? line : shell.tone("faint", line);
  const [, label, space, text] = labelled;
  const isPhrase = at === 2;
  return `${shell.tone("faint", label!)}${space}${isPhrase ? shell.tone("good", text!) : text}`;
}
