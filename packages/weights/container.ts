/**
 * What a file's bytes are, by content alone, from its two ends. A sniff, not a parse: it decides
 * what deserves a closer look, and names it. A name never exonerates by itself: an adversary can
 * put eight bytes of PNG before ten gigabytes of weights, so a plain type counts as plain only if
 * its structure ends where the file ends (see container-end.ts).
 */
export { endsWithFile } from "./container-end.ts";

import { isOnnx, isTensorflowModel } from "./container-protobuf.ts";
import { zipContainerOf } from "./container-zip.ts";

/** The two ends of a file; for a short file both are the whole of it. */
export type Edges = {
  /** The first bytes, `edgeBytes` of them if there are so many. */
  readonly head: Uint8Array;
  /** The last bytes, likewise. */
  readonly tail: Uint8Array;
  readonly size: number;
  /**
   * One more place, for types whose table of contents lies in between; `undefined` if not there.
   */
  readonly at?: (offset: number, length: number) => Uint8Array | undefined;
};

/** Enough for an ELF section table or a small zip directory at either end; four pages. */
export const edgeBytes = 16_384;

/**
 * `model`: holds weights by design. `carrier`: an archive, image or table that may hold them.
 * `plain`: a known type that holds none by design. `opaque`: nothing known.
 */
export type ContainerKind = "model" | "carrier" | "plain" | "opaque";

type Signature = readonly [name: string, kind: ContainerKind, magic: string, offset?: number];

/** Fixed magic bytes, written as text with `\xNN`; the first that fits wins. */
const signatures: readonly Signature[] = [
  ["ggml", "model", "lmgg"],
  ["ggml", "model", "tjgg"],
  ["ggml", "model", "fmgg"],
  ["ggml", "model", "algg"],
  ["pytorch-legacy", "model", "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"],
  ["tflite", "model", "TFL3", 4],
  ["executorch", "model", "ET12", 4],
  ["hdf5", "model", "\x89HDF\r\n\x1a\n"],
  ["hdf5", "model", "\x89HDF\r\n\x1a\n", 512],
  ["hdf5", "model", "\x89HDF\r\n\x1a\n", 1024],
  ["hdf5", "model", "\x89HDF\r\n\x1a\n", 2048],
  ["npy", "model", "\x93NUMPY"],
  ["catboost", "model", "CBM1"],
  ["fasttext", "model", "\xba\x16\x4f\x2f"],
  ["lightgbm", "model", "tree\nversion="],
  ["tensorrt", "model", "ftrt"],
  ["tensorrt", "model", "ptrt"],
  ["gzip", "carrier", "\x1f\x8b\x08"],
  ["zstd", "carrier", "\x28\xb5\x2f\xfd"],
  ["xz", "carrier", "\xfd7zXZ\0"],
  ["bzip2", "carrier", "1AY&SY", 4],
  ["lz4", "carrier", "\x04\x22\x4d\x18"],
  ["lzip", "carrier", "LZIP"],
  ["seven-zip", "carrier", "7z\xbc\xaf\x27\x1c"],
  ["rar", "carrier", "Rar!\x1a\x07"],
  ["tar", "carrier", "ustar", 257],
  ["cpio", "carrier", "07070"],
  ["ar", "carrier", "!<arch>\n"],
  ["rpm", "carrier", "\xed\xab\xee\xdb"],
  ["squashfs", "carrier", "hsqs"],
  ["qcow2", "carrier", "QFI\xfb"],
  ["vmdk", "carrier", "KDMV"],
  ["luks", "carrier", "LUKS\xba\xbe"],
  ["ext", "carrier", "\x53\xef", 1080],
  ["parquet", "carrier", "PAR1"],
  ["arrow", "carrier", "ARROW1\0\0"],
  ["elf", "plain", "\x7fELF"],
  ["wasm", "plain", "\0asm"],
  ["java-class", "plain", "\xca\xfe\xba\xbe"],
  ["mach-o", "plain", "\xcf\xfa\xed\xfe"],
  ["png", "plain", "\x89PNG\r\n\x1a\n"],
  ["jpeg", "plain", "\xff\xd8\xff"],
  ["gif", "plain", "GIF8"],
  ["riff", "plain", "RIFF"],
  ["mp4", "plain", "ftyp", 4],
  ["matroska", "plain", "\x1a\x45\xdf\xa3"],
  ["ogg", "plain", "OggS"],
  ["flac", "plain", "fLaC"],
  ["mp3", "plain", "ID3"],
  ["pdf", "plain", "%PDF-"],
  ["sqlite", "plain", "SQLite format 3\0"],
  ["sqlite-wal", "plain", "\x37\x7f\x06\x82"],
  ["sqlite-wal", "plain", "\x37\x7f\x06\x83"],
  ["git-pack", "plain", "PACK\0\0\0"],
  ["git-index", "plain", "\xfftOc"],
];

const otherKinds: readonly (readonly [string, ContainerKind])[] = [
  ["gguf", "model"],
  ["safetensors", "model"],
  ["pytorch-zip", "model"],
  ["keras-zip", "model"],
  ["npz", "model"],
  ["llamafile", "model"],
  ["onnx", "model"],
  ["tensorflow", "model"],
  ["xgboost", "model"],
  ["pickle-model", "model"],
  ["pickle", "carrier"],
  ["zip", "carrier"],
  ["pe", "plain"],
  ["text", "plain"],
  ["empty", "plain"],
  ["opaque", "opaque"],
];

