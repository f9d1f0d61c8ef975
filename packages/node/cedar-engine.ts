/**
 * Cedar as the policy engine: the official engine in WebAssembly, loaded when the first policy is
 * met. Pure: same policy and question, same answer. An error in any rule is a refusal: Cedar itself
 * would pass over the rule, and a `forbid` passed over is a yes.
 */
import { createRequire } from "node:module";
import {
  digestOf,
  type Policy,
  type PolicyAnswer,
  type PolicyEngine,
  type PolicyQuestion,
  type Refused,
  refused,
  toUtf8,
} from "@writ/core";

type Cedar = typeof import("@cedar-policy/cedar-wasm/nodejs");

/** What policies are checked against: a name that is not here is a mistake, told before signing. */
const schema = `
namespace Writ {
  entity Group;
  entity Human in [Group];
  entity Agent in [Group];
  entity Component;
  action propose appliesTo {
    principal: [Human, Agent], resource: [Component],
    context: { order: String, proposer: String },
  };
  action approve appliesTo {
    principal: [Human], resource: [Component],
    context: { order: String, proposer: String },
  };
}`;

let loaded: Cedar | undefined;

function cedar(): Cedar {
  loaded ??= createRequire(import.meta.url)("@cedar-policy/cedar-wasm/nodejs") as Cedar;
  return loaded;
}

type Prepared = { readonly id: string; readonly reasons: ReadonlyMap<string, string> };

/** Policies met so far: one in force, and those of trust roots before. */
const prepared = new Map<string, Prepared | Refused>();

export const cedarEngine: PolicyEngine = {
  check: (policy) => {
    const ready = prepare(policy);
    return "refused" in ready ? ready : undefined;
  },
  judge,
};

function judge(policy: Policy, question: PolicyQuestion): PolicyAnswer | Refused {
  const ready = prepare(policy);
  if ("refused" in ready) return ready;
  const { kind, name, groups } = question.principal;
  const principal = { type: kind === "human" ? "Writ::Human" : "Writ::Agent", id: name };
  const parents = groups.map((id) => ({ type: "Writ::Group", id }));
  const answer = cedar().statefulIsAuthorized({
    principal,
    action: { type: "Writ::Action", id: question.act },
    resource: { type: "Writ::Component", id: question.component },
    context: { order: question.order, proposer: question.proposer },
    preparsedPolicySetId: ready.id,
    entities: [{ uid: principal, attrs: {}, parents }],
  });
  if (answer.type === "failure") return unreadable(answer.errors[0]?.message);
  const { decision, diagnostics } = answer.response;
  if (diagnostics.errors.length > 0) return unreadable(diagnostics.errors[0]!.error.message);
  if (decision === "allow") return { permitted: true };
  const reason = diagnostics.reason.map((id) => ready.reasons.get(id)).find(Boolean);
  const ruled = diagnostics.reason.length > 0 ? "the policy forbids it" : undefined;
  const told = reason ?? ruled;
  return { permitted: false, ...(told === undefined ? {} : { reason: told }) };
}

function prepare(policy: Policy): Prepared | Refused {
  const id = digestOf(toUtf8(`${policy.engine}\n${policy.text}`));
  const known = prepared.get(id) ?? prepareAnew(id, policy);
  prepared.set(id, known);
  return known;
}

function prepareAnew(id: string, { engine, text }: Policy): Prepared | Refused {
  const ours = `cedar ${cedar().getCedarVersion()}`;
  if (engine !== ours) return unreadable(`it is for ${engine}; this Writ has ${ours}`);
  const policies = { staticPolicies: text };
  const parsed = cedar().preparsePolicySet(id, policies);
  if (parsed.type === "failure") return unreadable(parsed.errors[0]?.message);
  const checked = cedar().validate({ schema, policies });
  if (checked.type === "failure") return unreadable(checked.errors[0]?.message);
  const [wrong] = checked.validationErrors;
  if (wrong !== undefined) return unreadable(`${wrong.policyId}: ${wrong.error.message}`);
  const parts = cedar().policySetTextToParts(text);
  if (parts.type === "failure") return unreadable(parts.errors[0]?.message);
  if (parts.policy_templates.length > 0) return unreadable("templates have nobody to fill them");
  const reasons = parts.policies.flatMap((part, at): [string, string][] => {
    const json = cedar().policyToJson(part);
    const reason = json.type === "success" ? json.json.annotations?.reason : undefined;
    // Policies of one text are numbered in its order.
    return typeof reason === "string" ? [[`policy${at}`, reason]] : [];
  });
  return { id, reasons: new Map(reasons) };
}

function unreadable(detail = "the engine does not say why"): Refused {
  return refused("policy-unreadable", `the policy: ${detail}`);
}
