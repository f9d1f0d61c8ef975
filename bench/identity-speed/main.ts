/**
 * How fast a model file is identified: `node bench/identity-speed/main.ts [GB…]`. Prints JSON,
 * then a table. Each size runs in a process of its own, so that nothing is warm that would not be.
 */
import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { closeSync, mkdtempSync, openSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ContentPass,
  encodeFingerprint,
  enrol,
  type Fingerprint,
  identify,
  keyIdOf,
  makeFastHashing,
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

/** All exact rungs in one pass over bytes in memory, beside SHA-256 alone, in CPU time. */
function measurePass() {
  const megabytes = 256;
  const bytes = new Uint8Array(megabytes << 20);
  for (let at = 0; at < bytes.length; at += 65_536) bytes.set(randomBytes(65_536), at);
  const hashing = makeFastHashing(() => createHash("sha256"));
  const length = 1 << 24;
  const ranges = Array.from({ length: 15 }, (_, i) => ({
    type: "BF16",
    offset: i * length,
    length,
  }));
  const rate = (work: (push: (bytes: Uint8Array) => void) => void, sink: () => Sink): number => {
    const into = sink();
    const before = process.cpuUsage();
    work((part) => into.push(part));
    into.finish();
    const spent = process.cpuUsage(before);
    return bytes.length / 1e3 / (spent.user + spent.system);
  };
  const feed = (push: (bytes: Uint8Array) => void) => {
    for (let at = 0; at < bytes.length; at += 1 << 20) push(bytes.subarray(at, at + (1 << 20)));
  };
  const alone = (): Sink => {
    const hash = createHash("sha256");
    return { push: (part) => hash.update(part), finish: () => hash.digest() };
  };
  // The first pass warms the kernels up; the second is measured.
  rate(feed, () => new ContentPass(ranges, hashing));
  const passGbPerCpuSecond = rate(feed, () => new ContentPass(ranges, hashing));
  const sha256GbPerCpuSecond = rate(feed, alone);
  return { passGbPerCpuSecond, sha256GbPerCpuSecond };
}

type Sink = { push(bytes: Uint8Array): unknown; finish(): unknown };

/** One size, in this process: the first identification of the process, and the next ones. */
async function measure(path: string, fingerprintPath: string) {
  const { readFileSync } = await import("node:fs");
  const parsed = parseFingerprint(readFileSync(fingerprintPath), { key, keyId: keyIdOf(key) });
  const times: number[] = [];
  const cpu: number[] = [];
  let verdict = "";
  for (let turn = 0; turn < 12; turn += 1) {
    const before = process.cpuUsage();
    const began = performance.now();
    const { weights, close } = await weightsAt(path, false);
    const found = await identify({ weights }, [parsed as Fingerprint], { key });
    times.push(performance.now() - began);
    const spent = process.cpuUsage(before);
    cpu.push((spent.user + spent.system) / 1000);
    verdict = found.verdict;
    close();
  }
  const memory = process.resourceUsage().maxRSS / 1024;
  const next = Math.min(...times.slice(1));
  const nextCpu = Math.min(...cpu.slice(1));
  return { first: times[0]!, next, firstCpu: cpu[0]!, nextCpu, verdict, memory };
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
  if (mode === "--pass") {
    console.log(JSON.stringify(measurePass()));
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
  const pass = JSON.parse(
    spawnSync(process.execPath, [import.meta.filename, "--pass"]).stdout.toString(),
  );
  console.log(JSON.stringify({ rows, pass }));
  console.table(rows);
  console.table([pass]);
}

await main();
