/**
 * What one model is: by its sketch first, which costs the same whatever its size; then exactly,
 * where reading it whole is cheap or was asked for; then by its chunks, if nothing else tells.
 */
import { toHex } from "@writ/core/encoding";
import {
  type ContentDigests,
  certify,
  correspondences,
  type Fingerprint,
  type Identification,
  identify,
  identifyBytes,
  type Weight,
  weightsOf,
} from "@writ/weights";
import type { Progress } from "../progress.ts";
import { entropyOf } from "./entropy.ts";
import type { Found } from "./found.ts";
import type { Identity } from "./identity.ts";
import type { Known } from "./known.ts";
import type { KnownModel } from "./known-model.ts";
import { contentsOf } from "./pass.ts";
import { placeText } from "./specimen.ts";

/** Models up to this size are always read whole: it takes about a second. */
export const wholeBytesMax = 256_000_000;

export type JudgeOptions = {
  readonly known: Known;
  /** Read everything whole, whatever its size. */
  readonly exact: boolean;
  readonly progress: Progress;
};

/** Judges one model. `undefined`: no model, no part of a known one, and nobody asked about it. */
export async function judgeFound(
  found: Found,
  options: JudgeOptions,
): Promise<Identity | undefined> {
  const { known, progress } = options;
  const weights = found.model === undefined ? [] : weightsOf(found.model);
  const artefacts = known.artefacts.filter(({ size }) => size === found.size);
  const whole = isReadWhole(found, options) || artefacts.length > 0;
  let contents: readonly ContentDigests[] = [];
  const readWhole = async () => {
    if (contents.length === 0) contents = await contentsOf(found, progress);
  };
  if (whole && (known.models.length > 0 || artefacts.length > 0 || options.exact)) {
    await readWhole();
  }
  const named = identicalArtefact(contents, artefacts);
  if (named !== undefined) return told(found, named, contents);
  if (known.models.length === 0) {
    if (found.kind === "other") return opaque(found, contents);
    return told(found, withTrouble(nothingToCompare(found, known), found), contents);
  }
  progress.update(placeText(found));
  let result = await compared({ weights, contents, found }, options);
  if (result.verdict === "unrelated" || result.verdict === "cannot-tell") {
    // No model as it stands, so only its bytes can tell: those have to be read, all of them.
    if (found.kind !== "model") await readWhole();
    if (contents.length > 0) result = (await byChunks(contents, options)) ?? result;
  }
  if (found.kind === "other" && !isPart(result)) return opaque(found, contents);
  if (result.verdict === "quantised") result = await certified(result, weights, options);
  return told(found, withTrouble(result, found), contents);
}

function isReadWhole(found: Found, { exact }: JudgeOptions): boolean {
  return exact || found.size <= wholeBytesMax;
}

function isPart({ verdict }: Identification): boolean {
  return verdict === "identical" || verdict === "fragment";
}

type Candidate = {
  readonly found: Found;
  readonly weights: readonly Weight[];
  readonly contents: readonly ContentDigests[];
};

/** By exact digests of those that could have the same, then by the sketch of all. */
async function compared(candidate: Candidate, options: JudgeOptions): Promise<Identification> {
  const { found, weights, contents } = candidate;
  const { key, models } = options.known;
  if (contents.length > 0) {
    for (const model of models) if (model.size === found.size) await complete(model, options);
  }
  const register = () => models.map(({ fingerprint }) => fingerprint);
  const first = await identify({ weights, contents }, register(), { key });
  if (first.verdict !== "same-values" || contents.length === 0) return first;
  const match = models.find(({ name }) => name === first.match);
  if (match === undefined || match.fingerprint.tensors.length > 0) return first;
  await complete(match, options);
  return identify({ weights, contents }, register() as Fingerprint[], { key });
}

/** Passes over a known model's bytes if that is allowed, and was not done. */
async function complete(model: KnownModel, options: JudgeOptions): Promise<void> {
  if (model.found === undefined || !isReadWhole(model.found, options)) return;
  await model.readWhole(options.progress);
}

/** By the chunks of every known model. */
async function byChunks(
  contents: readonly ContentDigests[],
  options: JudgeOptions,
): Promise<Identification | undefined> {
  const { models } = options.known;
  // A part of a model cannot be told without all of its bytes: here there is no other way.
  for (const model of models) await model.readWhole(options.progress);
  const register = models.flatMap(({ name, chunks, fingerprint }) =>
    chunks === undefined ? [] : [{ name, chunks, files: fingerprint.files }],
  );
  let best: ReturnType<typeof identifyBytes> | undefined;
  for (const content of contents) {
    const seen = identifyBytes(content, register);
    if (!isPart(seen)) continue;
    if (best === undefined || seen.completeness > best.completeness) best = seen;
  }
  return best;
}

