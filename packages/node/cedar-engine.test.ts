import assert from "node:assert/strict";
import { test } from "node:test";
import {
  barredBy,
  isRefused,
  type Policy,
  type PolicyQuestion,
  policyChanges,
  type TrustRoot,
  type TrustRootDocument,
  trustRoot,
} from "@writ/core";
import { chatbotRegister } from "../core/testing/chatbot.ts";
import { EstateKit, rootEntryBytes, testRootDocument } from "../core/testing/estate-kit.ts";
import { cedarEngine } from "./cedar-engine.ts";

const engine = "cedar 4.13.0";
const policyOf = (text: string): Policy => ({ engine, text });
const open = "permit(principal, action, resource);";
const closeToChatbot = `${open}
@reason("too close to the chatbot: 812 tasks with it")
forbid(principal == Writ::Agent::"butler", action, resource == Writ::Component::"chatbot");`;

const question: PolicyQuestion = {
  principal: { kind: "agent", name: "butler", groups: [] },
  act: "propose",
  order: "rollback",
  component: "chatbot",
  proposer: "butler",
};

function rootOf(changes: Partial<TrustRootDocument>): TrustRoot {
  const root = trustRoot(testRootDocument(changes));
  if (isRefused(root)) throw new Error(root.detail);
  return root;
}

test("the barred are told the rule's own reason, and others are not barred", () => {
  const policy = policyOf(closeToChatbot);
  assert.deepEqual(cedarEngine.judge(policy, question), {
    permitted: false,
    reason: "too close to the chatbot: 812 tasks with it",
  });
  for (const other of [
    { ...question, component: "ranker" },
    { ...question, principal: { ...question.principal, name: "steward" } },
    { ...question, principal: { ...question.principal, kind: "human" as const } },
  ]) {
    assert.deepEqual(cedarEngine.judge(policy, other), { permitted: true });
  }
});

test("what no rule permits is not permitted", () => {
  assert.deepEqual(cedarEngine.judge(policyOf(""), question), { permitted: false });
  const humans = policyOf('permit(principal in Writ::Group::"operators", action, resource);');
  const principal = { kind: "human" as const, name: "ada", groups: ["operators"] };
  assert.deepEqual(cedarEngine.judge(humans, { ...question, principal }), { permitted: true });
  assert.deepEqual(cedarEngine.judge(humans, question), { permitted: false });
});

test("a name that would end a text is only a name", () => {
  const evil = 'x", action, resource); permit(principal == Writ::Agent::"';
  const policy = policyOf('permit(principal, action, resource == Writ::Component::"ranker");');
  assert.deepEqual(cedarEngine.judge(policy, { ...question, component: evil }), {
    permitted: false,
  });
});

for (const [name, policy] of Object.entries({
  "another engine": { engine: "cedar 4.12.0", text: open },
  "no Cedar": policyOf("let everybody in"),
  "a misspelt member": policyOf(
    'permit(principal, action, resource) when { context.ordr == "x" };',
  ),
  "an unknown type": policyOf('permit(principal == Writ::User::"ada", action, resource);'),
  "an action that is none": policyOf('permit(principal, action == Writ::Action::"x", resource);'),
  "a template": policyOf("permit(principal == ?principal, action, resource);"),
  "a member that nobody has": policyOf(
    "permit(principal, action, resource) when { principal.clearance > 3 };",
  ),
})) {
  test(`a policy is unreadable: ${name}`, () => {
    const checked = cedarEngine.check(policy);
    assert.equal(checked?.refused, "policy-unreadable");
    const judged = cedarEngine.judge(policy, question);
    assert.ok("refused" in judged);
    const kit = new EstateKit();
    const founded = rootEntryBytes(testRootDocument({ policy }), ["ada", "ben"]);
    Object.assign(kit.ports, { policy: cedarEngine });
    const offered = kit.offer(founded);
    assert.ok(isRefused(offered) && offered.refused === "policy-unreadable");
  });
}

const order = { action: "rollback", component: "chatbot", from: "4.2", to: "3.8" } as const;

