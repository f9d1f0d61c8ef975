/**
 * PyTorch's zip checkpoint (torch.save since 1.6, TorchScript too): `NAME/data.pkl` says what there
 * is, `NAME/data/KEY` hold the storages, `NAME/byteorder` says how.
 */
import { readZip, type Zip, type ZipMember } from "../archives/zip.ts";
import type { Reader } from "../reader.ts";
import type { Model } from "../tensor.ts";
import type { OpenOptions } from "./context.ts";
import { addPart, explain, explainAround, finish, newDraft, note, warn } from "./draft.ts";
import { type Container, memberReader, placeMember } from "./members.ts";
import { unpickle } from "./pickle.ts";
import { isKind, type PickleValue } from "./pickle-value.ts";
import { addTensors, type Storage, storageIdOf, walk } from "./pytorch.ts";
import { must, stop } from "./stop.ts";

/** Pickles of checkpoints are some hundred bytes for each tensor. */
export const pickleBytesMax = 64_000_000;

/** The folder of the checkpoint inside the zip, if it holds one. */
export function checkpointFolder(zip: Zip): string | undefined {
  const member = zip.members.find(({ name }) => name === "data.pkl" || name.endsWith("/data.pkl"));
  return member?.name.slice(0, -"data.pkl".length);
}

/** Reads a zip that has a `data.pkl`. */
export async function readPytorchZip(reader: Reader, options: OpenOptions): Promise<Model> {
  const zip = await readZip(reader);
  const folder = checkpointFolder(zip);
  must(folder !== undefined, "a zip without data.pkl");
  const draft = newDraft("pytorch-zip", "allowed");
  const part = addPart(draft, "", reader);
  explain(draft, part, zip.directory.offset, zip.directory.length);
  const container: Container = { draft, reader, zip, part, options };
  const members = new Map<string, ZipMember>();
  for (const member of zip.members) {
    // torch's reader would take one of the two, a scanner the other.
    if (members.has(member.name)) warn(draft, "duplicate-name", "two members of one name");
    members.set(member.name, member);
  }
  const byteOrder = await smallText(container, members.get(`${folder}byteorder`));
  const version = await smallText(container, members.get(`${folder}version`));
  if (version !== undefined) note(draft, "version", version.trim());
  const pickle = await placeMember(container, members.get(`${folder}data.pkl`)!);
  must(pickle !== undefined, "data.pkl cannot be read");
  if (pickle.length > pickleBytesMax) stop("oversized", `a pickle of ${pickle.length} bytes`);
  const bytes = (await memberReader(container, pickle).read(0, pickle.length)).slice();
  const { value, blobs } = unpickle(bytes, 0);
  const placed = blobs.map((blob) => ({ ...blob, offset: pickle.offset + blob.offset }));
  explainAround(draft, pickle, placed);
  const storages = await placeStorages(container, value, (key) =>
    members.get(`${folder}data/${key}`),
  );
  const order = byteOrder?.trim() === "big" ? "big" : "little";
  addTensors({ draft, byteOrder: order, pickle, storages }, value);
  return finish(draft);
}

async function smallText(
  container: Container,
  member: ZipMember | undefined,
): Promise<string | undefined> {
  if (member === undefined || member.size > 64) return undefined;
  const placed = await placeMember(container, member);
  if (placed === undefined) return undefined;
  explain(container.draft, placed.part, placed.offset, placed.length);
  const bytes = await memberReader(container, placed).read(0, placed.length);
  return String.fromCharCode(...bytes);
}

async function placeStorages(
  container: Container,
  value: PickleValue,
  memberOf: (key: string) => ZipMember | undefined,
): Promise<ReadonlyMap<string, Storage>> {
  const storages = new Map<string, Storage>();
  const missing = new Set<string>();
  for (const { value: found } of walk(value)) {
    const id = isKind(found, "persistent") ? storageIdOf(found.id) : undefined;
    if (id === undefined || storages.has(id.key) || missing.has(id.key)) continue;
    const member = memberOf(id.key);
    const placed = member === undefined ? undefined : await placeMember(container, member);
    if (placed === undefined) missing.add(id.key);
    else storages.set(id.key, placed);
  }
  return storages;
}
