/**
 * What some bytes are when they do not open as a model: a part of an enrolled file, wherever it
 * lies in them, or nothing known. Exact: a chunk either is the enrolled one or is not.
 */
import { equalBytes } from "../core.ts";
import { type ChunkSet, type Coverage, coverageOf } from "./chunk-set.ts";
import type { ContentDigests } from "./digest.ts";
import type { FileDigests } from "./enrolment.ts";
import { type Judgement, percent } from "./verdict.ts";

/** The chunk side of an enrolment. */
export type EnrolledChunks = {
  readonly name: string;
  readonly files: readonly FileDigests[];
  readonly chunks: ChunkSet;
};

/** Bits of a chunk's hash that are compared. */
const prefixBits = 64;

/** Judges bytes by their chunks. Names the entry of which they hold the most. */
export function identifyBytes(
  content: ContentDigests,
  register: readonly EnrolledChunks[],
): Judgement & { readonly match: string | undefined; readonly coverage: Coverage | undefined } {
  const whole = register.find((entry) =>
    entry.files.some((file) => equalBytes(file.sha256, content.sha256)),
  );
  if (whole !== undefined && whole.files.length === 1) {
    const evidence = [{ kind: "file-digest", detail: `Xet ${content.xet}` }] as const;
    const certain = { completeness: 1, error: { bound: 0 }, distance: 0, coverage: undefined };
    return { verdict: "identical", match: whole.name, ...certain, evidence };
  }
  let best: { readonly entry: EnrolledChunks; readonly coverage: Coverage } | undefined;
  for (const entry of register) {
    const coverage = coverageOf(content.chunks, entry.chunks);
    if (coverage.found > (best?.coverage.found ?? 0)) best = { entry, coverage };
  }
  const tries =
    content.chunks.length * register.reduce((n, { chunks }) => n + chunks.sizes.size, 0);
  const pValue = Math.min(1, tries * 2 ** -prefixBits);
  if (best === undefined) {
    const detail = `none of ${content.chunks.length} chunks is enrolled`;
    const nothing = { completeness: 0, error: { pValue: 1 }, distance: 0, coverage: undefined };
    // Too short to hold one whole chunk: an enrolled byte could be here and not be seen.
    const verdict = content.chunks.length < 3 ? "cannot-tell" : "unrelated";
    return { verdict, match: undefined, ...nothing, evidence: [{ kind: "chunks", detail }] };
  }
  const { entry, coverage } = best;
  const completeness = coverage.of > 0 ? coverage.found / coverage.of : 0;
  const detail =
    `${coverage.chunks} chunks, ${coverage.found} of ${coverage.of} bytes ` +
    `(${percent(completeness)}), from offset ${coverage.firstOffset}`;
  return {
    ...{ verdict: "fragment", match: entry.name, completeness, error: { pValue }, distance: 0 },
    ...{ coverage, evidence: [{ kind: "chunks", detail }] },
  };
}
