/** An open file as something that models are read from, and what one look at it may cost. */
import { readSync } from "node:fs";
import { BeyondEnd, type Reader } from "@writ/weights";

/** No reader of a format needs more at a time; a hostile header may ask for a terabyte. */
const readBytesMax = 256 * 1024 * 1024;

/** Reads from `start`, `size` bytes. A file that shrinks meanwhile ends early. */
export function fileReader(file: number, size: number, start = 0): Reader {
  return {
    size,
    read(offset, length) {
      const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length);
      const within = whole && offset >= 0 && length >= 0 && length <= size - offset;
      if (!within || length > readBytesMax) {
        throw new BeyondEnd(`${length} bytes at ${offset} are not within ${size}`);
      }
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length; ) {
        const read = readSync(file, bytes, done, length - done, start + offset + done);
        if (read === 0) throw new BeyondEnd(`the file ends before ${offset + length}`);
        done += read;
      }
      return bytes;
    },
  };
}
