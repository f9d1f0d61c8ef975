/** Files as readers: opened when they are first read, at most so many at a time. */
import { closeSync, openSync, readSync } from "node:fs";
import { BeyondEnd, type Reader } from "@writ/weights";

/** Well below the usual limit of 1,024 descriptors of a process. */
const openMax = 128;

/** Keeps the files open that were read last. `close` lets go of all of them. */
export class OpenFiles {
  readonly #open = new Map<string, number>();

  /** A reader over a file of that size. A file that shrinks meanwhile ends early. */
  reader(path: string, size: number): Reader {
    return {
      size,
      read: (offset, length) => readAt(this.#descriptor(path), size, offset, length),
      readInto: (offset, into) => {
        checkRange(size, offset, into.length);
        fill(this.#descriptor(path), offset, into);
      },
    };
  }

  close(): void {
    for (const file of this.#open.values()) closeSync(file);
    this.#open.clear();
  }

  #descriptor(path: string): number {
    const known = this.#open.get(path);
    const file = known ?? openSync(path, "r");
    // Taken out and put in again: the map's order is that of use.
    this.#open.delete(path);
    this.#open.set(path, file);
    if (this.#open.size > openMax) {
      const [oldest, descriptor] = this.#open.entries().next().value!;
      this.#open.delete(oldest);
      closeSync(descriptor);
    }
    return file;
  }
}

/** Exactly those bytes of an open file of that size, or a throw of {@link BeyondEnd}. */
export function readAt(file: number, size: number, offset: number, length: number): Uint8Array {
  checkRange(size, offset, length);
  const bytes = new Uint8Array(length);
  fill(file, offset, bytes);
  return bytes;
}

function checkRange(size: number, offset: number, length: number): void {
  const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length);
  if (!whole || offset < 0 || length < 0 || offset > size || length > size - offset) {
    throw new BeyondEnd(`${length} bytes at ${offset} are not within ${size}`);
  }
}

function fill(file: number, offset: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    const read = readSync(file, bytes, done, bytes.length - done, offset + done);
    if (read === 0) throw new BeyondEnd(`the file ends before ${offset + bytes.length}`);
    done += read;
  }
}