async function kitWith(text: string): Promise<EstateKit> {
  const kit = new EstateKit();
  Object.assign(kit.ports, { policy: cedarEngine });
  kit.found(testRootDocument({ policy: policyOf(text) }));
  kit.register(...chatbotRegister("h1"));
  await kit.witness();
  return kit;
}

test("a barred agent's proposal is refused at admission, and a human's is not", async () => {
  const kit = await kitWith(closeToChatbot);
  assert.throws(() => kit.propose(order, "butler"), /barred: butler may not propose a rollback/);
  kit.propose(order, "ada");
});

test("a human whom the policy lets approve nothing may still deny and veto", async () => {
  const kit = await kitWith(`${open}
@reason("ben wrote the change")
forbid(principal == Writ::Human::"ben", action == Writ::Action::"approve", resource);`);
  const writ = kit.propose(order);
  assert.throws(() => kit.decide("ben", writ), /barred: .*ben wrote the change/);
  kit.decide("cleo", writ);
  assert.equal(kit.state(writ), "drafted");
  kit.decide("ben", writ, "deny");
  assert.equal(kit.state(writ), "denied");
});

test("whoever proposed it can bar others: context tells the proposer", async () => {
  const kit = await kitWith(`${open}
forbid(principal, action == Writ::Action::"approve", resource)
when { context.proposer == "butler" && context.order == "decommission" };`);
  const rollback = kit.propose(order, "butler");
  kit.decide("ben", rollback);
  const writ = kit.propose({ action: "decommission", component: "chatbot" }, "butler");
  assert.throws(() => kit.decide("ben", writ), /barred/);
});

test("without an engine, nothing that a policy has a say in is admitted", async () => {
  const kit = new EstateKit();
  kit.found(testRootDocument({ policy: policyOf(open) }));
  kit.register(...chatbotRegister("h1"));
  await kit.witness();
  assert.throws(() => kit.propose(order), /policy-unreadable/);
});

test("another policy is another trust root: what was approved under the one before is disarmed", async () => {
  const kit = await kitWith(open);
  const writ = kit.propose(order);
  kit.decide("ben", writ);
  kit.decide("cleo", writ);
  await kit.witness();
  assert.equal(kit.state(writ), "armed");
  const { root } = kit;
  kit.found(
    testRootDocument({ number: 2, previous: root.digest, policy: policyOf(closeToChatbot) }),
  );
  assert.equal(kit.state(writ), "approved");
  const body = { kind: "execution", writ, step: 0, phase: "intent" } as const;
  assert.equal(kit.refuses("executor-h1", body), "bad-trust-root");
});

test("a change is told by what it comes to, for all there is and for what comes later", () => {
  const before = rootOf({ policy: policyOf(closeToChatbot) });
  const after = rootOf({ number: 2, policy: policyOf(open) });
  const components = ["chatbot", "ranker"];
  const told = policyChanges(before, after, { engine: cedarEngine, components });
  const actions = ["rollback", "replace", "decommission", "quarantine", "restore", "rotate"];
  assert.deepEqual(
    told,
    actions.map((action) => ({
      kind: "allows",
      text: `butler may propose a ${action} of chatbot`,
    })),
  );
  const same = rootOf({ number: 2, policy: policyOf(`// other words\n${closeToChatbot}`) });
  assert.deepEqual(policyChanges(before, same, { engine: cedarEngine, components }), []);
  const gone = policyChanges(before, rootOf({ number: 2 }), { engine: cedarEngine, components });
  assert.ok(!isRefused(gone) && gone.every(({ kind }) => kind === "allows") && gone.length === 6);
  const closed = rootOf({ number: 2, policy: policyOf("") });
  const all = policyChanges(before, closed, { engine: cedarEngine, components });
  assert.ok(!isRefused(all) && all.every(({ kind }) => kind === "ends"));
  assert.ok(
    all.some(({ text }) => text === "no more: ada may approve a rollback of any component"),
  );
});

test("a principal that the root does not name is barred", () => {
  const root = rootOf({ policy: policyOf(open) });
  const asked = { name: "mallory", act: "propose", order: "rollback" } as const;
  const told = barredBy(root, { ...asked, component: "chatbot", proposer: "x" }, cedarEngine);
  assert.equal(told?.refused, "wrong-role");
});
