/** Findings by themselves: the rules, one scope of them at a time, and people's word on them. */
export {
  type FindingsDifference,
  findingsBetween,
  type RegisterDifference,
  registerBetween,
} from "./difference.ts";
export { disposed, isAcceptable } from "./disposition.ts";
export {
  type Finding,
  isOpen,
  type Pause,
  pause,
  type RuleName,
  rules,
  type Severity,
} from "./finding.ts";
export { byGravity, findings, findingsIn, findingsInSteps } from "./findings.ts";
export {
  emptyReconciliation,
  type Reconciliation,
  reconcile,
  reconcileInSteps,
  touch,
} from "./reconciliation.ts";
export type { Scope } from "./scope.ts";
