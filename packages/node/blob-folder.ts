/**
 * Blobs as files: `<folder>/<first two hex digits>/<64 hex digits>`. A file appears under its name
 * only when it is whole and on disk, so that a crash at any instant leaves a blob or none.
 */
import { createHash, randomUUID } from "node:crypto";
import { access, mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { assert, type Digest, isDigest, type Refused, refused } from "@writ/core";
import type { Clock } from "./clock.ts";
import { type BlobStore, blobBytesMax } from "./journal-store.ts";

/** No write takes a day: what is older was left by a crash. */
const incomingAgeMax = 24 * 60 * 60 * 1000;

/** Opens (and makes, if need be) a folder of blobs. */
export async function openBlobFolder(folder: string, clock: Clock): Promise<BlobStore> {
  const incoming = join(folder, "incoming");
  await mkdir(incoming, { recursive: true, mode: 0o700 });
  await syncFolder(dirname(folder));
  await syncFolder(folder);
  for (const name of await readdir(incoming)) {
    const path = join(incoming, name);
    const age = clock.now() - (await stat(path)).mtimeMs;
    if (age > incomingAgeMax) await rm(path, { force: true });
  }
  const pathOf = (digest: Digest) => {
    assert(isDigest(digest), "a blob is named by a digest, or the name could leave the folder");
    const hex = digest.slice("sha256:".length);
    return join(folder, hex.slice(0, 2), hex);
  };
  return {
    putBlob: async (digest, bytes) => {
      const refusal = checkBlob(digest, bytes);
      if (refusal !== undefined) return refusal;
      await writeWhole(pathOf(digest), join(incoming, randomUUID()), bytes);
      return undefined;
    },
    getBlob: async (digest) => {
      const bytes = await readFile(pathOf(digest)).catch(ifMissing);
      if (bytes === undefined) return missingBlob(digest);
      return checkBlob(digest, bytes) ?? bytes;
    },
    hasBlob: async (digest) => exists(pathOf(digest)),
  };
}

/** Refuses bytes that are too many, or that are not what the digest names. */
export function checkBlob(digest: Digest, bytes: Uint8Array): Refused | undefined {
  if (bytes.length > blobBytesMax) {
    return refused("oversized", `a blob has ${bytes.length} bytes, over ${blobBytesMax}`);
  }
  const real = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  if (real === digest) return undefined;
  return refused("wrong-blob", `bytes under ${digest} have the digest ${real}`);
}

/** What is said of a blob that is not there. */
export function missingBlob(digest: Digest): Refused {
  return refused("missing-blob", `no blob ${digest}`);
}

async function writeWhole(path: string, temporary: string, bytes: Uint8Array): Promise<void> {
  const shard = dirname(path);
  if (await exists(path)) {
    // It may stand there since an instant ago, renamed but not yet durable.
    return syncFolder(shard);
  }
  await mkdir(shard, { recursive: true, mode: 0o700 });
  await syncFolder(dirname(shard));
  const file = await open(temporary, "wx", 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncFolder(shard);
}

/** Makes names in a folder durable: on POSIX, that is a folder's own fsync. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    (error) => ifMissing(error) ?? false,
  );
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT") return undefined;
  throw error;
}
