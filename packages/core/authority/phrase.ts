/**
 * The phrase of a writ: ten words derived from its digest, the same on every renderer, so that a
 * person can compare two screens by eye. A convenience beside the whole digest, never instead of
 * it.
 */
import { concatBytes, fromHex, toUtf8 } from "../encoding/bytes.ts";
import { type Digest, sha256 } from "../encoding/digest.ts";
import { assert } from "../encoding/refusal.ts";
import { phraseWords } from "./phrase-words.ts";

/** 80 bits: to find another writ with the phrase of a given one takes 2^80 stretched hashes. */
export const phraseWordsCount = 10;
/**
 * Hashes over hashes. Whoever writes two writs himself may look for a pair of one phrase (2^40
 * tries by the birthday bound); this makes each try cost 2^14, and a person waits milliseconds.
 */
const stretches = 16_384;

/** The words of a digest, in order. */
export function phraseOf(digest: Digest): readonly string[] {
  const bytes = fromHex(digest.slice("sha256:".length));
  assert(bytes?.length === 32, "a digest has 64 hex digits");
  let hash = sha256(concatBytes(toUtf8("writ phrase v1\n"), bytes));
  for (let i = 0; i < stretches; i += 1) hash = sha256(hash);
  return [...hash.subarray(0, phraseWordsCount)].map((byte) => phraseWords[byte]!);
}
