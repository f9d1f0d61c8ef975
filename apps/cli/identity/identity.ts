/** What was found out about one model, in the form that programs are told it in. */
import type { Evidence, IdentityError, Verdict } from "@writ/weights";

export type Identity = {
  readonly path: string;
  /** Names within archives, outermost first; absent for a file. */
  readonly inside?: readonly string[];
  readonly format: string;
  /** How most of its values are stored: `BF16`, `Q4_K`, `gptq`; absent where none were read. */
  readonly type?: string;
  /** In bytes, of all the files of the model. */
  readonly size: number;
  /** `sha256:…` of its file, where it is one file that was read whole. */
  readonly digest?: string;
  readonly verdict: Verdict;
  /** What it was matched to. */
  readonly match: string | null;
  /** Part of the matched model that it holds, 0 to 1. */
  readonly completeness: number;
  /** An upper bound on the chance of such likeness, or on the part that may differ unseen. */
  readonly error: IdentityError;
  /** Mean relative change of the matched values. */
  readonly distance: number;
  readonly evidence: readonly (Evidence | { readonly kind: string; readonly detail: string })[];
};
