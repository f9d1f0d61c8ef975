/** CycloneDX's words for where a vulnerability stands, and the register's (VEX). */
import type { Vulnerability } from "../register/document.ts";

type State = Vulnerability["state"];

const written: { readonly [S in State]: string } = {
  affected: "exploitable",
  not_affected: "not_affected",
  fixed: "resolved",
  under_investigation: "in_triage",
};

const readAs: { readonly [word: string]: State } = {
  exploitable: "affected",
  not_affected: "not_affected",
  false_positive: "not_affected",
  resolved: "fixed",
  resolved_with_pedigree: "fixed",
  in_triage: "under_investigation",
};

export function cyclonedxState(state: State): string {
  return written[state];
}

/** A vulnerability of which no state is said affects, until somebody says that it does not. */
export function stateOfCyclonedx(word: string | undefined): State | undefined {
  if (word === undefined) return "affected";
  return Object.hasOwn(readAs, word) ? readAs[word] : undefined;
}
