/** All findings of an estate: each rule, over the estate as it is. */
import type { Digest } from "../encoding/digest.ts";
import { type Estate, timeOf } from "../estate/estate.ts";
import { fork, unknownActor } from "./actor-rules.ts";
import { unanswered, wronglyAnswered } from "./challenge-rules.ts";
import { falseCompletion, falseInventory, hiddenComponent } from "./claim-rules.ts";
import { weightsLeaving } from "./departure-rules.ts";
import { disposed, findingDigest } from "./disposition.ts";
import { endpointImpostor, retiredServed } from "./endpoint-rules.ts";
import {
  type Case,
  type Finding,
  isOpen,
  type Pause,
  pause,
  type RuleName,
  rules,
  type Severity,
} from "./finding.ts";
import { unexplainedCompute } from "./gpu-rules.ts";
import { mislabelled } from "./label-rules.ts";
import { unexplainedMemory } from "./memory-rules.ts";
import { altered, missing, wrongRelease } from "./placement-rules.ts";
import { type Scope, viewOf } from "./scope.ts";
import { misplacedStored, retiredStored, tellStores, unregisteredStored } from "./store-rules.ts";
import { misplaced, retiredPresent, unexplainedMass, unregistered } from "./stray-rules.ts";
import { vulnerable } from "./vulnerable-rules.ts";
import { controlIsAltered, controlTouched, coverageShrunk, probeSilent } from "./watch-rules.ts";
import { defied, partial, preservedCopy, resurrected } from "./writ-rules.ts";

/** What a rule looks at: one host, one order, or the whole with its clock. */
type Scoped = { readonly over: Scope["over"]; readonly derive: Rule };
type Rule = (estate: Estate) => Iterable<Case | Pause>;

const ofHost = (derive: Rule): Scoped => ({ over: "host", derive });
const ofWrit = (derive: Rule): Scoped => ({ over: "writ", derive });
const ofAll = (derive: Rule): Scoped => ({ over: "all", derive });

const derivations: { readonly [K in RuleName]: readonly Scoped[] } = {
  defied: [ofWrit(defied)],
  "false-completion": [ofWrit(falseCompletion)],
  resurrected: [ofWrit(resurrected)],
  "weights-leaving": [ofHost(weightsLeaving)],
  "retired-present": [ofHost(retiredPresent), ofHost(retiredServed), ofHost(retiredStored)],
  "preserved-copy": [ofWrit(preservedCopy)],
  partial: [ofWrit(partial)],
  "control-altered": [ofHost(controlIsAltered)],
  "wrong-release": [ofHost(wrongRelease)],
  altered: [ofHost(altered), ofHost(wronglyAnswered)],
  "endpoint-impostor": [ofHost(endpointImpostor)],
  mislabelled: [ofHost(mislabelled)],
  vulnerable: [ofHost(vulnerable)],
  fork: [ofAll(fork)],
  "false-inventory": [ofHost(falseInventory)],
  "hidden-component": [ofHost(hiddenComponent)],
  "probe-silent": [ofAll(probeSilent), ofAll(unanswered)],
  "coverage-shrunk": [ofHost(coverageShrunk)],
  "unknown-actor": [ofAll(unknownActor)],
  "control-touched": [ofHost(controlTouched)],
  missing: [ofHost(missing)],
  unregistered: [ofHost(unregistered), ofHost(unregisteredStored)],
  misplaced: [ofHost(misplaced), ofHost(misplacedStored)],
  "unexplained-mass": [
    ofHost(unexplainedMass),
    ofHost(unexplainedMemory),
    ofHost(unexplainedCompute),
  ],
};

const order: readonly Severity[] = ["critical", "high", "medium", "low"];

/** Every contradiction in the estate, the gravest first, then the oldest. */
export function findings(estate: Estate): readonly Finding[] {
  const steps = findingsInSteps(estate);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Cases between two pauses. */
const casesPerPause = 500;

/**
 * The same in steps of about a millisecond, so that a server can answer others between them. The
 * estate must not be folded on meanwhile: whoever does that works on a copy of it.
 */
export function* findingsInSteps(estate: Estate): Generator<Pause, readonly Finding[]> {
  const found: Finding[] = [];
  for (const rule of ruleNames) {
    yield pause;
    for (const one of casesOf(estate, rule)) {
      if (one === pause) {
        yield pause;
        continue;
      }
      found.push(disposed(estate, one));
      if (found.length % casesPerPause === 0) yield pause;
    }
  }
  yield pause;
  return found.sort(byGravity);
}

const ruleNames = Object.keys(derivations) as readonly RuleName[];
const rank = new Map(ruleNames.map((rule, at) => [rule, at]));

/**
 * The order in which findings are told: what nobody accepted first, then the gravest, then the
 * oldest. It is total, so that two ways to the same findings tell them alike.
 */
export function byGravity(a: Finding, b: Finding): number {
  return (
    Number(isOpen(b)) - Number(isOpen(a)) ||
    order.indexOf(a.severity) - order.indexOf(b.severity) ||
    a.since.index - b.since.index ||
    rank.get(a.rule)! - rank.get(b.rule)! ||
    (a.digest < b.digest ? -1 : Number(a.digest > b.digest))
  );
}

/** Findings of one scope, without people's word on them; the same as those of the whole there. */
export function* findingsIn(estate: Estate, scope: Scope): Generator<Finding | Pause> {
  const view = viewOf(estate, scope);
  for (const rule of ruleNames) yield* casesOf(view, rule, scope.over);
}

/** The finding of this rule with this digest, if it stands: only its own scope is gone through. */
export function standing(
  estate: Estate,
  named: { readonly digest: Digest; readonly rule: RuleName; readonly scopes: readonly Scope[] },
): Finding | undefined {
  for (const scope of named.scopes) {
    for (const one of casesOf(viewOf(estate, scope), named.rule, scope.over)) {
      if (one !== pause && one.digest === named.digest) return one;
    }
  }
  return undefined;
}

function* casesOf(estate: Estate, rule: RuleName, over?: Scope["over"]): Iterable<Finding | Pause> {
  const told = tellStores(estate);
  for (const part of derivations[rule]) {
    if (over !== undefined && part.over !== over) continue;
    for (const one of part.derive(estate)) yield one === pause ? pause : stamped(one);
  }

  function stamped(one: Case): Finding {
    const { gist: _, since: index, ...rest } = told(one);
    const since = { index, time: timeOf(estate, index) };
    const digest = findingDigest(rule, one);
    return { digest, ...rest, rule, severity: rules[rule], since };
  }
}
