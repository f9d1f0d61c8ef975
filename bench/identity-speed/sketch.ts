/** One size, in a process of its own: its first identification, then the next ones. Prints JSON. */
import { closeSync, openSync, readFileSync, statSync } from "node:fs";
import {
  type Fingerprint,
  identify,
  keyIdOf,
  openModel,
  parseFingerprint,
  weightsOf,
} from "@writ/weights";
import { fileReader } from "./large-model.ts";

const [path, recordPath] = process.argv.slice(2) as [string, string];
const key = new Uint8Array(32).fill(1);
const register = [parsed()];

function parsed(): Fingerprint {
  const read = parseFingerprint(readFileSync(recordPath), { key, keyId: keyIdOf(key) });
  if ("refused" in read) throw new Error(read.detail);
  return read;
}

async function once() {
  const before = process.cpuUsage();
  const began = performance.now();
  const file = openSync(path, "r");
  const model = await openModel(fileReader(file, statSync(path).size), {});
  if ("refused" in model) throw new Error(model.detail);
  const found = await identify({ weights: weightsOf(model) }, register, { key });
  closeSync(file);
  const clock = performance.now() - began;
  const { user, system } = process.cpuUsage(before);
  if (found.match !== "made") throw new Error(`told as ${found.verdict}`);
  return { clock, cpu: (user + system) / 1000 };
}

const first = await once();
const next: (typeof first)[] = [];
for (let turn = 0; turn < 11; turn += 1) next.push(await once());
const least = (of: "clock" | "cpu") => Math.min(...next.map((spent) => spent[of]));
const memory = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ first, next: { clock: least("clock"), cpu: least("cpu") }, memory }));