const kinds = new Map<string, ContainerKind>([
  ...signatures.map(([name, kind]) => [name, kind] as const),
  ...otherKinds,
]);

/** The kind of a container that {@link containerOf} named; what it never names is `opaque`. */
export function kindOfContainer(container: string): ContainerKind {
  return kinds.get(container) ?? "opaque";
}

/** Names a file by its bytes: `gguf`, `safetensors`, …, `text`, or `opaque`. Never throws. */
export function containerOf(edges: Edges): string {
  const { head, size } = edges;
  if (size === 0) return "empty";
  if (isGguf(head)) return "gguf";
  if (isSafetensors(head, size)) return "safetensors";
  const zip = zipContainerOf(edges);
  if (zip !== undefined) return zip;
  const signed = signatures.find(([, , magic, offset]) => holds(head, magic, offset ?? 0));
  if (signed !== undefined) return signed[0];
  if (isPortableExecutable(head)) return "pe";
  const pickle = pickleOf(edges);
  if (pickle !== undefined) return pickle;
  if (isOnnx(edges)) return "onnx";
  if (isTensorflowModel(edges)) return "tensorflow";
  if (isXgboost(head)) return "xgboost";
  return isText(head) && isText(edges.tail) ? "text" : "opaque";
}

/** True if `bytes` hold `magic` (one character a byte) at `offset`. */
export function holds(bytes: Uint8Array, magic: string, offset: number): boolean {
  if (offset + magic.length > bytes.length) return false;
  for (let i = 0; i < magic.length; i += 1) {
    if (bytes[offset + i] !== magic.charCodeAt(i)) return false;
  }
  return true;
}

/** True if `bytes` hold the ASCII `word` anywhere. */
export function mentions(bytes: Uint8Array, word: string): boolean {
  const first = word.charCodeAt(0);
  for (let at = bytes.indexOf(first); at !== -1; at = bytes.indexOf(first, at + 1)) {
    if (holds(bytes, word, at)) return true;
  }
  return false;
}

/**
 * True if a run of bytes reads as text: UTF-8 (cut sequences at the ends allowed) without control
 * characters other than white space and escape.
 */
export function isText(bytes: Uint8Array): boolean {
  let follow = 0;
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i]!;
    if (byte < 0x20 && !(byte >= 8 && byte <= 13) && byte !== 0x1b) return false;
    if (byte < 0x80) {
      if (follow > 0) return false;
    } else if (byte < 0xc0) {
      if (follow > 0) follow -= 1;
      else if (i > 2) return false;
    } else {
      if (follow > 0 || byte < 0xc2 || byte > 0xf4) return false;
      follow = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
    }
  }
  return true;
}

/**
 * True for text that is bytes in disguise: base64 or hex, with next to nothing else. Prose, logs,
 * code and tables all hold far more blanks and punctuation than one byte in a hundred.
 */
export function isDense(bytes: Uint8Array): boolean {
  let other = 0;
  for (const byte of bytes) {
    const letter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
    const digit = byte >= 0x30 && byte <= 0x39;
    const rest = byte === 0x2b || byte === 0x2f || byte === 0x3d || byte === 10 || byte === 13;
    if (!letter && !digit && !rest) other += 1;
  }
  return bytes.length >= 1024 && other * 100 < bytes.length;
}

/** `GGUF`, then a version of either byte order (ggml docs/gguf.md; versions so far are 1 to 3). */
function isGguf(head: Uint8Array): boolean {
  if (!holds(head, "GGUF", 0) || head.length < 8) return false;
  const little = head[4]! > 0 && head[4]! < 32 && head[5] === 0 && head[6] === 0 && head[7] === 0;
  const big = head[7]! > 0 && head[7]! < 32 && head[4] === 0 && head[5] === 0 && head[6] === 0;
  return little || big;
}

/** A little-endian header length that fits, then a JSON object (safetensors README, Format). */
function isSafetensors(head: Uint8Array, size: number): boolean {
  if (head.length < 10 || head[8] !== 0x7b) return false;
  const high = head[4]! | head[5]! | head[6]! | head[7]!;
  const length = head[0]! + head[1]! * 2 ** 8 + head[2]! * 2 ** 16 + head[3]! * 2 ** 24;
  if (high !== 0 || length < 2 || length > size - 8) return false;
  const next = head[9]!;
  return next === 0x22 || next === 0x7d || next === 0x20 || next === 0x0a;
}

function isPortableExecutable(head: Uint8Array): boolean {
  if (!holds(head, "MZ", 0) || head.length < 64) return false;
  const at = head[60]! + head[61]! * 2 ** 8 + head[62]! * 2 ** 16 + head[63]! * 2 ** 24;
  return holds(head, "PE\0\0", at);
}

const modelLibraries = ["sklearn", "torch", "xgboost", "lightgbm", "catboost", "joblib", "keras"];

/** Pickle protocol 2 to 5, STOP at its end; never unpickled, only its words are looked at. */
function pickleOf({ head, tail }: Edges): string | undefined {
  if (head[0] !== 0x80 || head[1]! < 2 || head[1]! > 5) return undefined;
  const named = modelLibraries.some((word) => mentions(head, word));
  if (named) return "pickle-model";
  return tail.at(-1) === 0x2e ? "pickle" : undefined;
}

/** XGBoost's JSON and UBJSON models both begin with an object whose first keys name a learner. */
function isXgboost(head: Uint8Array): boolean {
  return head[0] === 0x7b && mentions(head.subarray(0, 64), "learner");
}
