/**
 * Text from a model file, made inert: it will be read by people, terminals and agents, and its
 * author may be an adversary. Printable, bounded, and injective, so that two names never meet.
 */
import { fromUtf8 } from "./core.ts";

/** Names are matched and shown; the longest in the wild are under 200 characters. */
export const nameCharactersMax = 1_024;

/** Metadata is shown, never interpreted. Longer texts (chat templates, vocabularies) are cut. */
export const metadataCharactersMax = 2_048;

/**
 * Text with every character that could act on a reader's screen written as `\u{hex}`: controls,
 * bidirectional overrides, zero-width and other invisible characters, surrogates, backslashes.
 * Text longer than `most` is cut and ends with its full length, so that a cut name is told apart.
 */
export function inert(text: string, most: number): string {
  if (text.length <= most && /^[ !-[\]-~]*$/.test(text)) return text;
  const parts: string[] = [];
  const kept = text.length > most ? text.slice(0, most) : text;
  for (const character of kept) parts.push(inertCharacter(character));
  if (text.length > most) parts.push(`\\u{…${text.length}}`);
  return parts.join("");
}

function inertCharacter(character: string): string {
  const point = character.codePointAt(0)!;
  if (point >= 0x20 && point < 0x7f && point !== 0x5c) return character;
  // Letters, numbers and marks of all scripts, symbols and punctuation stay; the rest is escaped.
  if (point > 0xa0 && /^[\p{L}\p{N}\p{P}\p{S}]$/u.test(character)) return character;
  return `\\u{${point.toString(16)}}`;
}

/** UTF-8 bytes as text; bytes that are not UTF-8 one character each, behind a mark. Not inert. */
export function lenientText(bytes: Uint8Array): string {
  const text = fromUtf8(bytes);
  if (text !== undefined) return text;
  const characters: string[] = ["\u{fffd}"];
  for (const byte of bytes) characters.push(String.fromCharCode(byte));
  return characters.join("");
}
