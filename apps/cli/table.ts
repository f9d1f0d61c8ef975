/** Tables for people: aligned by what shows, wrapped to the terminal, never cut. */
import type { Shell, Tone } from "./shell.ts";

export type Cell = string | { readonly text: string; readonly tone: Tone };

export type Column = {
  readonly head: string;
  readonly align?: "left" | "right";
  /** May be wrapped if the terminal is too narrow: paths, sentences. */
  readonly wraps?: boolean;
};

const gap = "  ";
/** A column that wraps is never narrower: below it, lines would be hard to follow. */
const wrappedWidthMin = 16;

/** A table of inert text. Columns that no row fills are left out. */
export function table(
  shell: Shell,
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
): string {
  const shown = columns
    .map((column, at) => ({ ...column, at }))
    .filter(({ at }) => rows.some((row) => textOf(row[at]) !== ""));
  const widths = fitted(
    shown.map(({ head, at, wraps }) => ({
      natural: Math.max(widthOf(head), ...rows.map((row) => widthOf(textOf(row[at])))),
      wraps: wraps === true,
    })),
    shell.columns,
  );
  const lineOf = (cells: readonly Cell[]) =>
    rowLines(
      shell,
      cells,
      shown.map(({ align }, i) => ({ align, width: widths[i]! })),
    );
  const head = lineOf(shown.map(({ head: text }): Cell => ({ text, tone: "faint" })));
  const rule = shell.tone("faint", widths.map((width) => "─".repeat(width)).join(gap));
  const body = rows.flatMap((row) => lineOf(shown.map(({ at }) => row[at] ?? "")));
  return `${[...head, rule, ...body].join("\n")}\n`;
}

/** Columns that a terminal gives to a text: two for wide characters of East Asia and emoji. */
export function widthOf(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += wide.test(character) ? 2 : 1;
  return width;
}

/** East Asian Wide and Fullwidth (Unicode Standard Annex #11), by their blocks. */
const wideBlocks = [
  "\\p{Emoji_Presentation}\\u1100-\\u115f\\u2e80-\\u303e\\u3041-\\ua4cf\\uac00-\\ud7a3",
  "\\uf900-\\ufaff\\ufe30-\\ufe6f\\uff01-\\uff60\\uffe0-\\uffe6\\u{20000}-\\u{3fffd}",
];
const wide = new RegExp(`^[${wideBlocks.join("")}]$`, "u");

/** A text in lines of at most that width, broken after separators where that is near. */
export function wrapped(text: string, width: number): readonly string[] {
  if (widthOf(text) <= width) return [text];
  const lines: string[] = [];
  let line = "";
  for (const part of text.match(/[^/ ,-]*[/ ,-]?/g) ?? []) {
    if (line !== "" && widthOf(line + part.trimEnd()) > width) {
      lines.push(line.trimEnd());
      line = "";
    }
    for (const character of part) {
      if (widthOf(line + character) > width) {
        lines.push(line);
        line = "";
      }
      line += character;
    }
  }
  return line === "" ? lines : [...lines, line];
}

function textOf(cell: Cell | undefined): string {
  return cell === undefined ? "" : typeof cell === "string" ? cell : cell.text;
}

/** Takes from the widest columns that may wrap until all fit. */
function fitted(
  columns: readonly { readonly natural: number; readonly wraps: boolean }[],
  room: number | undefined,
): readonly number[] {
  const widths = columns.map(({ natural }) => natural);
  if (room === undefined) return widths;
  const total = () => widths.reduce((sum, width) => sum + width, gap.length * (widths.length - 1));
  while (total() > room) {
    const candidates = columns
      .map(({ wraps }, at) => ({ wraps, at, width: widths[at]! }))
      .filter(({ wraps, width }) => wraps && width > wrappedWidthMin)
      .sort((a, b) => b.width - a.width);
    const widest = candidates[0];
    if (widest === undefined) return widths;
    const next = candidates[1]?.width ?? wrappedWidthMin;
    const least = Math.max(wrappedWidthMin, widest.width - (total() - room));
    widths[widest.at] = Math.max(least, Math.min(next, widest.width - 1));
  }
  return widths;
}

function rowLines(
  shell: Shell,
  cells: readonly Cell[],
  columns: readonly { readonly align: Column["align"]; readonly width: number }[],
): readonly string[] {
  const parts = cells.map((cell, at) => wrapped(textOf(cell), columns[at]!.width));
  const height = Math.max(...parts.map(({ length }) => length));
  return Array.from({ length: height }, (_, row) => {
    const line = cells.map((cell, at) => {
      const text = parts[at]![row] ?? "";
      const { align, width } = columns[at]!;
      const padding = " ".repeat(Math.max(0, width - widthOf(text)));
      const toned = typeof cell === "string" ? text : shell.tone(cell.tone, text);
      const last = at === cells.length - 1 && align !== "right";
      return align === "right" ? padding + toned : toned + (last ? "" : padding);
    });
    return line.join(gap).trimEnd();
  });
}
