/** Claim × observation: what an agent or the executor said, against what was seen. */
import type { Proceeding } from "../authority/proceeding.ts";
import type { Claim, Estate } from "../estate/estate.ts";
import { type Contradiction, judge, keepsAlive } from "../estate/judge.ts";
import { releaseKey } from "../register/register.ts";
import type { Census } from "../sight/census.ts";
import type { Case } from "./finding.ts";

/** "It is done", and sight says that it is not. */
export function* falseCompletion(estate: Estate): Iterable<Case> {
  for (const claim of estate.claims.values()) {
    if (claim.body.says !== "completed" || claim.body.writ === undefined) continue;
    const proceeding = estate.proceedings.get(claim.body.writ);
    if (proceeding === undefined) continue;
    const contradictions = contradictionsSince(estate, proceeding, claim.index);
    const [first] = contradictions;
    if (first === undefined) continue;
    yield completionCase(proceeding, first, {
      says: `${claim.speaker}: the ${proceeding.writ.action} is completed`,
      entry: claim.index,
      more: contradictions.length - 1,
    });
  }
  yield* falseSteps(estate);
}

/** The executor's own "done" is a claim as well. */
function* falseSteps(estate: Estate): Iterable<Case> {
  for (const proceeding of estate.proceedings.values()) {
    for (const contradiction of proceeding.verdict?.contradictions ?? []) {
      const at = proceeding.writ.steps.findIndex(
        ({ placement }) => placement === contradiction.placement,
      );
      const step = proceeding.steps.get(at);
      if (step?.phase !== "done") continue;
      yield completionCase(proceeding, contradiction, {
        says: `the executor: step ${at} (${proceeding.writ.steps[at]!.step}) is done`,
        entry: step.index,
        more: 0,
      });
    }
  }
}

function completionCase(
  { digest, writ }: Proceeding,
  contradiction: Contradiction,
  claim: { readonly says: string; readonly entry: number; readonly more: number },
): Case {
  const more = claim.more > 0 ? `, and ${claim.more} more` : "";
  return {
    host: contradiction.host,
    where: contradiction.where,
    component: writ.component,
    writ: digest,
    since: Math.max(claim.entry, contradiction.since),
    left: { kind: "claim", says: claim.says, entry: claim.entry },
    right: {
      kind: "observation",
      says: `${contradiction.detail}${more}`,
      entry: contradiction.index,
    },
    advice: "Do not rely on this speaker's reports; ask what else it reported.",
  };
}

/** What sight says against the writ's being done, in looks since the claim (or the execution). */
function contradictionsSince(
  estate: Estate,
  proceeding: Proceeding,
  claimIndex: number,
): readonly Contradiction[] {
  if (proceeding.verdict !== undefined) return proceeding.verdict.contradictions;
  // Nobody executed it, yet someone says that it is done: judge as if it had been at that moment.
  return judge(estate, { ...proceeding, executedIndex: claimIndex }).contradictions;
}

/** Releases in an inventory that were not seen, or not seen to run as it says. */
export function* falseInventory(estate: Estate): Iterable<Case> {
  for (const { claim, census, index } of inventories(estate)) {
    const seen = seenReleases(estate, census);
    for (const { component, release, running } of claim.body.releases ?? []) {
      const key = releaseKey(component, release);
      const how = seen.get(key);
      if (how !== undefined && how.running === running) continue;
      yield {
        ...inventoryCase(claim, index, key),
        left: {
          kind: "claim",
          says: `${claim.speaker}: ${key} is ${running ? "running" : "there, not running"}`,
          entry: claim.index,
        },
        right: {
          kind: "observation",
          says: how === undefined ? "not seen" : how.running ? "seen running" : "not seen running",
          entry: index,
        },
      };
    }
  }
}

/** Registered releases that were seen and that an inventory left out. */
export function* hiddenComponent(estate: Estate): Iterable<Case> {
  for (const { claim, census, index } of inventories(estate)) {
    const told = new Set(
      claim.body.releases?.map(({ component, release }) => releaseKey(component, release)),
    );
    for (const [key, { running }] of seenReleases(estate, census)) {
      if (told.has(key)) continue;
      yield {
        ...inventoryCase(claim, index, key),
        left: {
          kind: "claim",
          says: `${claim.speaker}: an inventory without ${key}`,
          entry: claim.index,
        },
        right: { kind: "observation", says: running ? "seen running" : "seen", entry: index },
      };
    }
  }
}

function inventoryCase(claim: Claim, index: number, key: string): Omit<Case, "left" | "right"> {
  const at = key.lastIndexOf("@");
  return {
    host: claim.body.host!,
    where: key,
    component: key.slice(0, at),
    release: key.slice(at + 1),
    since: Math.max(claim.index, index),
    advice: "Ask the speaker why; count by probes only.",
  };
}

function* inventories(estate: Estate): Iterable<{ claim: Claim; census: Census; index: number }> {
  for (const claim of estate.claims.values()) {
    const { says, host } = claim.body;
    if (says !== "inventory" || host === undefined) continue;
    const look = estate.sights.get(host)?.latest;
    // A look from before the claim proves nothing about what the claim says is there now.
    if (look === undefined || look.index < claim.index) continue;
    yield { claim, census: look.census, index: look.index };
  }
}

function seenReleases(estate: Estate, census: Census): ReadonlyMap<string, { running: boolean }> {
  const seen = new Map<string, { running: boolean }>();
  const note = (digest: Census["masses"][number]["digest"], running: boolean) => {
    for (const key of estate.register.releasesByDigest.get(digest) ?? []) {
      seen.set(key, { running: running || (seen.get(key)?.running ?? false) });
    }
  };
  for (const { digest } of census.masses) note(digest, false);
  for (const process of census.processes) {
    for (const hold of process.holds) {
      if (hold.digest !== undefined && keepsAlive({ process, hold })) note(hold.digest, true);
    }
  }
  return seen;
}
