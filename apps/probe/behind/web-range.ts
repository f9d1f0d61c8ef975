/** Ranges of something over HTTP. */
import type { GapReason } from "../coverage.ts";
import { gapOfStatus, type Reply } from "./polite-web.ts";
import { NotRead, type ReadRange } from "./ranged-reader.ts";

const wholeAnswerMax = 16 * 1024 * 1024;

/** Reads by `Range` (RFC 9110, 14); a whole answer serves if it has what was asked for. */
export function readByRange(
  get: (headers: { range: string }, bytesMax: number) => Promise<Reply | GapReason>,
): ReadRange {
  return async (offset, length) => {
    if (length === 0) return new Uint8Array(0);
    const range = `bytes=${offset}-${offset + length - 1}`;
    // Who knows no ranges sends all: that is read to its end only if it is small.
    const end = offset + length;
    const reply = await get({ range }, end <= wholeAnswerMax ? wholeAnswerMax : length);
    if (typeof reply === "string") throw new NotRead(reply);
    const { status, body } = reply;
    if (status !== 206 && status !== 200) throw new NotRead(gapOfStatus(status));
    const bytes = status === 200 ? body.subarray(offset, end) : body;
    if (bytes.length !== length) throw new NotRead("changed-while-read");
    return bytes;
  };
}
