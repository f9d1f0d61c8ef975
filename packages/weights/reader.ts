/**
 * How weights sees bytes: at random, by offset, from something that knows its size. The caller
 * brings the file, the blob or the memory; nothing here opens anything.
 *
 * Reading past the end is refused by a throw of {@link BeyondEnd}, since a number read from a
 * hostile file is the usual cause and a parser has nothing to do but stop. `openModel` turns it
 * into a refusal. Whatever else a reader throws (a disk that fails) passes through untouched.
 */

/** Bytes by offset. `read` yields exactly `length` bytes, or throws {@link BeyondEnd}. */
export interface Reader {
  /** In bytes. Never changes while the reader lives. */
  readonly size: number;
  /**
   * `forward`: reading at or after the end of the last read is cheap, going back starts again from
   * the beginning (a compressed member). Read such a part in ascending order. Absent: random.
   */
  readonly access?: "random" | "forward";
  /** The bytes may be shared with the reader: copy what is kept, write to nothing. */
  read(offset: number, length: number): Promise<Uint8Array> | Uint8Array;
  /** Fills `into`, at once, where a reader can do that: a pass then needs no bytes of its own. */
  readInto?(offset: number, into: Uint8Array): void;
}

/** Bytes that come once, in order: chunks of any length, none empty. The size may be unknown. */
export interface Forward {
  readonly size?: number;
  /** Each call starts again from the first byte. */
  chunks(): AsyncIterable<Uint8Array>;
}

/** Thrown by a read that leaves the bytes there are, or whose numbers are not sizes. */
export class BeyondEnd extends Error {
  constructor(what: string) {
    super(what);
    this.name = "BeyondEnd";
  }
}

/** Throws {@link BeyondEnd} unless both are whole, not negative, and together within `size`. */
export function checkRange(size: number, offset: number, length: number): void {
  const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length);
  if (!whole || offset < 0 || length < 0 || offset > size || length > size - offset) {
    throw new BeyondEnd(`${length} bytes at ${offset} are not within ${size}`);
  }
}

/** A reader over bytes held in memory. */
export function memoryReader(bytes: Uint8Array): Reader {
  return {
    size: bytes.length,
    read(offset, length) {
      checkRange(bytes.length, offset, length);
      return bytes.subarray(offset, offset + length);
    },
  };
}

/** The part of a reader from `offset`, `length` bytes long, as a reader of its own. */
export function slice(reader: Reader, offset: number, length: number): Reader {
  checkRange(reader.size, offset, length);
  return {
    size: length,
    access: reader.access ?? "random",
    read(at, count) {
      checkRange(length, at, count);
      return reader.read(offset + at, count);
    },
  };
}

/** Several readers one after the other, as one: the shards of one long run of bytes. */
export function joinReaders(readers: readonly Reader[]): Reader {
  const starts: number[] = [];
  let size = 0;
  for (const reader of readers) {
    starts.push(size);
    size += reader.size;
  }
  const access = readers.some((reader) => reader.access === "forward") ? "forward" : "random";
  return {
    size,
    access,
    read(offset, length) {
      checkRange(size, offset, length);
      const first = partAt(starts, offset);
      const within = offset - (starts[first] ?? 0);
      const part = readers[first];
      if (part !== undefined && within + length <= part.size) return part.read(within, length);
      return readAcross({ readers, starts }, first, offset, length);
    },
  };
}

async function readAcross(
  joined: { readers: readonly Reader[]; starts: readonly number[] },
  first: number,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  const whole = new Uint8Array(length);
  for (let at = 0, index = first; at < length; index += 1) {
    const part = joined.readers[index]!;
    const within = offset + at - joined.starts[index]!;
    const count = Math.min(length - at, part.size - within);
    if (count > 0) whole.set(await part.read(within, count), at);
    at += Math.max(count, 0);
  }
  return whole;
}

/** Index of the last start that is not past `offset`; starts ascend. */
function partAt(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle]! <= offset) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

/** One window: header fields lie close together, tensors do not. */
const windowBytes = 65_536;

/** A reader that reads ahead one window, so that many small reads near each other cost one. */
export function bufferedReader(reader: Reader): Reader {
  let start = 0;
  let window: Uint8Array = new Uint8Array(0);
  return {
    size: reader.size,
    access: reader.access ?? "random",
    read(offset, length) {
      checkRange(reader.size, offset, length);
      const within = offset - start;
      if (within >= 0 && within + length <= window.length) {
        return window.subarray(within, within + length);
      }
      if (length >= windowBytes) return reader.read(offset, length);
      const ahead = Math.min(windowBytes, reader.size - offset);
      const keep = (bytes: Uint8Array): Uint8Array => {
        start = offset;
        window = bytes;
        return bytes.subarray(0, length);
      };
      const bytes = reader.read(offset, ahead);
      return bytes instanceof Uint8Array ? keep(bytes) : bytes.then(keep);
    },
  };
}

/** Bytes in order as the chunks of a reader, at most `chunkBytes` each. */
export function forwardOf(reader: Reader, chunkBytes: number): Forward {
  return {
    size: reader.size,
    async *chunks() {
      for (let at = 0; at < reader.size; at += chunkBytes) {
        yield await reader.read(at, Math.min(chunkBytes, reader.size - at));
      }
    },
  };
}

const pageBytes = 16_384;
const pagesMax = 128;

/** A reader that keeps the last pages read, for formats that hop to and fro among small things. */
export function pagedReader(reader: Reader): Reader {
  const pages = new Map<number, Uint8Array>();
  const load = async (number: number): Promise<Uint8Array> => {
    const start = number * pageBytes;
    const bytes = await reader.read(start, Math.min(pageBytes, reader.size - start));
    if (pages.size >= pagesMax) pages.delete(pages.keys().next().value!);
    pages.set(number, bytes.slice());
    return pages.get(number)!;
  };
  return {
    size: reader.size,
    access: reader.access ?? "random",
    read(offset, length) {
      checkRange(reader.size, offset, length);
      const number = Math.floor(offset / pageBytes);
      const within = offset - number * pageBytes;
      if (within + length > pageBytes) return reader.read(offset, length);
      const page = pages.get(number);
      if (page !== undefined) return page.subarray(within, within + length);
      return load(number).then((loaded) => loaded.subarray(within, within + length));
    },
  };
}
