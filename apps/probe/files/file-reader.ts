/** An open file as something that models are read from, and what one look at it may cost. */
import { readSync } from "node:fs";
import { BeyondEnd, type Reader } from "@writ/weights";

/** No reader of a format needs more at a time; a hostile header may ask for a terabyte. */
const readBytesMax = 256 * 1024 * 1024;

/** Reads from `start`, `size` bytes. A file that shrinks meanwhile ends early. */
export function fileReader(file: number, size: number, start = 0): Reader {
  const check = (offset: number, length: number): void => {
    const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length);
    const within = whole && offset >= 0 && length >= 0 && length <= size - offset;
    if (within && length <= readBytesMax) return;
    throw new BeyondEnd(`${length} bytes at ${offset} are not within ${size}`);
  };
  const readInto = (offset: number, bytes: Uint8Array): void => {
    check(offset, bytes.length);
    for (let done = 0; done < bytes.length; ) {
      const read = readSync(file, bytes, done, bytes.length - done, start + offset + done);
      if (read === 0) throw new BeyondEnd(`the file ends before ${offset + bytes.length}`);
      done += read;
    }
  };
  return {
    size,
    readInto,
    read(offset, length) {
      check(offset, length);
      const bytes = new Uint8Array(length);
      readInto(offset, bytes);
      return bytes;
    },
  };
}
