/**
 * All exact rungs over one file, as the apps take them: read, SHA-256, Xet, chunks, and the values
 * of 16 MiB tensors. Prints JSON: the second pass of the process, once its kernels are compiled.
 */
import { createHash } from "node:crypto";
import { openSync, statSync } from "node:fs";
import { nativeKeyedBlake3 } from "@writ/node/native-blake3";
import { ContentPass, makeFastHashing } from "@writ/weights";
import { fileReader } from "./large-model.ts";

const [path, kind] = process.argv.slice(2) as [string, string];
const { size } = statSync(path);
const reader = fileReader(openSync(path, "r"), size);
const native = kind === "native" ? nativeKeyedBlake3() : undefined;
const hashing = makeFastHashing(() => createHash("sha256"), native);
const length = 1 << 24;
const ranges = Array.from({ length: Math.floor(size / length) }, (_, i) => ({
  ...{ type: "BF16", offset: i * length, length },
}));

async function once() {
  const before = process.cpuUsage();
  const began = performance.now();
  const pass = new ContentPass(ranges, hashing);
  for (let at = 0; at < size; ) at += await pass.read(reader, at, size - at);
  pass.finish();
  const clock = performance.now() - began;
  const { user, system } = process.cpuUsage(before);
  return { clock, cpu: (user + system) / 1000 };
}

await once();
const second = await once();
console.log(JSON.stringify({ ...second, memory: process.resourceUsage().maxRSS / 1024 }));
