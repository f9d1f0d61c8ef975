/**
 * A file's bytes in order, one block read ahead of the one in use: the disk and the hash
 * overlap.
 */
import { read } from "node:fs";

/** Large enough that system calls cost nothing, small enough that memory does not either. */
const blockBytes = 1024 * 1024;

/** Blocks of an open file from its start. A block is valid until the next one is asked for. */
export async function* readBlocks(file: number): AsyncGenerator<Uint8Array> {
  const buffers = [new Uint8Array(blockBytes), new Uint8Array(blockBytes)];
  let position = 0;
  let coming = readBlock(file, buffers[0]!, 0);
  try {
    for (let turn = 1; ; turn += 1) {
      const block = await coming;
      if (block.length === 0) return;
      position += block.length;
      coming = readBlock(file, buffers[turn % 2]!, position);
      yield block;
    }
  } finally {
    // Whoever stops early closes the file next: not while a read of it is under way.
    await coming.catch(() => undefined);
  }
}

function readBlock(file: number, buffer: Uint8Array, position: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    read(file, buffer, 0, buffer.length, position, (error, count) => {
      if (error === null) resolve(buffer.subarray(0, count));
      else reject(error);
    });
  });
}
