/** Files of a site's hosts. The one that holds a model's weights is a whole safetensors file. */
import { createHash } from "node:crypto";
import type { HostFile } from "@writ/lab";
import { fileBytesOf } from "../workspace/asset-bytes.ts";

const tensorBytes = 256 * 1024;

/** The bytes of a file, from its name and chance given by the rollout. */
export function siteFileBytes({ filename }: HostFile, seed: string): Buffer {
  if (!filename.endsWith(".safetensors")) return fileBytesOf(filename, seed);
  const shape = [256, tensorBytes / 4 / 256];
  const tensors = ["model.embed_tokens.weight", "lm_head.weight"].map((name, at) => [
    name,
    { dtype: "F32", shape, data_offsets: [at * tensorBytes, (at + 1) * tensorBytes] },
  ]);
  const header = Buffer.from(JSON.stringify(Object.fromEntries(tensors)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, weights(filename, seed)]);
}

/** Small numbers about zero, as weights are; each from its own place in a stream of digests. */
function weights(filename: string, seed: string): Buffer {
  const values = new Float32Array((2 * tensorBytes) / 4);
  for (let at = 0; at < values.length; at += 8) {
    const digest = createHash("sha256").update(`${seed}\0${filename}\0${at}`).digest();
    for (let one = 0; one < 8; one += 1) {
      values[at + one] = (digest.readUInt32LE(one * 4) / 2 ** 32 - 0.5) / 10;
    }
  }
  return Buffer.from(values.buffer);
}
