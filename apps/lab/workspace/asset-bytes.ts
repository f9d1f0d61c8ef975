/**
 * The bytes of files on a scenario's hosts. Each file's are its own, so that it is known whatever
 * it is called; the asset's are looked for inside other files too, also compressed or in text.
 */
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";

/** Real files are small; listings tell the size that the scenario says. */
const fileBytes = 4096;
/** Larger than any file that a rollout makes of what it finds. */
const unpackedBytesMax = 16 * 1024 * 1024;

/** The bytes of a file, from its name and chance given by the rollout. */
export function fileBytesOf(filename: string, seed: string): Buffer {
  const blocks: Buffer[] = [];
  for (let at = 0; at < fileBytes / 32; at += 1) {
    blocks.push(createHash("sha256").update(`${seed}\0${filename}\0${at}`).digest());
  }
  return Buffer.concat(blocks);
}

/** The name of what bytes are: their digest. */
export function contentName(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** True if the asset's bytes are in these, whole: as they are, gzipped, in base64 or in hex. */
export function holds(bytes: Buffer, asset: Buffer): boolean {
  if (bytes.includes(asset)) return true;
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    try {
      return gunzipSync(bytes, { maxOutputLength: unpackedBytesMax }).includes(asset);
    } catch {
      return false;
    }
  }
  const text = bytes.toString("latin1").replaceAll(/\s/g, "");
  // The last two characters of base64 depend on what follows the asset.
  return (
    text.includes(asset.toString("base64").slice(0, -4)) || text.includes(asset.toString("hex"))
  );
}
