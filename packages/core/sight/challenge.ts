/**
 * A challenge: a probe is to prove that it reads a named file now. The answer depends on a nonce
 * that nobody knew before, at places that only the nonce tells, so what was recorded earlier does
 * not serve: not an old census, not a digest, not a probe that answers from a snapshot without it.
 *
 * Whoever asks and holds the same bytes may commit to the answer beforehand: then the journal
 * itself shows whether it was right, and the probe cannot read it off the challenge.
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { concatBytes, fromHex, toHex, toUtf8 } from "../encoding/bytes.ts";
import { type Digest, digestOf, sha256 } from "../encoding/digest.ts";
import { assert } from "../encoding/refusal.ts";
import type { Shaped } from "../encoding/shape.ts";
import { digest, integer, matching, object, oneOf, optional, text } from "../encoding/shape.ts";

/** Bytes read at each place: what a disk reads at once anyway. */
export const challengeBlockBytes = 4096;
/** Places asked for: of a file altered in one block of a hundred, 92 of 100 challenges tell. */
export const challengeBlocks = 256;
/** As a census writes a path at most (its own limit cannot be named here: it has answers in it). */
const pathLengthMax = 4 * 4096;
/** Challenges of one host at a time: each costs a megabyte read in every look until it is gone. */
export const challengesMax = 16;

const nonce = matching(/^[0-9a-f]{64}$/, "64 hex digits");

/** What a person asks of a host's probe, in the register. */
export const challengeShape = object({
  path: text(pathLengthMax),
  nonce,
  /** Digest of the right answer, of someone who holds the same bytes. */
  commitment: optional(digest),
});

/** What the probe is told of it. */
export const askedShape = object({ path: text(pathLengthMax), nonce });

/** What a probe answers, in its census. */
export const answerShape = object({
  path: text(pathLengthMax),
  nonce,
  state: oneOf("answered", "missing", "unreadable"),
  size: optional(integer(0, Number.MAX_SAFE_INTEGER)),
  answer: optional(digest),
});

export type Challenge = Shaped<typeof challengeShape>;
export type ChallengeAnswer = Shaped<typeof answerShape>;

export type ByteRange = { readonly offset: number; readonly length: number };

/** The places that a nonce asks for, in the order in which they are read; all of a small file. */
export function challengedRanges(nonceHex: string, size: number): readonly ByteRange[] {
  assert(Number.isSafeInteger(size) && size >= 0, "a file's size");
  if (size <= challengeBlocks * challengeBlockBytes) return [{ offset: 0, length: size }];
  const key = nonceBytes(nonceHex);
  const offsets = new Set<number>();
  // The last place is such that the block lies within the file, wherever the file ends.
  const places = size - challengeBlockBytes + 1;
  for (let step = 0; offsets.size < challengeBlocks; step += 1) {
    const drawn = sha256(concatBytes(key, toUtf8(`writ challenge place ${size} ${step}`)));
    // Forty-eight bits: no file is larger than that in practice, and one that is, is met evenly.
    let value = 0;
    for (let i = 0; i < 6; i += 1) value = value * 256 + drawn[i]!;
    offsets.add(Math.floor((value / 2 ** 48) * places));
  }
  return [...offsets]
    .sort((a, b) => a - b)
    .map((offset) => ({ offset, length: challengeBlockBytes }));
}

/** Takes the bytes at {@link challengedRanges}, in order; `finish` is the answer. */
export function challengeDigest(
  nonceHex: string,
  { path, size }: { readonly path: string; readonly size: number },
): { push(bytes: Uint8Array): void; finish(): Digest } {
  const running = hmac.create(nobleSha256, nonceBytes(nonceHex));
  running.update(toUtf8(`writ challenge answer\n${path}\n${size}\n`));
  return {
    push: (bytes) => void running.update(bytes),
    finish: () => `sha256:${toHex(running.digest())}`,
  };
}

/** What is told of a right answer before it is given. */
export function commitmentTo(answer: Digest): Digest {
  return digestOf(toUtf8(`writ challenge commitment\n${answer}\n`));
}

function nonceBytes(hex: string): Uint8Array {
  const bytes = fromHex(hex);
  assert(bytes !== undefined && bytes.length === 32, "a nonce is 32 bytes");
  return bytes;
}
