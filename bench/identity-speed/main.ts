/**
 * How fast a model file is identified: `node bench/identity-speed/main.ts [GB…]`. Prints JSON,
 * then tables: each time, and its ratio to openssl on the same file in the same run, by the clock
 * and in CPU time. Each size runs in a process of its own, so that nothing is warm that would not
 * be; what is compared runs one after the other, and several times: the best of each counts.
 */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  closeSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { encodeFingerprint, enrol, openModel, weightsOf } from "@writ/weights";
import { fillingReader, layersFor, llama7bLayers, writeSparseModel } from "./large-model.ts";

const key = new Uint8Array(32).fill(1);
const beside = (name: string) => join(import.meta.dirname, name);
/** Sizes of which openssl reads all. */
const opensslGigabytesMax = 8;
const passMegabytes = 1024;
const times = 3;

type Spent = { readonly clock: number; readonly cpu: number };

/** Milliseconds of a command, by a shell that counts its children's CPU time. */
function spentBy(command: string, path: string): Spent {
  const script = `TIMEFORMAT="%R %U %S"; time ${command} "$1" >/dev/null`;
  const run = spawnSync("bash", ["-c", script, "bash", path]);
  const [real, user, system] = run.stderr.toString().trim().split(" ").map(Number);
  return { clock: 1000 * real!, cpu: 1000 * (user! + system!) };
}

function best(runs: readonly Spent[]): Spent {
  return {
    clock: Math.min(...runs.map(({ clock }) => clock)),
    cpu: Math.min(...runs.map(({ cpu }) => cpu)),
  };
}

function measuredBy(script: string, parameters: readonly string[]) {
  const run = spawnSync(process.execPath, [beside(script), ...parameters]);
  if (run.status !== 0) throw new Error(run.stderr.toString());
  return JSON.parse(run.stdout.toString());
}

async function prepare(path: string, layers: number): Promise<number> {
  writeSparseModel(path, layers);
  const file = openSync(path, "r+");
  const model = await openModel(fillingReader(file, statSync(path).size), {});
  if ("refused" in model) throw new Error(model.detail);
  const made = await enrol(weightsOf(model), { name: "made", format: "safetensors", key });
  const bytes = encodeFingerprint(made);
  writeFileSync(`${path}.json`, bytes);
  closeSync(file);
  return bytes.length;
}

async function sketchRow(folder: string, gigabytes: number) {
  const path = join(folder, `${gigabytes}.bin`);
  const recordBytes = await prepare(path, layersFor(gigabytes));
  const runs = Array.from({ length: times }, () => measuredBy("sketch.ts", [path, `${path}.json`]));
  const first: Spent = best(runs.map((run) => run.first));
  const next: Spent = best(runs.map((run) => run.next));
  const openssl =
    gigabytes > opensslGigabytesMax ? undefined : spentBy("openssl dgst -sha256", path);
  const bytes = statSync(path).size;
  rmSync(path);
  return { gigabytes, bytes, recordBytes, first, next, openssl, memory: runs[0].memory };
}

/** All exact rungs of one file of noise, in turns with openssl on the same file. */
function passRow(folder: string) {
  const path = join(folder, "noise");
  const file = openSync(path, "w");
  for (let i = 0; i < passMegabytes; i += 1) writeSync(file, randomBytes(1 << 20));
  closeSync(file);
  const turns = Array.from({ length: times }, () => ({
    openssl: spentBy("openssl dgst -sha256", path),
    native: measuredBy("pass.ts", [path, "native"]) as Spent & { memory: number },
    portable: measuredBy("pass.ts", [path, "portable"]) as Spent,
  }));
  const openssl = best(turns.map((turn) => turn.openssl));
  const native = best(turns.map((turn) => turn.native));
  const portable = best(turns.map((turn) => turn.portable));
  return {
    openssl,
    native,
    portable,
    cpuRatio: openssl.cpu / native.cpu,
    clockRatio: openssl.clock / native.clock,
    portableCpuRatio: openssl.cpu / portable.cpu,
    memory: turns[0]!.native.memory,
  };
}

function tableRow(row: Awaited<ReturnType<typeof sketchRow>>, smallest: typeof row) {
  const { first, next, openssl } = row;
  const fixed = (value: number | undefined) => value?.toFixed(value < 10 ? 2 : 1) ?? "";
  return {
    GB: row.gigabytes,
    "first ms": fixed(first.clock),
    "first CPU": fixed(first.cpu),
    "next ms": fixed(next.clock),
    "next CPU": fixed(next.cpu),
    "openssl ms": fixed(openssl?.clock),
    "times first": fixed(openssl && openssl.clock / first.clock),
    "times first, CPU": fixed(openssl && openssl.cpu / first.cpu),
    "first to smallest": fixed(first.cpu / smallest.first.cpu),
    "next to smallest": fixed(next.cpu / smallest.next.cpu),
    "record MB": fixed(row.recordBytes / 1e6),
    "memory MB": fixed(row.memory),
  };
}

async function main(): Promise<void> {
  const given = process.argv.slice(2).map(Number);
  const folder = mkdtempSync(join(tmpdir(), "identity-speed-"));
  try {
    const load = loadavg();
    const rows: Awaited<ReturnType<typeof sketchRow>>[] = [];
    for (const size of given.length > 0 ? given : [2, 8, 32])
      rows.push(await sketchRow(folder, size));
    const llama7bRecordBytes = await prepare(join(folder, "7b.bin"), llama7bLayers);
    const pass = passRow(folder);
    const machine = { processor: cpus()[0]?.model, loadBefore: load, loadAfter: loadavg() };
    console.log(JSON.stringify({ machine, rows, llama7bRecordBytes, pass }));
    console.table(rows.map((row) => tableRow(row, rows[0]!)));
    console.table([{ ...pass, ...{ openssl: "", native: "", portable: "" }, llama7bRecordBytes }]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

await main();
