/** Makes a model file, prints its size and digest, and ends: `weights-maker.ts FILE NAME SEED`. */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { ggufModel } from "./gguf-model.ts";

const [file, name, seed] = process.argv.slice(2);
if (file === undefined || name === undefined || seed === undefined) {
  throw new Error("weights-maker.ts FILE NAME SEED");
}
const bytes = ggufModel({ name, seed: Number(seed) });
writeFileSync(file, bytes);
const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
process.stdout.write(JSON.stringify({ size: bytes.length, digest }));
