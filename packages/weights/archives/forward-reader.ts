/** A reader over bytes that come once, in order: going far back starts the stream again. */
import { BeyondEnd, checkRange, type Forward, type Reader } from "../reader.ts";

/** Kept behind the last read, so that a format's small steps back cost nothing. */
const keptBytes = 4_194_304;

type Window = {
  stream: AsyncIterator<Uint8Array> | undefined;
  readonly chunks: Uint8Array[];
  /** Offset of the first byte of the first chunk, and past the last of the last. */
  start: number;
  end: number;
};

/**
 * Reads a stream of known size as if at random. Ascending reads cost one pass; a read from before
 * the last 4 MB starts over. Throws {@link BeyondEnd} if the stream ends before its declared size;
 * what comes after that size is never asked for. A size that is not known yet is given as the most
 * that it may be.
 */
export function forwardReader(source: Forward, size: number): Reader {
  const window: Window = { stream: undefined, chunks: [], start: 0, end: 0 };
  const read = async (offset: number, length: number): Promise<Uint8Array> => {
    checkRange(size, offset, length);
    if (offset < window.start) await restart(window);
    while (window.end < offset + length) await advance(window, source, offset);
    return copyOf(window, offset, length);
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

async function restart(window: Window): Promise<void> {
  await window.stream?.return?.();
  window.stream = undefined;
  window.chunks.length = 0;
  window.start = 0;
  window.end = 0;
}

/** Takes the next chunk; lets go of those that lie well before `needed`. */
async function advance(window: Window, source: Forward, needed: number): Promise<void> {
  window.stream ??= source.chunks()[Symbol.asyncIterator]();
  const next = await window.stream.next();
  if (next.done === true) throw new BeyondEnd("a compressed stream ends before its size");
  window.chunks.push(next.value);
  window.end += next.value.length;
  for (let first = window.chunks[0]!; ; first = window.chunks[0]!) {
    const past = window.start + first.length;
    if (window.chunks.length <= 1 || past > needed || window.end - past < keptBytes) return;
    window.chunks.shift();
    window.start = past;
  }
}

function copyOf(window: Window, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let start = window.start;
  for (const chunk of window.chunks) {
    const from = Math.max(offset, start);
    const to = Math.min(offset + length, start + chunk.length);
    if (to > from) bytes.set(chunk.subarray(from - start, to - start), from - offset);
    start += chunk.length;
  }
  return bytes;
}
