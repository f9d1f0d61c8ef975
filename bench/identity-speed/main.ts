/**
 * How fast a model file is identified: `node bench/identity-speed/main.ts [GB…]`. Prints JSON,
 * then a table. Each size runs in a process of its own, so that nothing is warm that would not be.
 */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  encodeFingerprint,
  enrol,
  type Fingerprint,
  identify,
  keyIdOf,
  openModel,
  parseFingerprint,
  weightsOf,
} from "@writ/weights";
import { fileReader, fillingReader, writeSparseModel } from "./large-model.ts";

const key = new Uint8Array(32).fill(1);

async function weightsAt(path: string, filling: boolean) {
  const file = openSync(path, filling ? "r+" : "r");
  const { size } = statSync(path);
  const reader = filling ? fillingReader(file, size) : fileReader(file, size);
  const model = await openModel(reader, {});
  if ("refused" in model) throw new Error(model.detail);
  return { weights: weightsOf(model), close: () => closeSync(file) };
}

/** One size, in this process: the first identification of the process, and the next ones. */
async function measure(path: string, fingerprintPath: string) {
  const { readFileSync } = await import("node:fs");
  const parsed = parseFingerprint(readFileSync(fingerprintPath), { key, keyId: keyIdOf(key) });
  const times: number[] = [];
  let verdict = "";
  for (let turn = 0; turn < 5; turn += 1) {
    const began = performance.now();
    const { weights, close } = await weightsAt(path, false);
    const found = await identify({ weights }, [parsed as Fingerprint], { key });
    times.push(performance.now() - began);
    verdict = found.verdict;
    close();
  }
  const memory = process.resourceUsage().maxRSS / 1024;
  return { first: times[0]!, next: Math.min(...times.slice(1)), verdict, memory };
}

async function prepare(path: string, fingerprintPath: string): Promise<number> {
  const { writeFileSync } = await import("node:fs");
  const { weights, close } = await weightsAt(path, true);
  const made = await enrol(weights, { name: "made", format: "safetensors", key });
  const bytes = encodeFingerprint(made);
  writeFileSync(fingerprintPath, bytes);
  close();
  return bytes.length;
}

async function main(): Promise<void> {
  const [mode, path, fingerprintPath] = process.argv.slice(2);
  if (mode === "--measure") {
    console.log(JSON.stringify(await measure(path!, fingerprintPath!)));
    return;
  }
  const sizes = process.argv.slice(2).map(Number);
  const folder = mkdtempSync(join(tmpdir(), "identity-speed-"));
  const rows: object[] = [];
  try {
    for (const gigabytes of sizes.length > 0 ? sizes : [2, 8, 32]) {
      const model = join(folder, `${gigabytes}.bin`);
      const fingerprint = join(folder, `${gigabytes}.json`);
      const bytes = writeSparseModel(model, gigabytes);
      const fingerprintBytes = await prepare(model, fingerprint);
      const run = spawnSync(process.execPath, [
        import.meta.filename,
        "--measure",
        model,
        fingerprint,
      ]);
      const measured = JSON.parse(run.stdout.toString());
      const began = performance.now();
      if (gigabytes <= 8) spawnSync("openssl", ["dgst", "-sha256", model]);
      const openssl = gigabytes <= 8 ? performance.now() - began : undefined;
      rows.push({ gigabytes, bytes, fingerprintBytes, openssl, ...measured });
      rmSync(model);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  console.log(JSON.stringify(rows));
  console.table(rows);
}

await main();
