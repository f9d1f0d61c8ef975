/**
 * What a new policy newly allows: not by its text, which may say one thing in many ways, but by
 * asking both for everyone, each act, action and component there is, and one that is not there.
 */
import { isRefused, type Refused } from "../encoding/refusal.ts";
import { type PolicyAct, type PolicyEngine, policyActs, policyQuestion } from "./policy.ts";
import type { RootChange } from "./root-change.ts";
import { type TrustRoot, type WritAction, writActions } from "./trust-root.ts";

/** Stands for every component that is registered later. No registered id has this form. */
const later = "(any later component)";

type Right = { readonly name: string; readonly act: PolicyAct; readonly order: WritAction };

/** What the next root's policy allows and no longer allows, exactly, for all that is registered. */
export function policyChanges(
  before: TrustRoot,
  after: TrustRoot,
  { engine, components }: { readonly engine: PolicyEngine; readonly components: readonly string[] },
): readonly RootChange[] | Refused {
  if (before.document.policy === undefined && after.document.policy === undefined) return [];
  const places = [...components, later];
  const changes: RootChange[] = [];
  for (const right of rightsOf(before, after)) {
    const [won, lost]: [string[], string[]] = [[], []];
    for (const component of places) {
      const was = permits(before, { ...right, component }, engine);
      const is = permits(after, { ...right, component }, engine);
      if (isRefused(was)) return was;
      if (isRefused(is)) return is;
      if (is && !was) won.push(component);
      if (was && !is) lost.push(component);
    }
    const text = (of: readonly string[]) => {
      const where = of.length === places.length ? "any component" : of.join(", ");
      return `${right.name} may ${right.act} a ${right.order} of ${where}`;
    };
    if (won.length > 0) changes.push({ kind: "allows", text: text(won) });
    if (lost.length > 0) changes.push({ kind: "ends", text: `no more: ${text(lost)}` });
  }
  return changes;
}

/** People propose and approve, agents propose. */
function rightsOf(before: TrustRoot, after: TrustRoot): readonly Right[] {
  const names = new Set([...before.principals.keys(), ...after.principals.keys()]);
  return [...names].flatMap((name) =>
    policyActs.flatMap((act) => writActions.map((order): Right => ({ name, act, order }))),
  );
}

function permits(
  root: TrustRoot,
  asked: Right & { readonly component: string },
  engine: PolicyEngine,
): boolean | Refused {
  const { name, act } = asked;
  const kind = root.principals.get(name)?.kind;
  if (kind !== "human" && (kind !== "agent" || act === "approve")) return false;
  const { policy } = root.document;
  if (policy === undefined) return true;
  // Who else proposed it is a question of its own; here nobody did.
  const question = policyQuestion(root, { ...asked, proposer: act === "propose" ? name : "" });
  if (question === undefined) return false;
  const answer = engine.judge(policy, question);
  return "refused" in answer ? answer : answer.permitted;
}
