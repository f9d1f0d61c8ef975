/** All findings of an estate: each rule, over the estate as it is. */
import { type Estate, timeOf } from "../estate/estate.ts";
import { fork, unknownActor } from "./actor-rules.ts";
import { unanswered, wronglyAnswered } from "./challenge-rules.ts";
import { falseCompletion, falseInventory, hiddenComponent } from "./claim-rules.ts";
import { endpointImpostor, retiredServed } from "./endpoint-rules.ts";
import {
  type Case,
  type Finding,
  type Pause,
  pause,
  type RuleName,
  rules,
  type Severity,
} from "./finding.ts";
import { unexplainedMemory } from "./memory-rules.ts";
import { altered, missing, wrongRelease } from "./placement-rules.ts";
import { misplacedStored, retiredStored, tellStores, unregisteredStored } from "./store-rules.ts";
import { misplaced, retiredPresent, unexplainedMass, unregistered } from "./stray-rules.ts";
import { vulnerable } from "./vulnerable-rules.ts";
import { controlIsAltered, controlTouched, coverageShrunk, probeSilent } from "./watch-rules.ts";
import { defied, partial, preservedCopy, resurrected } from "./writ-rules.ts";

const derivations: { readonly [K in RuleName]: Rule } = {
  defied,
  "false-completion": falseCompletion,
  resurrected,
  "retired-present": (estate) => all(estate, retiredPresent, retiredServed, retiredStored),
  "preserved-copy": preservedCopy,
  partial,
  "control-altered": controlIsAltered,
  "wrong-release": wrongRelease,
  altered: (estate) => all(estate, altered, wronglyAnswered),
  "endpoint-impostor": endpointImpostor,
  vulnerable,
  fork,
  "false-inventory": falseInventory,
  "hidden-component": hiddenComponent,
  "probe-silent": (estate) => all(estate, probeSilent, unanswered),
  "coverage-shrunk": coverageShrunk,
  "unknown-actor": unknownActor,
  "control-touched": controlTouched,
  missing,
  unregistered: (estate) => all(estate, unregistered, unregisteredStored),
  misplaced: (estate) => all(estate, misplaced, misplacedStored),
  "unexplained-mass": (estate) => all(estate, unexplainedMass, unexplainedMemory),
};

const order: readonly Severity[] = ["critical", "high", "medium", "low"];

type Rule = (estate: Estate) => Iterable<Case | Pause>;

function* all(estate: Estate, ...derive: readonly Rule[]): Iterable<Case | Pause> {
  for (const one of derive) yield* one(estate);
}

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
  const told = tellStores(estate);
  const found: Finding[] = [];
  for (const [name, derive] of Object.entries(derivations)) {
    const rule = name as RuleName;
    yield pause;
    for (const one of derive(estate)) {
      if (one === pause) {
        yield pause;
        continue;
      }
      const since = { index: one.since, time: timeOf(estate, one.since) };
      found.push({ ...told(one), rule, severity: rules[rule], since });
      if (found.length % casesPerPause === 0) yield pause;
    }
  }
  yield pause;
  return found.sort(
    (a, b) =>
      order.indexOf(a.severity) - order.indexOf(b.severity) || a.since.index - b.since.index,
  );
}
