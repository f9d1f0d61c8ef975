/**
 * Does a plain file's own structure end where the file ends? Weights appended to a picture, or put
 * behind an innocent header, make the answer no. A yes can be forged by who knows the format: it
 * only spares small files a digest, never large ones.
 */
import { type Edges, holds } from "./container.ts";

/** Linkers and signers leave some padding; a model does not fit into it. */
const slackBytes = 4096;

/** True if the structure of this plain container is seen to end at the end of the file. */
export function endsWithFile(container: string, edges: Edges): boolean {
  const { tail, size } = edges;
  switch (container) {
    case "text":
    case "empty":
      return true;
    case "png":
      return holds(tail, "IEND\xae\x42\x60\x82", tail.length - 8);
    case "jpeg":
      return holds(tail, "\xff\xd9", tail.length - 2);
    case "gif":
      return tail.at(-1) === 0x3b;
    case "riff":
      return Math.abs(little(edges.head, 4, 4) + 8 - size) <= 1;
    case "pdf":
      return holdsNearEnd(tail, "%%EOF");
    case "sqlite":
      return sqliteSize(edges.head) === size;
    case "sqlite-wal":
      // A header, then whole frames (sqlite.org/fileformat2.html §4.1).
      return (size - 32) % (24 + big32(edges.head, 8)) === 0;
    case "elf":
      return elfEnds(edges);
    case "git-pack":
    case "git-index":
    case "java-class":
      // Nothing at their ends tells; git verifies packs, and class files are small.
      return true;
    default:
      return false;
  }
}

function holdsNearEnd(tail: Uint8Array, word: string): boolean {
  for (let at = tail.length - word.length; at >= 0 && at > tail.length - 1024; at -= 1) {
    if (holds(tail, word, at)) return true;
  }
  return false;
}

/** Page size times page count (sqlite.org/fileformat2.html §1.3). */
function sqliteSize(head: Uint8Array): number {
  const page = head[16]! * 256 + head[17]!;
  const pages = big32(head, 28);
  return (page === 1 ? 65_536 : page) * pages;
}

/** Sections of real programs number dozens; with one for each function, some ten thousand. */
const elfSectionsMax = 16_384;

/** Where the last section ends (ELF-64, little-endian; others are not judged). */
function elfEnds(edges: Edges): boolean {
  const { head, size } = edges;
  if (head.length < 64 || head[4] !== 2 || head[5] !== 1) return false;
  const table = { at: little(head, 40, 8), entry: little(head, 58, 2), count: little(head, 60, 2) };
  if (table.at === 0 || table.entry !== 64 || table.count === 0) return false;
  if (table.count > elfSectionsMax) return false;
  const bytes = part(edges, table.at, table.count * 64);
  if (bytes === undefined) return false;
  let end = table.at + table.count * 64;
  for (let at = 0; at < bytes.length; at += 64) {
    const hasNoBytes = little(bytes, at + 4, 4) === 8;
    if (!hasNoBytes) end = Math.max(end, little(bytes, at + 24, 8) + little(bytes, at + 32, 8));
  }
  return end <= size && size - end <= slackBytes;
}

function part({ head, tail, size, at }: Edges, offset: number, length: number) {
  if (offset > size || length > size - offset) return undefined;
  if (offset + length <= head.length) return head.subarray(offset, offset + length);
  const inTail = offset - (size - tail.length);
  if (inTail >= 0) return tail.subarray(inTail, inTail + length);
  return at?.(offset, length);
}

function little(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let i = size - 1; i >= 0; i -= 1) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}

function big32(bytes: Uint8Array, at: number): number {
  return little(
    bytes
      .subarray(at, at + 4)
      .slice()
      .reverse(),
    0,
    4,
  );
}
