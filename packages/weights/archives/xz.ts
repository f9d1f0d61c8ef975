/**
 * The .xz container (tukaani.org/xz/xz-file-format.txt) with the one filter that weights come with,
 * LZMA2. Checks (CRC, SHA-256) are passed over: what was decoded is judged by what it is.
 */
import { must, stop } from "../formats/stop.ts";
import type { Forward } from "../reader.ts";
import { decodeChunk, type Lzma, newLzma, put, resetState, setProperties } from "./lzma.ts";

/** `xz -9` uses 64 MB. */
const dictionaryBytesMax = 134_217_728;

const checkBytes = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];

/** Takes exact numbers of bytes from a stream. */
class Source {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;
  /** Bytes taken so far. */
  taken = 0;
  constructor(forward: Forward) {
    this.#chunks = forward.chunks()[Symbol.asyncIterator]();
  }
  /** So many bytes; `undefined` if the stream ends before the first of them. */
  async take(count: number): Promise<Uint8Array | undefined> {
    const bytes = new Uint8Array(count);
    for (let at = 0; at < count; ) {
      if (this.#at === this.#chunk.length) {
        const next = await this.#chunks.next();
        if (next.done === true && at === 0) return undefined;
        must(next.done !== true, "an xz stream cut short");
        this.#chunk = next.value;
        this.#at = 0;
      }
      const piece = this.#chunk.subarray(this.#at, this.#at + count - at);
      bytes.set(piece, at);
      at += piece.length;
      this.#at += piece.length;
    }
    this.taken += count;
    return bytes;
  }
  async need(count: number): Promise<Uint8Array> {
    const bytes = await this.take(count);
    must(bytes !== undefined || count === 0, "an xz stream cut short");
    return bytes ?? new Uint8Array(0);
  }
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}

/** Yields the decompressed bytes of one or more xz streams. */
export function unxz(source: Forward): Forward {
  return { chunks: () => decompressed(source) };
}

async function* decompressed(forward: Forward): AsyncGenerator<Uint8Array> {
  const source = new Source(forward);
  try {
    for (;;) {
      const header = await streamHeader(source);
      if (header === undefined) return;
      const flags = header[7]! & 15;
      for (;;) {
        const [size] = await source.need(1);
        if (size === 0) break;
        yield* decodeBlock(source, size!, checkBytes[flags]!);
      }
      await skipIndex(source);
    }
  } finally {
    await source.close();
  }
}

/** Twelve bytes; `undefined` at the end. Streams may be padded with zeros, four at a time. */
async function streamHeader(source: Source): Promise<Uint8Array | undefined> {
  for (;;) {
    const start = await source.take(4);
    if (start === undefined) return undefined;
    if (start.every((byte) => byte === 0) && source.taken > 4) continue;
    const header = new Uint8Array(12);
    header.set(start);
    header.set(await source.need(8), 4);
    const magic = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0];
    must(
      magic.every((byte, index) => header[index] === byte),
      "no xz stream",
    );
    return header;
  }
}

async function* decodeBlock(
  source: Source,
  sizeByte: number,
  checkSize: number,
): AsyncGenerator<Uint8Array> {
  const header = await source.need((sizeByte + 1) * 4 - 1);
  const lzma = newLzma(dictionaryOf(header));
  const start = source.taken;
  yield* decodeLzma2(source, lzma);
  // Blocks are padded to four bytes.
  await source.need((4 - ((source.taken - start) % 4)) % 4);
  await source.need(checkSize);
}

/** The dictionary size of the block's only filter. `header` begins after its size byte. */
function dictionaryOf(header: Uint8Array): number {
  const flags = header[0]!;
  if ((flags & 3) !== 0) stop("unknown-kind", "xz with more filters than LZMA2");
  let at = 1;
  for (const present of [flags & 0x40, flags & 0x80]) {
    if (present === 0) continue;
    while ((header[at] ?? 0) >= 0x80) at += 1;
    at += 1;
  }
  if (header[at] !== 0x21 || header[at + 1] !== 1) stop("unknown-kind", "xz without LZMA2");
  const bits = header[at + 2] ?? 255;
  must(bits <= 40, "an impossible dictionary");
  const size = bits === 40 ? 0xffff_ffff : (2 | (bits & 1)) * 2 ** (Math.floor(bits / 2) + 11);
  if (size > dictionaryBytesMax) stop("oversized", "an xz dictionary past 128 MB");
  // A chunk is at most 2 MB and must not overrun itself before it is read off.
  return Math.max(size, 2_097_152 + 4_096);
}

/** LZMA2 chunks: each says whether it is compressed and what it resets. */
async function* decodeLzma2(source: Source, lzma: Lzma): AsyncGenerator<Uint8Array> {
  let ready = 0;
  for (;;) {
    const [control] = await source.need(1);
    if (control === 0) return;
    if (control! >= 0x80) {
      const sizes = await source.need(4);
      const size = ((control! & 31) << 16) + (sizes[0]! << 8) + sizes[1]! + 1;
      const packed = (sizes[2]! << 8) + sizes[3]! + 1;
      const reset = (control! >> 5) & 3;
      if (reset === 3) lzma.window.written = 0;
      if (reset >= 2) setProperties(lzma, (await source.need(1))[0]!);
      if (reset >= 1) resetState(lzma);
      ready = Math.max(ready, reset);
      must(ready >= 2, "an LZMA2 chunk before any properties");
      decodeChunk(lzma, await source.need(packed), size);
      yield lastBytes(lzma, size);
    } else {
      must(control === 1 || control === 2, "an LZMA2 chunk of no kind");
      const sizes = await source.need(2);
      const bytes = await source.need((sizes[0]! << 8) + sizes[1]! + 1);
      if (control === 1) lzma.window.written = 0;
      for (const byte of bytes) put(lzma.window, byte);
      yield bytes;
    }
  }
}

function lastBytes({ window }: Lzma, size: number): Uint8Array {
  const start = window.at - size;
  if (start >= 0) return window.bytes.slice(start, window.at);
  const bytes = new Uint8Array(size);
  bytes.set(window.bytes.subarray(window.bytes.length + start));
  bytes.set(window.bytes.subarray(0, window.at), -start);
  return bytes;
}

/** The index and the footer: sizes of what has been decoded already. */
async function skipIndex(source: Source): Promise<void> {
  // The index's first byte, its indicator, has been taken.
  let length = 1;
  const number = async (): Promise<number> => {
    let value = 0;
    for (let size = 0; size < 9; size += 1) {
      const [byte] = await source.need(1);
      length += 1;
      value += (byte! & 0x7f) * 128 ** size;
      if (byte! < 0x80) return value;
    }
    return must(false, "a number of more than nine bytes") as never;
  };
  const records = await number();
  for (let index = 0; index < records; index += 1) {
    await number();
    await number();
  }
  await source.need((4 - (length % 4)) % 4);
  await source.need(4 + 12);
}
