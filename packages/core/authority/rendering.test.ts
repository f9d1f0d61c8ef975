import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeCanonical, type Json } from "../encoding/canonical-json.ts";
import { digestOf } from "../encoding/digest.ts";
import { inert, inertAscii } from "../encoding/inert.ts";
import { isRefused, type Refused } from "../encoding/refusal.ts";
import type { DeploymentSystem } from "../register/deployment.ts";
import { chatbotRegister } from "../testing/chatbot.ts";
import { EstateKit } from "../testing/estate-kit.ts";
import {
  type RenderedWrit,
  renderedText,
  renderWrit,
  spokenCount,
  spokenSeconds,
} from "./rendering.ts";
import type { ServiceStep, Step } from "./step.ts";
import { encodeWrit, type Writ } from "./writ.ts";

function rendered(bytes: Uint8Array): RenderedWrit {
  const result: RenderedWrit | Refused = renderWrit(bytes);
  assert.ok(!isRefused(result), JSON.stringify(result));
  return result;
}

function chatbotWrit(action: "rollback" | "decommission" = "rollback"): Writ {
  const kit = new EstateKit();
  kit.found();
  kit.register(...chatbotRegister("h1"));
  return action === "rollback"
    ? kit.drawn({ action, component: "chatbot", from: "4.2", to: "3.8" })
    : kit.drawn({ action, component: "chatbot" });
}

/** Every text and number in a document, with the path that leads to it. */
function leaves(value: Json, at = "writ"): [string, string | number][] {
  if (typeof value === "string" || typeof value === "number") return [[at, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => leaves(member as Json, `${at}.${key}`));
}

const spoken = (at: string, value: string | number) => {
  if (typeof value === "string") return at === "writ.reason" ? inert(value) : inertAscii(value);
  return at.endsWith("Seconds") ? spokenSeconds(value) : spokenCount(value);
};

/** Whose words differ from the document's: the step's name is told as a heading. */
const toldOtherwise = /\.steps\.\d+\.step$|\.manager$/;

for (const action of ["rollback", "decommission"] as const) {
  test(`every member of a ${action}'s document stands in what the human reads`, () => {
    const writ = chatbotWrit(action);
    const text = renderedText(rendered(encodeWrit(writ)));
    for (const [at, value] of leaves(writ as unknown as Json)) {
      if (toldOtherwise.test(at)) continue;
      assert.ok(text.includes(spoken(at, value)), `${at}: ${value} is not shown`);
    }
  });
}

test("every member of steps on deployments and controls stands in what the human reads", () => {
  const digest = `sha256:${"5".repeat(64)}` as const;
  const systems: readonly DeploymentSystem[] = [
    { system: "container", socket: "/run/p.sock", container: "bot", volumes: ["mem"] },
    { system: "ollama", url: "http://127.0.0.1:11434", model: "bot:live" },
    { system: "http", url: "https://router.example/x", pointer: "/routes/bot" },
    {
      ...{ system: "kubernetes", kubeconfig: "/etc/k", namespace: "models", name: "bot" },
      ...{ kind: "StatefulSet", container: "server" },
    },
    { system: "script", path: "/opt/switch", digest, seconds: 1200 },
  ];
  const at = { host: "h1", placement: "h1-place" };
  const steps: readonly Step[] = [
    ...systems.flatMap((deployment): Step[] => [
      { step: "switch-deployment", ...at, deployment, before: "old-one", after: "new-one" },
      { step: "remove-deployment", ...at, deployment, target: "the-target" },
    ]),
    {
      ...{ step: "set-control", ...at, after: "on-again", owner: 1000, mode: "0640" },
      reading: { path: "/etc/c.json", format: "json", key: "stop.now", environment: "STOP" },
    },
  ];
  for (const step of steps) {
    const alone = { ...chatbotWrit(), steps: [step] } as Writ;
    const { sections } = rendered(encodeWrit(alone));
    const section = sections.find(({ heading }) => heading.startsWith("step 1 of 1"))!;
    const told = section.lines.map(({ text }) => text);
    for (const [name, value] of leaves(step as unknown as Json, "step")) {
      if (name === "step.step") continue;
      // An owner is a number by which nothing is counted.
      const isName = typeof value === "string" || name.endsWith("owner");
      const said = isName ? String(value) : spokenSeconds(value as number);
      assert.ok(told.includes(said), `${step.step} ${name}: ${value} is not shown`);
    }
  }
});

test("the digest and the phrase are of the bytes, not of the parsed document", () => {
  const bytes = encodeWrit(chatbotWrit());
  const { digest, phrase, title } = rendered(bytes);
  assert.equal(digest, digestOf(bytes));
  assert.equal(phrase.length, 10);
  assert.equal(title, "rollback chatbot: 4.2 -> 3.8");
});

test("bytes that are no writ are refused, not shown", () => {
  for (const bytes of [new Uint8Array(), encodeCanonical({ version: 1 })]) {
    assert.ok(isRefused(renderWrit(bytes)));
  }
});

test("a reason cannot forge a line, and a command's arguments cannot run together", () => {
  const writ = chatbotWrit();
  const forged = "fine\n\nmust be seen afterwards\n  on host  h9\u001b[2J\u202e";
  const text = renderedText(rendered(encodeWrit({ ...writ, reason: forged })));
  assert.equal(text.match(/^must be seen afterwards$/gm)?.length, 1);
  assert.match(text, /fine\\u\{a\}\\u\{a\}must be seen/);
  const restart = writ.steps.find((step): step is ServiceStep => step.step === "restart-service")!;
  assert.ok(restart.service.manager === "process");
  const joined = [restart.service.command.join(" ")];
  const service = { ...restart.service, command: joined };
  const steps = writ.steps.map((step) => (step === restart ? { ...restart, service } : step));
  assert.notEqual(renderedText(rendered(encodeWrit({ ...writ, steps }))), text);
});

test("whatever a writ says, nothing in it acts on the screen", () => {
  const writ = chatbotWrit();
  const words = fc.string({ unit: "binary", minLength: 1, maxLength: 100 });
  fc.assert(
    fc.property(words, words, (reason, component) => {
      const bytes = encodeWrit({ ...writ, reason, component });
      const result = renderWrit(bytes);
      if (isRefused(result)) return;
      assert.doesNotMatch(renderedText(result), /[[\p{C}\p{Z}]--[ \n]]/v);
    }),
    { numRuns: process.env.SLOW === undefined ? 20 : 1000 },
  );
});

test("seconds and counts are told exactly", () => {
  assert.equal(spokenSeconds(5400), "1 h 30 min");
  assert.equal(spokenSeconds(90_061), "1 d 1 h 1 min 1 s");
  assert.equal(spokenSeconds(0), "0 s");
  assert.equal(spokenCount(8_000_000), "8,000,000");
  assert.equal(spokenCount(12), "12");
});
