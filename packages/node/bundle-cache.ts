/**
 * Full entry bundles on disk, so that a restart does not ask for the whole journal again. They
 * never change once verified. Each file starts with the SHA-256 of the rest: a damaged one is as
 * absent, where otherwise a bad disk would look like a forked journal.
 */
import { hash, randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

export type BundleCache = {
  get(path: string): Promise<Uint8Array | undefined>;
  put(path: string, bytes: Uint8Array): Promise<void>;
};

const hashBytes = 32;

/** Opens a folder of bundles, each under its tile path. */
export function openBundleCache(folder: string): BundleCache {
  return {
    get: async (path) => {
      const file = await readFile(join(folder, path)).catch(() => undefined);
      if (file === undefined || file.length < hashBytes) return undefined;
      const bytes = file.subarray(hashBytes);
      return digestOf(bytes).equals(file.subarray(0, hashBytes)) ? bytes : undefined;
    },
    put: async (path, bytes) => {
      const name = join(folder, path);
      await mkdir(dirname(name), { recursive: true, mode: 0o700 });
      const aside = `${name}.${randomUUID()}`;
      await writeFile(aside, Buffer.concat([digestOf(bytes), bytes]), { mode: 0o600 });
      await rename(aside, name);
    },
  };
}

function digestOf(bytes: Uint8Array): Buffer {
  return hash("sha256", bytes, "buffer");
}
