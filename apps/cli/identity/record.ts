/**
 * The enrolment record of a model, as a file: two lines. The first is its fingerprint (canonical
 * JSON), the second the set of its chunks in base64, empty if its bytes were not passed over.
 */
import { toUtf8 } from "@writ/core/encoding";
import {
  type ChunkSet,
  encodeChunkSet,
  encodeFingerprint,
  type Fingerprint,
  keyIdOf,
  parseChunkSet,
  parseFingerprint,
} from "@writ/weights";
import { type Problem, problem, refusalProblem } from "../outcome.ts";

export type EnrolmentRecord = {
  readonly fingerprint: Fingerprint;
  readonly chunks: ChunkSet | undefined;
};

/** How every record begins: canonical JSON has its keys in order. */
const beginning = '{"files":[';
const newline = 0x0a;
const largestChunkSetBytes = 1 << 30;

/** Bytes enough to tell a record from other files. */
export const recordHeadBytes = beginning.length;

/** Larger files are no records. */
export const recordBytesMax = largestChunkSetBytes;

/** True if a file that begins so may be a record. */
export function looksLikeRecord(head: Uint8Array): boolean {
  return [...beginning].every((letter, at) => head[at] === letter.charCodeAt(0));
}

/** The bytes of a record. */
export function encodeRecord({ fingerprint, chunks }: EnrolmentRecord): Uint8Array {
  const first = encodeFingerprint(fingerprint);
  const second = toUtf8(`\n${chunks === undefined ? "" : encodeChunkSet(chunks)}\n`);
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}

/** Reads a record. `path` is for what is said about it. */
export function parseRecord(
  bytes: Uint8Array,
  { key, path }: { readonly key: Uint8Array; readonly path: string },
): EnrolmentRecord | Problem {
  const end = bytes.indexOf(newline);
  const first = end < 0 ? bytes : bytes.subarray(0, end);
  const fingerprint = parseFingerprint(first, { key, keyId: keyIdOf(key) });
  if ("refused" in fingerprint) {
    const otherKey = fingerprint.refused === "wrong-estate";
    const detail = otherKey ? "was made under another sketch key" : fingerprint.detail;
    const said = `the enrolment record ${path}: ${detail}`;
    const hint = otherKey
      ? "name that key's file: --key FILE"
      : "enrol it again: ./writ fingerprint";
    return problem(fingerprint.refused, said, hint);
  }
  const text =
    end < 0
      ? ""
      : Buffer.from(bytes.subarray(end + 1))
          .toString("latin1")
          .trim();
  if (text === "") return { fingerprint, chunks: undefined };
  const chunks = parseChunkSet(text);
  return "refused" in chunks ? refusalProblem(chunks) : { fingerprint, chunks };
}
