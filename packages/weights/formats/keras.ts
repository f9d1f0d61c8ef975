/** Keras 3's `.keras`: a zip with config.json, metadata.json and model.weights.h5. */
import { readZip, type Zip } from "../archives/zip.ts";
import { memoryReader, type Reader } from "../reader.ts";
import type { Model } from "../tensor.ts";
import type { OpenOptions } from "./context.ts";
import { addPart, explain, finish, newDraft } from "./draft.ts";
import { addHdf5 } from "./hdf5/hdf5.ts";
import { type Container, memberReader, placeMember } from "./members.ts";
import { must, stop } from "./stop.ts";

const weightsName = "model.weights.h5";

/** Keras stores the weights uncompressed; a compressed copy is hopped about in, so held whole. */
const compressedBytesMax = 134_217_728;

/** True if the zip has the member that holds the weights. */
export function isKeras(zip: Zip): boolean {
  return zip.members.some(({ name }) => name === weightsName);
}

/** Reads the weights inside the zip; the configuration is structure. */
export async function readKeras(reader: Reader, options: OpenOptions): Promise<Model> {
  const zip = await readZip(reader);
  const draft = newDraft("keras", "told");
  const part = addPart(draft, "", reader);
  explain(draft, part, zip.directory.offset, zip.directory.length);
  const container: Container = { draft, reader, zip, part, options };
  const member = zip.members.find(({ name }) => name === weightsName);
  const placed = member === undefined ? undefined : await placeMember(container, member);
  must(placed !== undefined, `no readable ${weightsName}`);
  if (placed.part === part) {
    await addHdf5(draft, { reader: memberReader(container, placed), ...placed });
  } else {
    if (placed.length > compressedBytesMax) stop("oversized", "compressed weights too large");
    const whole = await memberReader(container, placed).read(0, placed.length);
    const held = addPart(draft, weightsName, memoryReader(whole), true);
    await addHdf5(draft, { reader: memoryReader(whole), part: held, offset: 0 });
  }
  for (const { name, method, compressedSize, headerOffset } of zip.members) {
    // config.json and metadata.json: small, and read by nobody here.
    if (name.endsWith(".json") && method === 0) explain(draft, part, headerOffset, compressedSize);
  }
  return finish(draft);
}
