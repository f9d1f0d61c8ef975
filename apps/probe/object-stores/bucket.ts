/**
 * A bucket: every object, every version that a newer one or a delete marker stands before, every
 * upload that was begun and never ended. What a delete leaves in a versioned bucket is the whole
 * object, and an upload that is not completed is listed nowhere else.
 */
import { createHash } from "node:crypto";
import type { Digest, Stored } from "@writ/core";
import type { StoreLook } from "../behind/behind.ts";
import { gapAt, lookInto } from "../behind/kept-object.ts";
import { tell } from "../behind/told.ts";
import { opaqueBytesMin } from "../files/inspector.ts";
import { type Bucket, openBucket, type Version } from "./bucket-api.ts";

/** Uploads asked for their parts in one look. */
const uploadsMax = 1000;

/** Looks at a bucket. */
export async function lookAtBucket(look: StoreLook): Promise<void> {
  const bucket = openBucket(look);
  const { at } = look.store;
  const versions = await bucket.versions();
  // Who has no versions says so: then what is listed is all there is.
  const hasNone = versions.gap === "not-supported";
  if (versions.gap !== undefined && !hasNone) gapAt(look.ledger, `${at}?versions`, versions.gap);
  const listed = versions.gap === undefined ? versions : await bucket.objects();
  if (listed.gap !== undefined) gapAt(look.ledger, at, listed.gap);
  const met = new Set<string>();
  for (const version of [...versions.rows, ...listed.rows]) {
    const name = `${version.version} ${version.key}`;
    if (met.has(name)) continue;
    met.add(name);
    if (look.now() >= look.ends) {
      gapAt(look.ledger, at, "limit");
      break;
    }
    await lookAtVersion(look, bucket, { version, deleted: versions.deleted });
  }
  await lookAtUploads(look, bucket);
}

type Met = { readonly version: Version; readonly deleted: ReadonlySet<string> };

async function lookAtVersion(
  look: StoreLook,
  bucket: Bucket,
  { version, deleted }: Met,
): Promise<void> {
  const { at } = look.store;
  const { key, size, tag, modified } = version;
  const where = `${at} ${key}`;
  const readRange = bucket.read(version);
  if (readRange === undefined) {
    gapAt(look.ledger, where, "unreadable");
    return;
  }
  const state = [at, key, version.version, tag, size, modified].join(" ");
  const object = { size, state, where, readRange };
  const looked = await lookInto(object, look);
  if (looked === undefined) return;
  const about = version.isLatest ? "" : `, version ${version.version}`;
  tell(look, {
    ...{ object, looked, key: looked.digest ?? stateDigest(state), isNamedArchive: true },
    spot: { store: at, holder: `bucket${about}`, path: key, fate: fateOf(version, deleted) },
  });
}

function fateOf({ isLatest, key }: Version, deleted: ReadonlySet<string>): Stored["fate"] {
  if (isLatest) return "visible";
  return deleted.has(key) ? "deleted" : "replaced";
}

/** Stands for bytes that were not read whole, as long as the store says they are the same. */
export function stateDigest(state: string): Digest {
  return `sha256:${createHash("sha256").update(state).digest("hex")}`;
}

/** What an upload has brought cannot be read until it ends: told, and a place not looked into. */
async function lookAtUploads(look: StoreLook, bucket: Bucket): Promise<void> {
  const { at } = look.store;
  const { rows, gap } = await bucket.uploads();
  if (gap !== undefined && gap !== "not-supported") gapAt(look.ledger, `${at}?uploads`, gap);
  if (rows.length > uploadsMax) gapAt(look.ledger, `${at}?uploads`, "limit");
  for (const upload of rows.slice(0, uploadsMax)) {
    look.ledger.entries += 1;
    const size = await bucket.uploaded(upload);
    if (size < opaqueBytesMin && !look.sizes.has(size)) continue;
    gapAt(look.ledger, `${at} ${upload.key} (upload ${upload.id})`, "unreadable");
    look.told.stored.push({
      ...{ store: at, holder: "upload not completed", path: upload.key.slice(0, 4096) || "?" },
      ...{ fate: "unfinished", size, kind: "opaque", known: "told" },
    });
  }
}
