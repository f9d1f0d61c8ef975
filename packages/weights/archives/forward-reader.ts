/** A reader over bytes that come once, in order: going back starts the stream again. */
import { BeyondEnd, checkRange, type Forward, type Reader } from "../reader.ts";

/**
 * Reads a stream of known size as if at random. Ascending reads cost one pass; a read before the
 * end of the last one starts over. Holds one chunk. Throws {@link BeyondEnd} if the stream ends
 * before its declared size; what comes after that size is never asked for.
 */
export function forwardReader(source: Forward, size: number): Reader {
  let stream: AsyncIterator<Uint8Array> | undefined;
  let chunk: Uint8Array = new Uint8Array(0);
  /** Offset of the first byte of `chunk`. */
  let start = 0;
  const advance = async (): Promise<void> => {
    stream ??= source.chunks()[Symbol.asyncIterator]();
    const next = await stream.next();
    if (next.done === true) throw new BeyondEnd("a compressed stream ends before its size");
    start += chunk.length;
    chunk = next.value;
  };
  const read = async (offset: number, length: number): Promise<Uint8Array> => {
    checkRange(size, offset, length);
    if (offset < start) {
      await stream?.return?.();
      stream = undefined;
      chunk = new Uint8Array(0);
      start = 0;
    }
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      while (offset + at >= start + chunk.length) await advance();
      const from = offset + at - start;
      const piece = chunk.subarray(from, from + length - at);
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  };
  // Two reads at once would tear the stream: they wait for each other.
  let last: Promise<unknown> = Promise.resolve();
  return {
    size,
    access: "forward",
    read(offset, length) {
      const next = last.then(() => read(offset, length));
      last = next.catch(() => undefined);
      return next;
    },
  };
}
