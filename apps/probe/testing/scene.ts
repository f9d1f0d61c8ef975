/** A real folder with real files for a test, and a look at it. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Assignment, Census } from "@writ/core";
import { type DigestCache, openDigestCache } from "../files/digest-cache.ts";
import { type LookParts, look } from "../look.ts";

export const emptyAssignment: Assignment = {
  host: "test-host",
  controls: [],
  links: [],
  lines: [],
  artefacts: [],
  lookSince: 0,
};

/** A fresh folder, gone when the test ends. */
export function freshFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "writ-probe-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Chance that repeats: a small linear congruential generator (Numerical Recipes). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** For a look at files alone: other programs of this machine are no part of the test. */
export const noProcesses = { proc: join(tmpdir(), "writ-probe-no-proc") };
mkdirSync(noProcesses.proc, { recursive: true });

/** Bytes that look like quantised weights: entropy near 8. */
export function opaqueBytes(size: number, seed = 1): Uint8Array {
  const random = seededRandom(seed);
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i += 1) bytes[i] = Math.floor(random() * 256);
  return bytes;
}

/** A small but well-formed safetensors file. */
export function safetensorsBytes(values = 16, seed = 1): Uint8Array {
  const header = `{"w":{"dtype":"U8","shape":[${values}],"data_offsets":[0,${values}]}}`;
  const bytes = new Uint8Array(8 + header.length + values);
  new DataView(bytes.buffer).setUint32(0, header.length, true);
  bytes.set(new TextEncoder().encode(header), 8);
  bytes.set(opaqueBytes(values, seed), 8 + header.length);
  return bytes;
}

export type SceneOptions = Partial<Omit<LookParts, "roots" | "assignment">> & {
  readonly assignment?: Partial<Assignment>;
  readonly cache?: DigestCache;
};

/** A look as the probe takes it, with nothing cached unless a cache is given. */
export function lookAt(roots: readonly string[], options: SceneOptions = {}): Promise<Census> {
  return look({
    clock: Date,
    random: seededRandom(7),
    cache: openDigestCache(),
    rereadChance: 0,
    ...options,
    roots,
    assignment: { ...emptyAssignment, ...options.assignment },
  });
}

/** The coverage of one vantage. */
export function coverageOf(census: Census, vantage: Census["coverage"][number]["vantage"]) {
  const coverage = census.coverage.find((one) => one.vantage === vantage);
  if (coverage === undefined) throw new Error(`no coverage of ${vantage}`);
  return coverage;
}
