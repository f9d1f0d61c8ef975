/**
 * Draws what a terminal showed as an SVG: `node tools/picture.ts < CAPTURE > PICTURE`. The capture
 * is a command's own output, colours and all; nothing in the picture is made up. How to renew them:
 * docs/images/README.md.
 */
import { readFileSync } from "node:fs";

const columns = 104;
const linesMax = 44;
const charWidth = 7.8;
const lineHeight = 18;
const margin = 20;

/** Legible on GitHub's dark page and on its light one: the picture brings its own ground. */
const ground = "#0d1117";
const colours: { readonly [code: string]: string } = {
  plain: "#d1d7e0",
  "31": "#ff7b72",
  "32": "#56d364",
  "33": "#e3b341",
  "90": "#8b949e",
};

type Style = { readonly colour: string; readonly bold: boolean };
type Run = Style & { readonly text: string };

const plain: Style = { colour: colours.plain!, bold: false };

/** The picture of a capture: its first lines, long ones wrapped as a terminal wraps them. */
export function pictureOf(capture: string, title: string): string {
  const all = wrappedLines(capture.trimEnd().split("\n"));
  const shown = all.slice(0, linesMax);
  if (all.length > shown.length) shown.push([{ ...plain, colour: colours["90"]!, text: "  …" }]);
  const width = Math.ceil(columns * charWidth + 2 * margin);
  const height = shown.length * lineHeight + 2 * margin;
  const body = shown.map((line, at) => lineOf(line, margin + (at + 0.75) * lineHeight)).join("");
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" ` +
    `height="${height}" font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,monospace" ` +
    `font-size="13">\n<title>${escaped(title)}</title>\n` +
    `<rect width="100%" height="100%" rx="8" fill="${ground}"/>\n${body}</svg>\n`
  );
}

function lineOf(line: readonly Run[], y: number): string {
  const spans = line.map(({ text, colour, bold }) => {
    const weight = bold ? ' font-weight="bold"' : "";
    return `<tspan fill="${colour}"${weight}>${escaped(text)}</tspan>`;
  });
  // As wide as its letters are meant to be, whichever font the reader has.
  const letters = line.reduce((sum, { text }) => sum + [...text].length, 0);
  if (letters === 0) return "";
  const length = (letters * charWidth).toFixed(1);
  const place = `x="${margin}" y="${y}" xml:space="preserve" textLength="${length}"`;
  return `<text ${place}>${spans.join("")}</text>\n`;
}

function wrappedLines(lines: readonly string[]): Run[][] {
  const wrapped: Run[][] = [];
  for (const line of lines) {
    let current: Run[] = [];
    let room = columns;
    for (const run of runsOf(line)) {
      let letters = [...run.text];
      while (letters.length > room) {
        current.push({ ...run, text: letters.slice(0, room).join("") });
        wrapped.push(current);
        letters = letters.slice(room);
        [current, room] = [[], columns];
      }
      if (letters.length > 0) current.push({ ...run, text: letters.join("") });
      room -= letters.length;
    }
    wrapped.push(current);
  }
  return wrapped;
}

/** Parts of a line by their style: SGR sequences (ECMA-48), those that Writ uses. */
function runsOf(line: string): readonly Run[] {
  const runs: Run[] = [];
  let style = plain;
  for (const part of line.split(/(\u001b\[[0-9;]*m)/)) {
    const [, codes] = /^\u001b\[([0-9;]*)m$/.exec(part) ?? [];
    if (codes !== undefined) for (const code of codes.split(";")) style = styled(style, code);
    else if (part !== "") runs.push({ ...style, text: part });
  }
  return runs;
}

function styled(style: Style, code: string): Style {
  if (code === "" || code === "0") return plain;
  if (code === "1") return { ...style, bold: true };
  if (code === "22") return { ...style, bold: false };
  return { ...style, colour: colours[code] ?? colours.plain! };
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** The first line of a capture, without its style: what the picture is called. */
export function titleOf(capture: string): string {
  return runsOf(capture.slice(0, capture.indexOf("\n")))
    .map(({ text }) => text)
    .join("");
}

if (import.meta.main) {
  const capture = readFileSync(0, "utf8");
  process.stdout.write(pictureOf(capture, titleOf(capture)));
}
