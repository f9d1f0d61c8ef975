/**
 * Text from the estate, made inert for people, terminals and agents: its author may be an adversary
 * who wants a line to vanish, to be overwritten, or to read like another.
 */

/** Letters and symbols that Unicode counts as such and that show nothing: fillers and blanks. */
const invisible = /^[\p{Default_Ignorable_Code_Point}\u2800\u{1d159}]$/u;
const visible = /^[\p{L}\p{N}\p{P}\p{S}]$/u;

/**
 * The text with every character that could act on a screen, or that shows nothing, as `\u{hex}`:
 * controls and newlines, bidirectional marks, invisible and combining characters, lone surrogates,
 * spaces other than the plain one, and the backslash itself, so that no two texts look the same by
 * escaping. Nothing is cut.
 */
export function inert(text: string): string {
  if (/^[ !-[\]-~]*$/.test(text)) return text;
  return [...text].map(inertCharacter).join("");
}

/** Like {@link inert}, in ASCII alone: for ids and paths, where look-alikes would deceive. */
export function inertAscii(text: string): string {
  return [...text]
    .map((character) => (isPlain(character) ? character : escaped(character)))
    .join("");
}

function inertCharacter(character: string): string {
  if (isPlain(character)) return character;
  const shows = character > "\u00a0" && visible.test(character) && !invisible.test(character);
  return shows ? character : escaped(character);
}

function isPlain(character: string): boolean {
  return character >= " " && character <= "~" && character !== "\\";
}

function escaped(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`;
}
