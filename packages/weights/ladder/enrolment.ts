/**
 * Enrolment: what the register keeps of a model so that it is known again. A fingerprint holds no
 * more of the weights than the sketch does; at most 2 MB for a model of 7 billion values.
 */
import type { Weight } from "../values/weight.ts";
import type { ContentDigests } from "./digest.ts";
import { type Geometry, geometriesOf } from "./geometry.ts";
import { drawsOf } from "./position.ts";
import { type RowTable, signRows, weightsToSign } from "./rows.ts";
import { type Sketch, type SketchedView, sketch, tallWeights, type WeightFacts } from "./sketch.ts";
import type { TensorDigest } from "./tensor-values.ts";
import { digestTrees, type EnsembleDigest } from "./trees/tree-digest.ts";

/** 2: runs lie along the longest axis where the last is short. */
export const fingerprintVersion = 2;

/** Exact digests of one file of the model. */
export type FileDigests = {
  readonly size: number;
  readonly sha256: Uint8Array;
  readonly xet: string;
};

export type Fingerprint = {
  /** What people call it: a register id, a path. Proves nothing. */
  readonly name: string;
  readonly format: string;
  /** Says which sketch key it was made under, without telling the key. */
  readonly keyId: string;
  readonly files: readonly FileDigests[];
  /** Digest of every tensor, where the bytes were passed over; in no particular order. */
  readonly tensors: readonly TensorDigest[];
  readonly weights: readonly WeightFacts[];
  readonly views: readonly SketchedView[];
  readonly tables: readonly RowTable[];
  readonly geometries: readonly Geometry[];
  /** Of a model that is an ensemble of decision trees: those are compared exactly, one by one. */
  readonly trees?: EnsembleDigest;
};

/** Bytes of sketched values in a fingerprint. */
const viewBytesMax = 1_000_000;
/** Weights of one shape that are kept turned, and kept at all, when there are too many. */
const turnedOfClass = 8;
const keptOfClass = 128;

/** A name for a sketch key that does not give it away. */
export function keyIdOf(key: Uint8Array): string {
  const draws = drawsOf(key, "name of the key");
  return Array.from({ length: 16 }, () => draws.below(16).toString(16)).join("");
}

/** Enrols a model. Reads the sketch and, whole, the few matrices whose rows are signed. */
export async function enrol(
  weights: readonly Weight[],
  about: {
    readonly name: string;
    readonly format: string;
    readonly key: Uint8Array;
    /** From a {@link ContentPass} over each file, where one was made. */
    readonly contents?: readonly ContentDigests[];
  },
): Promise<Fingerprint> {
  const { key, contents = [] } = about;
  const looked = await sketch(weights, { key, turned: true });
  const tables: RowTable[] = [];
  for (const index of weightsToSign(weights)) {
    tables.push(await signRows(weights[index]!, index, key));
  }
  const geometries: Geometry[] = [];
  for (const index of tallWeights(weights)) {
    geometries.push(...(await geometriesOf(weights[index]!, index, key)));
  }
  const trees = await digestTrees(weights);
  return {
    ...(trees === undefined ? {} : { trees }),
    name: about.name,
    format: about.format,
    keyId: keyIdOf(key),
    files: contents.map(({ size, sha256, xet }) => ({ size, sha256, xet })),
    tensors: contents.flatMap((content) => content.tensors),
    weights: looked.weights,
    views: withinBudget(looked),
    tables,
    geometries: geometries.map(roundGeometry),
  };
}

/** Cosines are kept as sixteen-bit integers. */
export const cosineUnit = 32_767;

function roundGeometry(geometry: Geometry): Geometry {
  const cosines = geometry.cosines.map((cosine) => Math.round(cosine * cosineUnit) / cosineUnit);
  return { ...geometry, cosines };
}

/** Drops what is least missed until the values fit: turned views first, then members of a class. */
function withinBudget(looked: Sketch): readonly SketchedView[] {
  const bytes = (views: readonly SketchedView[]) =>
    views.reduce((sum, view) => sum + 2 * view.values.length, 0);
  const steps: readonly ((view: SketchedView, member: number) => boolean)[] = [
    () => true,
    ({ view }, member) => !view.how.startsWith("axes") || member < turnedOfClass,
    ({ view }) => !view.how.startsWith("axes"),
    ({ view }, member) => view.how === "" && member < keptOfClass,
  ];
  let views = looked.views;
  for (const keep of steps) {
    const members = new Map<string, number>();
    views = looked.views.filter((view) => {
      const label = `${view.key} ${view.view.how.split(" ")[0]}`;
      const member = members.get(label) ?? 0;
      members.set(label, member + 1);
      return keep(view, member);
    });
    if (bytes(views) <= viewBytesMax) break;
  }
  return views;
}
