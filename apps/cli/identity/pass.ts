/** The one pass over a model's bytes that gives all exact digests. */
import { createHash } from "node:crypto";
import { nativeKeyedBlake3 } from "@writ/node/native-blake3";
import {
  type ContentDigests,
  ContentPass,
  type Hashing,
  makeFastHashing,
  type Reader,
  tensorRangesOf,
} from "@writ/weights";
import type { Progress } from "../progress.ts";
import { sizeText } from "../words.ts";
import type { Found } from "./found.ts";
import { placeText } from "./specimen.ts";

/** Reading more takes so long that it is a stage of its own. */
const longBytes = 256_000_000;

let hashing: Hashing | undefined;

/** The digests of each file of what was found. */
export async function contentsOf(
  found: Found,
  progress: Progress,
): Promise<readonly ContentDigests[]> {
  const said = `reading ${placeText(found)}, ${sizeText(found.size)}`;
  if (found.size > longBytes) progress.stage(said);
  else progress.update(said);
  hashing ??= makeFastHashing(() => createHash("sha256"), nativeKeyedBlake3());
  const contents: ContentDigests[] = [];
  let done = 0;
  for (const reader of found.files) {
    const pass = new ContentPass(rangesIn(found, reader), hashing);
    for (let at = 0; at < reader.size; ) {
      const count = await pass.read(reader, at, reader.size - at);
      at += count;
      done += count;
      if (found.size > longBytes) progress.update(`${sizeText(done)} of ${sizeText(found.size)}`);
    }
    contents.push(pass.finish());
  }
  return contents;
}

function rangesIn({ model }: Found, reader: Reader) {
  const part = model?.parts.findIndex((one) => one.reader === reader) ?? -1;
  return model === undefined || part < 0 ? [] : tensorRangesOf(model, part);
}
