/**
 * Settling: after each entry, every open writ's state is derived anew from its facts. A state is
 * never set by anyone's word; `fulfilled` and `defied` come from the judge alone.
 */
import { disarmed, isPast } from "../admission/writ-admission.ts";
import { currentState, type Proceeding, type WritState } from "../authority/proceeding.ts";
import { evidenceOf } from "../certificate/evidence.ts";
import type { EntryKind } from "../journal/entry.ts";
import type { Placement } from "../register/document.ts";
import { moveLifecycle } from "../register/lifecycle.ts";
import { removePlace, setPlacement } from "../register/places.ts";
import { releaseKey } from "../register/register.ts";
import type { Estate } from "./estate.ts";
import { judge } from "./judge.ts";

/** The kinds of entry that can move a writ. A claim is not among them: that is law 1. */
const moving: ReadonlySet<EntryKind> = new Set([
  "root",
  "register",
  "proposal",
  "decision",
  "execution",
  "census",
  "witnessed",
]);

/** Brings all open writs to the state that their facts say, as of the entry at `index`. */
export function settle(estate: Estate, index: number, cause: EntryKind): void {
  if (!moving.has(cause)) return;
  for (const digest of estate.open) {
    const proceeding = estate.proceedings.get(digest)!;
    if (isSuperseded(estate, proceeding)) {
      estate.open.delete(digest);
      continue;
    }
    if (proceeding.executedIndex !== undefined && cause !== "witnessed") {
      proceeding.verdict = judge(estate, proceeding);
    }
    const state = derive(estate, proceeding);
    if (state !== currentState(proceeding)) {
      proceeding.course.push({ state, index });
      if (state === "fulfilled") fulfil(estate, proceeding, index);
      if (state === "defied" && proceeding.certificateIndex !== undefined) {
        proceeding.revokedIndex ??= index;
      }
    }
    if (isOver(estate, proceeding)) estate.open.delete(digest);
  }
}

function derive(estate: Estate, proceeding: Proceeding): WritState {
  const { writ, refusal, verdict } = proceeding;
  if (refusal !== undefined) return refusal.veto ? "vetoed" : "denied";
  if (verdict !== undefined) return byVerdict(proceeding);
  if (proceeding.fenceIndex !== undefined) {
    const phases = [...proceeding.steps.values()].map(({ phase }) => phase);
    return phases.includes("indeterminate") ? "indeterminate" : "executing";
  }
  if (isPast(estate, writ)) return "expired";
  if (proceeding.quorumIndex === undefined) return "drafted";
  // Armed once witnesses have seen the quorum: an order shown to nobody but the server is no order.
  const witnessed = (estate.lastWitnessed?.size ?? 0) > proceeding.quorumIndex;
  return witnessed && stillFits(estate, proceeding) ? "armed" : "approved";
}

/** Draws the writ again only when the register or the root has changed since the last time. */
function stillFits(estate: Estate, proceeding: Proceeding): boolean {
  const { version } = estate.register;
  const root = estate.root!.digest;
  const { fit } = proceeding;
  if (fit?.register === version && fit.root === root) return fit.fits;
  const fits = disarmed(estate, proceeding.writ) === undefined;
  proceeding.fit = { register: version, root, fits };
  return fits;
}

function byVerdict(proceeding: Proceeding): WritState {
  const { covered, uncovered, contradictions } = proceeding.verdict!;
  if (contradictions.length > 0) return "defied";
  if (uncovered.length === 0) return "fulfilled";
  // Once fulfilled, it stays so until sight says otherwise: a late look is no contradiction.
  if (proceeding.fulfilled !== undefined && currentState(proceeding) === "fulfilled") {
    return "fulfilled";
  }
  return covered.length > 0 || hasBeenLookedAt(proceeding) ? "verifying" : "executed";
}

function hasBeenLookedAt(proceeding: Proceeding): boolean {
  return proceeding.verdict!.uncovered.some(({ why }) => !why.startsWith("not looked at"));
}

/** What a fulfilled writ makes true in the register: humans ordered it, and sight bore it out. */
function fulfil(estate: Estate, proceeding: Proceeding, index: number): void {
  const { writ } = proceeding;
  const { covered } = proceeding.verdict!;
  const time = estate.lastWitnessed?.time ?? 0;
  proceeding.fulfilled = { index, time, covered, evidence: evidenceOf(estate, proceeding) };
  const leaving = new Set(writ.from.map(({ release }) => release));
  for (const release of leaving) {
    const to = writ.action === "decommission" ? "destroyed" : "retired";
    moveLifecycle(estate.register, { release: releaseKey(writ.component, release), to, index });
  }
  const { to } = writ;
  if (to !== undefined) {
    const release = releaseKey(writ.component, to.release);
    moveLifecycle(estate.register, { release, to: "active", index });
  }
  estate.register.version += 1;
  for (const [id, { document }] of estate.register.placements) {
    if (document.component !== writ.component || !leaving.has(document.release)) continue;
    if (to === undefined) {
      // In quarantine its files stay, as evidence; that it runs anywhere is what must not be.
      if (writ.action !== "quarantine" || document.document !== "file") {
        removePlace(estate.register, id);
      }
    } else if (document.document !== "file") {
      const moved: Placement = { ...document, release: to.release };
      setPlacement(estate.register, { document: moved, index });
    }
  }
}

/** True if a later order on the component has begun: what this one asked for is asked no longer. */
function isSuperseded(estate: Estate, { writ, executedIndex, digest }: Proceeding): boolean {
  if (executedIndex === undefined) return false;
  for (const other of estate.open) {
    const later = estate.proceedings.get(other)!;
    if (other === digest || later.writ.component !== writ.component) continue;
    if ((later.fenceIndex ?? -1) > executedIndex) return true;
  }
  return false;
}

/** True if nothing that comes can change the writ's state any more. */
function isOver(estate: Estate, proceeding: Proceeding): boolean {
  const { refusal, fulfilled, writ } = proceeding;
  if (refusal !== undefined || currentState(proceeding) === "expired") return true;
  if (fulfilled === undefined || currentState(proceeding) !== "fulfilled") return false;
  return estate.time > fulfilled.time + writ.verification.watchSeconds * 1000;
}
