/**
 * Models that the probe knows by their values: one record each in its data folder, made when the
 * probe met bytes that the register names, or elsewhere under the same sketch key. A record has two
 * lines: the fingerprint, and the set of the file's chunks, which may be empty.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Digest, isRefused } from "@writ/core";
import {
  type ChunkSet,
  chunkSetOf,
  encodeChunkSet,
  encodeFingerprint,
  enrol,
  type Fingerprint,
  keyIdOf,
  openModel,
  parseChunkSet,
  parseFingerprint,
  type Reader,
  weightsOf,
} from "@writ/weights";
import { readWhole } from "../files/content-pass.ts";
import { readIfThere, writeDurably } from "../voice/durable-file.ts";

/** Records of one probe together: they are held in memory while it compares. */
export const recordsMax = 1000;
const recordBytesMax = 64 * 1024 * 1024;
const allBytesMax = 128 * 1024 * 1024;

/** A registered artefact, by its values. */
export type Enrolled = {
  readonly digest: Digest;
  readonly fingerprint: Fingerprint;
  readonly chunks: ChunkSet;
};

export function enrolledFolder(data: string): string {
  return join(data, "enrolled");
}

/** Digests of all sound records under this key. */
export function enrolledDigests(data: string, key: Uint8Array): Digest[] {
  return loadEnrolled(data, key).map(({ digest }) => digest);
}

/** Reads all sound records under this key; others are passed over. */
export function loadEnrolled(data: string, key: Uint8Array): Enrolled[] {
  const found: Enrolled[] = [];
  let bytes = 0;
  for (const path of recordsIn(enrolledFolder(data))) {
    const { size } = statSync(path);
    if (size > recordBytesMax || bytes + size > allBytesMax) continue;
    const record = parseRecord(readIfThere(path), key);
    if (record === undefined) continue;
    bytes += size;
    found.push(...record);
  }
  return found;
}

function recordsIn(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => !name.endsWith(".new"));
    return names
      .sort()
      .slice(0, recordsMax)
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function parseRecord(bytes: Buffer | undefined, key: Uint8Array): Enrolled[] | undefined {
  if (bytes === undefined) return undefined;
  const end = bytes.indexOf(0x0a);
  if (end < 0) return undefined;
  const fingerprint = parseFingerprint(bytes.subarray(0, end), { key, keyId: keyIdOf(key) });
  if (isRefused(fingerprint)) return undefined;
  const chunks = parseChunkSet(
    bytes
      .subarray(end + 1)
      .toString("latin1")
      .trim(),
  );
  if (isRefused(chunks)) return undefined;
  const [first] = fingerprint.files;
  if (first === undefined) return undefined;
  const digest: Digest = `sha256:${Buffer.from(first.sha256).toString("hex")}`;
  return [{ digest, fingerprint: { ...fingerprint, name: digest }, chunks }];
}

/** Enrols a file's bytes and keeps the record. `undefined` if they are not what was asked for. */
export async function enrolFile(
  reader: Reader,
  digest: Digest,
  { data, key }: { readonly data: string; readonly key: Uint8Array },
): Promise<Enrolled | undefined> {
  const model = await openModel(reader, {});
  const opened = isRefused(model) ? undefined : model;
  const content = await readWhole(reader, opened);
  if (`sha256:${Buffer.from(content.sha256).toString("hex")}` !== digest) return undefined;
  const fingerprint = await enrol(opened === undefined ? [] : weightsOf(opened), {
    ...{ name: digest, format: opened?.format ?? "", key },
    contents: [content],
  });
  const chunks = chunkSetOf(content.chunks);
  const folder = enrolledFolder(data);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const name = createHash("sha256").update(digest).digest("hex");
  const line = Buffer.from(encodeFingerprint(fingerprint));
  const record = Buffer.concat([line, Buffer.from(`\n${encodeChunkSet(chunks)}\n`)]);
  if (record.length <= recordBytesMax) writeDurably(join(folder, name), record);
  return { digest, fingerprint, chunks };
}
