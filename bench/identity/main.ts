/**
 * Who is taken for whom: `node bench/identity/main.ts [MODELS] [COMPARISONS] [PIECE/PIECES]`, the
 * last to compare one piece of many (2/4: the second of four). Made models times
 * every transformation, unrelated models of one config, and unrelated comparisons at sketch
 * level, at least a million unless told otherwise. Prints JSON, then tables. Any false identity
 * fails the run.
 */
import { enrol, type Fingerprint, identify } from "@writ/weights";
import {
  compareSketches,
  type MadeConfig,
  makeModel,
  type Sketch,
  sketch,
  smallConfig,
  transform,
  transformations,
  weightsIn,
} from "@writ/weights/testing";

const key = new Uint8Array(32).fill(5);
const config: MadeConfig = { ...smallConfig, layers: 2, vocabulary: 600 };
const tinyConfig: MadeConfig = {
  ...{ vocabulary: 128, hidden: 64, inner: 160, layers: 1, heads: 2, groups: 1 },
};

type Row = { transformation: string; tried: number; right: number; matched: number; seen: string };

async function matrix(models: number): Promise<{ rows: Row[]; falseMatches: number }> {
  const bases = Array.from({ length: models }, (_, i) => makeModel(config, 101 + i));
  const register: Fingerprint[] = [];
  for (const [i, model] of bases.entries()) {
    register.push(await enrol(weightsIn(model), { name: `m${i}`, format: "made", key }));
  }
  const rows: Row[] = [];
  let falseMatches = 0;
  for (const transformation of transformations) {
    const seen = new Map<string, number>();
    const row = { transformation: transformation.name, tried: 0, right: 0, matched: 0, seen: "" };
    for (const [i, base] of bases.entries()) {
      const made = transform(transformation, base, config);
      const found = await identify({ weights: weightsIn(made) }, register, { key });
      row.tried += 1;
      if (found.match === `m${i}`) row.matched += 1;
      else if (found.match !== undefined) falseMatches += 1;
      if (found.match === `m${i}` && transformation.right.includes(found.verdict)) row.right += 1;
      seen.set(found.verdict, (seen.get(found.verdict) ?? 0) + 1);
    }
    row.seen = [...seen].map(([verdict, count]) => `${verdict} ${count}`).join(", ");
    rows.push(row);
  }
  const strangers = {
    transformation: "unrelated, one config",
    tried: 0,
    right: 0,
    matched: 0,
    seen: "",
  };
  for (let i = 0; i < 4 * models; i += 1) {
    const stranger = makeModel(config, 5001 + i);
    const found = await identify({ weights: weightsIn(stranger) }, register, { key });
    strangers.tried += 1;
    if (found.verdict === "unrelated") strangers.right += 1;
    if (found.match !== undefined) falseMatches += 1;
  }
  return { rows: [...rows, strangers], falseMatches };
}

/**
 * The same sketch with only its first runs, as a model of many weights has: chance has more room.
 */
function shortened(full: Sketch, runs: number): Sketch {
  const views = full.views.map((view) => {
    const { starts, blocks, length } = view.places;
    const kept = { starts: starts.slice(0, runs), blocks: blocks.slice(0, runs) };
    return {
      ...view,
      places: { ...view.places, ...kept },
      values: view.values.slice(0, runs * length),
    };
  });
  return { ...full, views };
}

/** Compares every two of many unrelated models of one config, as sketches. */
async function unrelated(comparisons: number, [piece, pieces]: readonly [number, number]) {
  const count = Math.ceil((1 + Math.sqrt(1 + 8 * comparisons)) / 2);
  const sketches: Sketch[] = [];
  const short: Sketch[] = [];
  for (let i = 0; i < count; i += 1) {
    const weights = weightsIn(makeModel(tinyConfig, 20_001 + i));
    const full = await sketch(weights, { key, turned: false, only: "whole" });
    sketches.push(full);
    short.push(shortened(full, 4));
  }
  let done = 0;
  let compared = 0;
  let tested = 0;
  let lowest = 0;
  const tails = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < count; i += 1) {
    for (let k = 0; k < i && done < comparisons; k += 1, done += 1) {
      if (done % pieces !== piece - 1) continue;
      compared += 1;
      const from = compared % 2 === 0 ? sketches : short;
      const { logP, trials } = compareSketches(from[i]!, from[k]!).significance;
      if (trials > 0) tested += 1;
      lowest = Math.min(lowest, logP);
      for (let t = 0; t < tails.length; t += 1) if (logP <= -(t + 1) * Math.LN10) tails[t]! += 1;
    }
  }
  return {
    models: count,
    comparisons: compared,
    tested,
    lowestP: Math.exp(lowest),
    belowTenTo: tails,
  };
}

async function main(): Promise<void> {
  const [models = 5, comparisons = 1_000_000] = process.argv.slice(2, 4).map(Number);
  const [piece = 1, pieces = 1] = (process.argv[4] ?? "1/1").split("/").map(Number);
  const began = performance.now();
  const { rows, falseMatches } = await matrix(models);
  const chance = await unrelated(comparisons, [piece, pieces]);
  const seconds = (performance.now() - began) / 1000;
  console.log(JSON.stringify({ models, falseMatches, chance, seconds, rows }));
  console.table(rows);
  console.table([chance]);
  if (falseMatches > 0 || chance.lowestP < 1e-9) process.exitCode = 1;
}

await main();
