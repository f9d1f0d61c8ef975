/** How much like chance bytes are: encrypted and compressed ones lie near 8 bits a byte. */
import type { Reader } from "@writ/weights";

/** Blocks read of each file, evenly spread: 64 of 4 KiB tell 7.9 bits from 8. */
const blocks = 64;
const blockBytes = 4_096;

/** Shannon entropy of the bytes, in bits a byte, 0 to 8, by blocks spread over them. */
export async function entropyOf(files: readonly Reader[]): Promise<number> {
  const counts = new Float64Array(256);
  for (const reader of files) {
    const step = Math.max(blockBytes, Math.floor(reader.size / blocks));
    for (let at = 0; at < reader.size; at += step) {
      const bytes = await reader.read(at, Math.min(blockBytes, reader.size - at));
      for (const byte of bytes) counts[byte] = counts[byte]! + 1;
    }
  }
  const total = counts.reduce((sum, count) => sum + count, 0);
  let bits = 0;
  for (const count of counts) if (count > 0) bits -= (count / total) * Math.log2(count / total);
  return bits;
}
