/**
 * Who is taken for whom, on weights that nobody made for this: `node bench/identity/real-weights.ts
 * FOLDER…`, where npm packages and others with models in them were unpacked. Each distinct model's
 * values are taken as they are; then come the transformations that need no transformer, all against
 * a register of all models. Prints a table in Markdown. A false identity fails the run.
 */
import { existsSync, openSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { enrol, type Fingerprint, identify, openModel, weightsOf } from "@writ/weights";
import {
  type MadeModel,
  smallConfig,
  transform,
  transformations,
  weightsIn,
} from "@writ/weights/testing";
import { fileReader } from "../identity-speed/large-model.ts";

const key = new Uint8Array(32).fill(6);
/** Values of a model: fewer tell too little for every transformation, more take too long here. */
const valuesMin = 100_000;
const valuesMax = 4_000_000;

/** Transformations that need the names, shapes or layers of a transformer. */
const ofTransformers = new Set([
  ...["merged adapter", "units scaled", "hidden units permuted", "heads permuted"],
  ...["residual stream rotated", "residual stream permuted", "rotated, then Q8_0"],
  ...["vocabulary padded", "vocabulary extended, trained", "QKV and gate-up fused", "fused, f16"],
  ...["llama Q/K rows", "llama Q/K rows, Q8_0", "llama Q/K rows, padded, Q4_0, mixed"],
  ...["half of the layers", "embedding alone", "another head"],
]);

type Real = { readonly name: string; readonly model: MadeModel };

function* filesUnder(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesUnder(path);
    else if (entry.isFile()) yield path;
  }
}

const readerOf = (path: string) => fileReader(openSync(path, "r"), statSync(path).size);

/** The distinct models under the folders, by the values of their first large weight. */
async function realModels(folders: readonly string[]): Promise<readonly Real[]> {
  const found = new Map<string, Real>();
  for (const path of folders.flatMap((folder) => [...filesUnder(folder)])) {
    if (!/\.(onnx|tflite|json|safetensors|gguf|h5)$/.test(path)) continue;
    const siblings = (name: string) => {
      const other = join(dirname(path), name);
      return existsSync(other) ? readerOf(other) : undefined;
    };
    const opened = await openModel(readerOf(path), { siblings });
    if ("refused" in opened) continue;
    const model: MadeModel[number][] = [];
    for (const weight of weightsOf(opened)) {
      if (weight.elements < 8 || weight.elements > valuesMax) continue;
      // Paddings and indices: they are the graph's, and no transformation of weights moves them.
      if (!weight.quantised && /^(?:[IU]\d+|BOOL)$/.test(weight.type)) continue;
      const { values } = await weight.read(0, weight.elements);
      const { shape } = weight;
      model.push({ name: weight.name, shape, type: "F32", values: Float32Array.from(values) });
    }
    const total = model.reduce((sum, { values }) => sum + values.length, 0);
    if (total < valuesMin || total > valuesMax) continue;
    const largest = model.toSorted((a, b) => b.values.length - a.values.length)[0]!;
    const same = `${largest.values.length}/${largest.values.slice(0, 64).join()}`;
    if (!found.has(same)) found.set(same, { name: path.replace(/^.*node_modules\//, ""), model });
  }
  return [...found.values()];
}

function isSame(made: MadeModel, model: MadeModel): boolean {
  if (made.length !== model.length) return false;
  return made.every(({ type, values }, at) => {
    const from = model[at]!;
    return type === from.type && values.every((value, i) => value === from.values[i]);
  });
}

async function main(): Promise<void> {
  const models = await realModels(process.argv.slice(2));
  const register: Fingerprint[] = [];
  for (const { name, model } of models) {
    register.push(await enrol(weightsIn(model), { name, format: "real", key }));
  }
  let wrong = 0;
  const rows = [];
  for (const transformation of transformations.filter(({ name }) => !ofTransformers.has(name))) {
    const seen = new Map<string, number>();
    const missed: string[] = [];
    const row = { transformation: transformation.name, tried: 0, right: 0, seen: "", missed: "" };
    for (const { name, model } of models) {
      const made = transform(transformation, model, smallConfig);
      // Some have nothing that it could move: they stay what they are.
      if (!transformation.right.includes("same-values") && isSame(made, model)) continue;
      const weights = weightsIn(made);
      const found = await identify({ weights }, register, { key });
      const right = found.match === name && transformation.right.includes(found.verdict);
      row.tried += 1;
      if (right) row.right += 1;
      else missed.push(`${name} ${found.verdict} ${found.match === name ? "" : found.match}`);
      if (found.match !== undefined && found.match !== name) wrong += 1;
      seen.set(found.verdict, (seen.get(found.verdict) ?? 0) + 1);
    }
    row.seen = [...seen].map(([verdict, count]) => `${verdict} ${count}`).join(", ");
    row.missed = missed.join("; ");
    rows.push(row);
  }
  let pairs = 0;
  for (const [at, { name, model }] of models.entries()) {
    const others = register.filter((_, i) => i !== at);
    const found = await identify({ weights: weightsIn(model) }, others, { key });
    pairs += others.length;
    if (found.match !== undefined) console.log(`${name}: ${found.verdict} ${found.match}`);
  }
  console.log(JSON.stringify({ models: models.map(({ name }) => name), pairs, wrong, rows }));
  console.log("| transformation | right | verdicts |\n| --- | --- | --- |");
  for (const { transformation, right, tried, seen } of rows) {
    console.log(`| ${transformation} | ${right} of ${tried} | ${seen} |`);
  }
  if (wrong > 0) process.exitCode = 1;
}

await main();