/** Holds a quantised copy against its original block by block, where both are at hand. */
async function certified(
  result: Identification,
  weights: readonly Weight[],
  options: JudgeOptions,
): Promise<Identification> {
  const { key, models } = options.known;
  const original = models.find(({ name }) => name === result.match);
  const registered = original?.weights;
  if (original?.found === undefined || registered === undefined) return result;
  if (!isReadWhole(original.found, options)) return result;
  options.progress.update(`block by block against ${original.name}`);
  const { pairs } = await correspondences(weights, registered, key);
  const { blocks, outside, named } = await certify(pairs);
  const detail =
    outside === 0
      ? `all ${blocks} blocks lie within the bounds of their types`
      : `${outside} of ${blocks} blocks lie outside the bounds of their types: ` +
        named
          .slice(0, 8)
          .map(({ tensor, block }) => `block ${block} of ${tensor}`)
          .join(", ");
  const evidence = [...result.evidence, { kind: "type-bound", detail } as const];
  // The whole was looked at: nothing may differ unseen by more than its type explains.
  if (outside === 0) return { ...result, evidence, error: { bound: 0 } };
  return { ...result, verdict: "altered", evidence };
}

function identicalArtefact(
  contents: readonly ContentDigests[],
  artefacts: Known["artefacts"],
): Identification | undefined {
  const [content] = contents;
  if (content === undefined || contents.length > 1) return undefined;
  const sha256 = toHex(content.sha256);
  const artefact = artefacts.find((one) => one.sha256 === sha256);
  if (artefact === undefined) return undefined;
  return {
    ...{ verdict: "identical", match: artefact.name, completeness: 1, distance: 0 },
    error: { bound: 0 },
    evidence: [{ kind: "file-digest", detail: `SHA-256 ${sha256}` }],
  };
}

function nothingToCompare({ model }: Found, { artefacts }: Known): Identification {
  const count = model === undefined ? 0 : weightsOf(model).length;
  const against =
    artefacts.length > 0
      ? `none of ${artefacts.length} registered artefacts has its digest`
      : "nothing to compare it with";
  return cannotTell(`${count} weights; ${against}`);
}

function cannotTell(detail: string): Identification {
  return {
    ...{ verdict: "cannot-tell", match: undefined, completeness: 0, distance: 0 },
    error: { pValue: 1 },
    evidence: [{ kind: "power", detail }],
  };
}

/** What is said of a file that was asked about and is neither a model nor a part of a known one. */
async function opaque(
  found: Found,
  contents: readonly ContentDigests[],
): Promise<Identity | undefined> {
  if (!found.asked) return undefined;
  const chunks = contents.reduce((sum, content) => sum + content.chunks.length, 0);
  const compared = chunks === 0 ? "" : `; none of its ${chunks} chunks is a known model's`;
  const bits = (await entropyOf(found.files)).toFixed(2);
  return told(found, cannotTell(`no model can be read; ${bits} bits a byte${compared}`), contents);
}

function withTrouble(result: Identification, { trouble }: Found): Identification {
  if (trouble === undefined || isPart(result)) return result;
  const detail = `its structure cannot be read: ${trouble}`;
  const evidence = [...result.evidence, { kind: "power", detail } as const];
  return { ...result, verdict: "cannot-tell", evidence };
}

/** The type in which most of the values are stored. */
function typeOf({ model }: Found): { readonly type?: string } {
  const elements = new Map<string, number>();
  for (const weight of model === undefined ? [] : weightsOf(model)) {
    elements.set(weight.type, (elements.get(weight.type) ?? 0) + weight.elements);
  }
  const [most] = [...elements].sort(([, a], [, b]) => b - a);
  return most === undefined ? {} : { type: most[0] };
}

function told(found: Found, result: Identification, contents: readonly ContentDigests[]): Identity {
  const [content] = contents;
  return {
    path: found.path,
    ...(found.inside.length > 0 ? { inside: found.inside } : {}),
    format: found.format,
    ...typeOf(found),
    size: found.size,
    ...(contents.length === 1 ? { digest: `sha256:${toHex(content!.sha256)}` } : {}),
    verdict: result.verdict,
    match: result.match ?? null,
    completeness: result.completeness,
    error: result.error,
    distance: result.distance,
    evidence: result.evidence,
  };
}
