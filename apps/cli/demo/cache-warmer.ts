/**
 * A cache warmer, as they stand beside many inference servers: it opens the weights once and reads
 * them over and over, so that the first question is answered fast. It means no harm, and keeps
 * alive whatever is deleted under it. Part of the estate: `node warm.mts FILE…`.
 */
import { open } from "node:fs/promises";

const restMilliseconds = 2000;
const chunk = Buffer.alloc(1 << 20);

const files = await Promise.all(process.argv.slice(2).map((path) => open(path, "r")));
process.stdout.write(`${files.length} files open\n`);
for (;;) {
  for (const file of files) {
    for (let at = 0; ; at += chunk.length) {
      const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
      if (bytesRead === 0) break;
    }
  }
  await new Promise((resolve) => setTimeout(resolve, restMilliseconds));
}
