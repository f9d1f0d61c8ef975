/** Which bytes of a file its structure accounts for. What it does not may hide something. */
import type { Coverage, Part, Placement, Tensor } from "../tensor.ts";

/** Whether two tensors may share some of their bytes: views do in PyTorch, nowhere else. */
export type Overlaps = "allowed" | "told";

/** Shorter gaps are alignment (GGUF 32, PyTorch 64, ONNX up to a page) and hide nothing. */
const holeBytesMin = 4_096;
const holesMax = 16;
const overlapsMax = 16;

type Run = { readonly offset: number; readonly end: number; readonly name: string };

/** Merges what is explained, part by part; names the pairs of tensors that overlap in part. */
export function coverageOf(draft: {
  readonly parts: readonly Part[];
  readonly tensors: readonly Tensor[];
  readonly structure: readonly Placement[];
  readonly overlaps: Overlaps;
}): { coverage: Coverage; overlapping: string[] } {
  const runs: Run[][] = draft.parts.map(() => []);
  const add = ({ part, offset, length }: Placement, name: string): void => {
    if (length > 0) runs[part]!.push({ offset, end: offset + length, name });
  };
  for (const placement of draft.structure) add(placement, "");
  for (const tensor of draft.tensors) add(tensor.data, tensor.name);
  const holes: Placement[] = [];
  const overlapping: string[] = [];
  let total = 0;
  let explained = 0;
  for (const [part, { derived, reader }] of draft.parts.entries()) {
    const swept = sweep(runs[part]!, reader.size);
    if (draft.overlaps === "told") overlapping.push(...swept.overlapping);
    if (derived) continue;
    total += reader.size;
    explained += swept.explained;
    for (const { offset, length } of swept.holes) holes.push({ part, offset, length });
  }
  holes.sort((a, b) => b.length - a.length);
  return {
    coverage: { total, explained, holes: holes.slice(0, holesMax) },
    overlapping: overlapping.slice(0, overlapsMax),
  };
}

function sweep(
  runs: Run[],
  size: number,
): { explained: number; holes: { offset: number; length: number }[]; overlapping: string[] } {
  runs.sort((a, b) => a.offset - b.offset || a.end - b.end);
  const holes: { offset: number; length: number }[] = [];
  const overlapping: string[] = [];
  let explained = 0;
  let reached = 0;
  let before: Run | undefined;
  for (const run of runs) {
    const gap = run.offset - reached;
    if (gap >= holeBytesMin) holes.push({ offset: reached, length: gap });
    if (before !== undefined && run.offset < before.end && overlapping.length < overlapsMax) {
      // The very same run under two names is a tied weight, which every format may hold.
      const tied = before.offset === run.offset && before.end === run.end;
      if (!tied && before.name !== "" && run.name !== "") {
        overlapping.push(`${before.name} and ${run.name}`);
      }
    }
    explained += Math.max(0, run.end - Math.max(run.offset, reached));
    if (run.end > reached) {
      reached = run.end;
      before = run;
    }
  }
  if (size - reached >= holeBytesMin) holes.push({ offset: reached, length: size - reached });
  return { explained, holes, overlapping };
}
