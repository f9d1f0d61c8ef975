/** Which entries prove a fulfilled writ: all that its verification must read again, and no more. */
import type { Proceeding } from "../authority/proceeding.ts";
import type { Estate } from "../estate/estate.ts";

/** Journal indexes of the entries that bear out a writ that sight has just fulfilled, in order. */
export function evidenceOf(estate: Estate, proceeding: Proceeding): readonly number[] {
  const { writ, verdict } = proceeding;
  const indexes = new Set<number>(estate.rootIndexes);
  for (const index of estate.register.entriesOf.get(writ.component) ?? []) indexes.add(index);
  indexes.add(proceeding.proposalIndex);
  for (const { index } of proceeding.approvals.values()) indexes.add(index);
  for (const { index, intentIndex } of proceeding.steps.values()) {
    indexes.add(intentIndex);
    indexes.add(index);
  }
  for (const { host, index } of verdict?.covered ?? []) {
    indexes.add(index);
    const sinceSize = estate.sights.get(host)?.latest?.sinceSize;
    const since = sinceSize === undefined ? undefined : estate.witnessed.get(sinceSize);
    if (since !== undefined) indexes.add(since.index);
  }
  // The time at which it was verified is the last one that witnesses vouched for.
  if (estate.lastWitnessed !== undefined) indexes.add(estate.lastWitnessed.index);
  return [...indexes].sort((a, b) => a - b);
}
