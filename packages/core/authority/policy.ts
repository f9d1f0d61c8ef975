/**
 * Policy: who may propose and approve what, in Cedar, as a member of the trust root. So it is
 * signed by two quorums, its digest is in every writ with the root's, and a change of it disarms
 * what was drawn before. It can only take away: seats, roles and distinctness are counted here.
 *
 * Core cannot run the engine, so it is a port: one pure function of policy and question. The
 * document pins the engine's version; another version is another function, and refuses.
 */
import { inertAscii } from "../encoding/inert.ts";
import { type Refused, refused } from "../encoding/refusal.ts";
import { matching, object, type Shaped, text } from "../encoding/shape.ts";
import type { TrustRoot, WritAction } from "./trust-root.ts";

/** A trust root is one entry of 64 KiB, and people read the policy before they sign it. */
const policyLengthMax = 16_384;

export const policyShape = object({
  /** Which engine decides, to the patch: `cedar 4.13.0`. */
  engine: matching(/^cedar \d{1,4}\.\d{1,4}\.\d{1,4}$/, "an engine such as cedar 4.13.0"),
  /** Cedar policies; `@reason("…")` on a `forbid` is what the barred are told. */
  text: text(policyLengthMax),
});
export type Policy = Shaped<typeof policyShape>;

export const policyActs = ["propose", "approve"] as const;
export type PolicyAct = (typeof policyActs)[number];

/** All that a policy may look at. Nothing of it is told by whoever asks. */
export type PolicyQuestion = {
  readonly principal: {
    readonly kind: "human" | "agent";
    readonly name: string;
    readonly groups: readonly string[];
  };
  readonly act: PolicyAct;
  /** The writ's action. */
  readonly order: WritAction;
  readonly component: string;
  readonly proposer: string;
};

/** A policy's word: yes, or no with the reason that the policy gives. */
export type PolicyAnswer = { readonly permitted: boolean; readonly reason?: string };

export type PolicyEngine = {
  /** Refuses a policy that this engine is not the one for, or that does not read. */
  readonly check: (policy: Policy) => Refused | undefined;
  /** Decides; refuses when it cannot, which is never a yes. */
  readonly judge: (policy: Policy, question: PolicyQuestion) => PolicyAnswer | Refused;
};

/** The question of a principal of this trust root; `undefined` if there is no such one. */
export function policyQuestion(
  root: TrustRoot,
  asked: Omit<PolicyQuestion, "principal"> & { readonly name: string },
): PolicyQuestion | undefined {
  const { name, ...rest } = asked;
  const kind = root.principals.get(name)?.kind;
  if (kind !== "human" && kind !== "agent") return undefined;
  const groups = root.document.groups
    .filter(({ members }) => members.includes(name))
    .map((group) => group.name);
  return { principal: { kind, name, groups }, ...rest };
}

/** Why the policy bars this; `undefined` if it does not, or if there is none. */
export function barredBy(
  root: TrustRoot,
  asked: Parameters<typeof policyQuestion>[1],
  engine: PolicyEngine | undefined,
): Refused | undefined {
  const { policy } = root.document;
  if (policy === undefined) return undefined;
  const question = policyQuestion(root, asked);
  if (question === undefined) return refused("wrong-role", `${asked.name} may not ${asked.act}`);
  // Whoever has no engine cannot know: no is the only answer that is never wrong.
  if (engine === undefined)
    return refused("policy-unreadable", "no engine to read the policy with");
  const answer = engine.judge(policy, question);
  if ("refused" in answer) return answer;
  if (answer.permitted) return undefined;
  const { name, act, order, component } = asked;
  const why = answer.reason ?? "no rule of the policy permits it";
  return refused("barred", inertAscii(`${name} may not ${act} a ${order} of ${component}: ${why}`));
}
