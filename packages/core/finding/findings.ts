/** All findings of an estate: each rule, over the estate as it is. */
import { type Estate, timeOf } from "../estate/estate.ts";
import { fork, unknownActor } from "./actor-rules.ts";
import { falseCompletion, falseInventory, hiddenComponent } from "./claim-rules.ts";
import { endpointImpostor, retiredServed } from "./endpoint-rules.ts";
import { type Case, type Finding, type RuleName, rules, type Severity } from "./finding.ts";
import { altered, missing, wrongRelease } from "./placement-rules.ts";
import { misplacedStored, retiredStored, tellStores, unregisteredStored } from "./store-rules.ts";
import { misplaced, retiredPresent, unexplainedMass, unregistered } from "./stray-rules.ts";
import { controlIsAltered, controlTouched, coverageShrunk, probeSilent } from "./watch-rules.ts";
import { defied, partial, preservedCopy, resurrected } from "./writ-rules.ts";

const derivations: { readonly [K in RuleName]: (estate: Estate) => Iterable<Case> } = {
  defied,
  "false-completion": falseCompletion,
  resurrected,
  "retired-present": (estate) => [
    ...retiredPresent(estate),
    ...retiredServed(estate),
    ...retiredStored(estate),
  ],
  "preserved-copy": preservedCopy,
  partial,
  "control-altered": controlIsAltered,
  "wrong-release": wrongRelease,
  altered,
  "endpoint-impostor": endpointImpostor,
  fork,
  "false-inventory": falseInventory,
  "hidden-component": hiddenComponent,
  "probe-silent": probeSilent,
  "coverage-shrunk": coverageShrunk,
  "unknown-actor": unknownActor,
  "control-touched": controlTouched,
  missing,
  unregistered: (estate) => [...unregistered(estate), ...unregisteredStored(estate)],
  misplaced: (estate) => [...misplaced(estate), ...misplacedStored(estate)],
  "unexplained-mass": unexplainedMass,
};

const order: readonly Severity[] = ["critical", "high", "medium", "low"];

/** Every contradiction in the estate, the gravest first, then the oldest. */
export function findings(estate: Estate): readonly Finding[] {
  const told = tellStores(estate);
  const found = Object.entries(derivations).flatMap(([name, derive]) => {
    const rule = name as RuleName;
    return [...derive(estate)].map((one) => ({
      ...told(one),
      rule,
      severity: rules[rule],
      since: { index: one.since, time: timeOf(estate, one.since) },
    }));
  });
  return found.sort(
    (a, b) =>
      order.indexOf(a.severity) - order.indexOf(b.severity) || a.since.index - b.since.index,
  );
}
