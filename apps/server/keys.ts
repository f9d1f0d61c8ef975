/** The server's two keys: one signs checkpoints, the other what the server says in the journal. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { isRefused, keyIdOf, type Refused, refused } from "@writ/core";
import { createKeyFile, readKeyFile, type SigningKey } from "@writ/node";

export type ServerKeys = { readonly checkpoint: SigningKey; readonly server: SigningKey };

/** Makes the keys that are missing, and reads both. */
export async function makeKeys(folder: string): Promise<ServerKeys | Refused> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of ["journal.key", "server.key"]) {
    await createKeyFile(join(folder, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  }
  return readKeys(folder);
}

/** Reads the keys; refuses if one is missing or open to others. */
export async function readKeys(folder: string): Promise<ServerKeys | Refused> {
  const checkpoint = await readOne(join(folder, "journal.key"));
  if (isRefused(checkpoint)) return checkpoint;
  const server = await readOne(join(folder, "server.key"));
  return isRefused(server) ? server : { checkpoint, server };
}

async function readOne(path: string): Promise<SigningKey | Refused> {
  try {
    return await readKeyFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return refused("unavailable", `${path} is missing: run init first`);
  }
}

/** What others must know of the keys: they go into the trust root. */
export function publicKeys({ checkpoint, server }: ServerKeys) {
  const told = (key: SigningKey) => ({
    type: "ed25519",
    public: Buffer.from(key.publicKey).toString("base64"),
    id: keyIdOf("ed25519", key.publicKey),
  });
  return { checkpointKey: told(checkpoint), serverKey: told(server) };
}
