/** Limits on what archives may unfold into: bombs end here, whatever they are made of. */
import { stop } from "../formats/stop.ts";
import type { Forward } from "../reader.ts";

export type ArchiveLimits = {
  /** Archives within archives. */
  readonly depthMax: number;
  /** Members of all archives together. */
  readonly membersMax: number;
  /** Bytes decompressed in all, repeated passes counted each time. */
  readonly expandedBytesMax: number;
  /** Decompressed by compressed bytes, of one stream, once it has given 64 MB. Eight times that for
   * everything together against the outermost file, once that is a gigabyte. */
  readonly ratioMax: number;
};

/**
 * Image layers within a saved image within a compressed tar are four deep. A model of eight
 * terabytes is larger than any. Weights hardly compress; the sparsest (99 % zeros) does a
 * hundredfold.
 */
export const usualLimits: ArchiveLimits = {
  depthMax: 6,
  membersMax: 2_000_000,
  expandedBytesMax: 8_796_093_022_208,
  ratioMax: 250,
};

/** Below this a ratio says nothing: a small file of zeros is no bomb. */
const ratioFromBytes = 67_108_864;

const totalFromBytes = 1_073_741_824;

export type Budget = {
  readonly limits: ArchiveLimits;
  /** Bytes that may be decompressed in all. */
  readonly most: number;
  expanded: number;
  members: number;
};

/** A fresh budget for an outermost file of so many bytes. */
export function newBudget(limits: ArchiveLimits, outerBytes: number): Budget {
  const byRatio = Math.max(totalFromBytes, outerBytes * limits.ratioMax * 8);
  const most = Math.min(limits.expandedBytesMax, byRatio);
  return { limits, most, expanded: 0, members: 0 };
}

/** A stream that stops where the budget ends. `packed`: bytes it was compressed to. */
export function limited(source: Forward, budget: Budget, packed: number): Forward {
  return {
    async *chunks() {
      let given = 0;
      for await (const chunk of source.chunks()) {
        given += chunk.length;
        budget.expanded += chunk.length;
        const { ratioMax } = budget.limits;
        if (budget.expanded > budget.most) stop("oversized", "archives unfold into too much");
        if (given > ratioFromBytes && given > packed * ratioMax) {
          stop("oversized", `a stream expands more than ${ratioMax} times`);
        }
        yield chunk;
      }
    },
  };
}
