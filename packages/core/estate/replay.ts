/**
 * Replaying a journal from its bytes: the one way to an estate, for a server and for an auditor.
 */

import { type AdmissionPorts, admit } from "../admission/admit.ts";
import { isRefused, type Refused, refused } from "../encoding/refusal.ts";
import { type Entry, parseEntry } from "../journal/entry.ts";
import type { Estate } from "./estate.ts";
import { evolve } from "./evolve.ts";

/** Reads, admits and folds one entry. A refusal leaves the estate as it was. */
export function advance(estate: Estate, bytes: Uint8Array, ports: AdmissionPorts): Entry | Refused {
  const entry = parseEntry(bytes);
  if (isRefused(entry)) return entry;
  const admitted = admit(estate, entry, ports);
  if (isRefused(admitted)) return admitted;
  evolve(estate, admitted);
  return entry;
}

/**
 * Folds stored entries onto an estate, in order. A refusal here means that the journal holds what
 * it should never have taken: whoever reads it must stop and say so.
 */
export function replay(
  estate: Estate,
  entries: Iterable<Uint8Array>,
  ports: AdmissionPorts,
): Estate | Refused {
  for (const bytes of entries) {
    const index = estate.size;
    const problem = advance(estate, bytes, ports);
    if (isRefused(problem)) return refused(problem.refused, `entry ${index}: ${problem.detail}`);
  }
  return estate;
}
