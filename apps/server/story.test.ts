/** A rollback over HTTP, from the draft to the certificate, and what a second look makes of it. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  type Census,
  type Digest,
  digestOf,
  encodeCanonical,
  fromBase64,
  isRefused,
  type JsonObject,
  parseWrit,
  type Refused,
  verifyCertificate,
} from "@writ/core";
import { verifyNative } from "@writ/node";
import {
  censusOf,
  chatbotRegister,
  mass,
  newWeights,
} from "../../packages/core/testing/chatbot.ts";
import { Rig } from "./testing/rig.ts";

let rig: Rig;
let writ: Digest;
const news: { event: string; data: Record<string, unknown> }[] = [];
const leave = new AbortController();

before(async () => {
  rig = await Rig.open({ witnesses: 2, threshold: 2 });
});
after(async () => {
  leave.abort();
  await rig.close();
});

function must<T>(value: T | Refused): Exclude<T, Refused> {
  assert.ok(!isRefused(value), JSON.stringify(value));
  return value as Exclude<T, Refused>;
}

/** Collects the event stream until the test is over. */
async function listen(): Promise<void> {
  const response = await fetch(`${rig.url}/api/events`, { signal: leave.signal });
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  let text = "";
  const read = async () => {
    for await (const part of response.body!) {
      text += Buffer.from(part).toString();
      const blocks = text.split("\n\n");
      text = blocks.pop()!;
      for (const block of blocks) {
        const [, event, data] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
        if (event !== undefined) news.push({ event, data: JSON.parse(data!) });
      }
    }
  };
  read().catch(() => undefined);
}

async function sees(census: Census): Promise<number> {
  const { size, root } = must(await rig.api.witnessed());
  const bytes = encodeCanonical(census as unknown as JsonObject);
  const body = {
    kind: "census" as const,
    host: census.host,
    census: digestOf(bytes),
    since: { size, root },
  };
  return rig.say(`probe-${census.host}`, body, [bytes]);
}

async function stateOf(digest: Digest): Promise<string> {
  return must(await rig.api.writ(digest)).state;
}

test("a register is taken, and probes are told what to look at", async () => {
  await rig.found();
  await listen();
  const register = await rig.say("ada", {
    kind: "register",
    set: [...chatbotRegister("h1")],
    remove: [],
  });
  await rig.witnessed(register);
  const seen = must(await rig.api.register());
  assert.deepEqual([seen.components.length, seen.releases.length, seen.controls.length], [1, 2, 1]);
  const assigned = must(await rig.api.assignment("h1"))!;
  assert.deepEqual(assigned.assignment.links, ["/srv/chatbot/current"]);
  assert.equal(assigned.assignment.controls.length, 1);
  assert.equal(assigned.assignment.artefacts.length, 2);
  assert.equal(assigned.assignment.lookSince, 0);
  const unchanged = await rig.api.assignment("h1", { seconds: 1, tag: assigned.tag });
  assert.equal(unchanged, undefined, "nothing new within the second");
});

test("a census is admitted once, and hosts and findings are read off it", async () => {
  await rig.witnessed(await sees(censusOf("h1")));
  const [host] = must(await rig.api.hosts());
  assert.equal(host?.host, "h1");
  assert.equal(host?.census?.masses, 2);
  const document = must(await rig.api.census("h1"));
  assert.equal(document.host, "h1");
  assert.deepEqual(must(await rig.api.findings()), []);
});

test("a draft is only an offer; a proposal and two approvals arm it", async () => {
  const draft = must(
    await rig.api.draft({
      action: "rollback",
      component: "chatbot",
      from: "4.2",
      to: "3.8",
      reason: "a bias was found in audit",
      proposer: "ada",
      expiresInSeconds: 3600,
    }),
  );
  const bytes = fromBase64(draft.writ)!;
  assert.equal(digestOf(bytes), draft.digest);
  assert.equal(must(parseWrit(bytes)).steps.length, 2);
  assert.deepEqual(must(await rig.api.writs()), []);
  writ = draft.digest;
  await rig.say("ada", { kind: "proposal", writ }, [bytes]);
  assert.equal(await stateOf(writ), "drafted");
  assert.deepEqual(must(await rig.api.blob(writ)), bytes);
  assert.equal(
    await rig.refuses("ada", { kind: "decision", writ, decision: "approve" }),
    "own-proposal",
  );
  assert.equal(
    await rig.refuses("butler", { kind: "decision", writ, decision: "approve" }),
    "wrong-role",
  );
  await rig.say("ben", { kind: "decision", writ, decision: "approve" });
  assert.match(must(await rig.api.writ(writ)).hindrance?.refused ?? "", /writ-not-armed/);
  const quorum = await rig.say("cleo", { kind: "decision", writ, decision: "approve" });
  await rig.witnessed(quorum);
  const armed = must(await rig.api.writ(writ));
  assert.equal(armed.state, "armed");
  assert.equal(armed.hindrance, undefined);
  assert.deepEqual(
    armed.course.map(({ state }) => state),
    ["drafted", "approved", "armed"],
  );
  assert.equal(must(await rig.api.writs("armed")).length, 1);
  assert.equal(must(await rig.api.writs("denied")).length, 0);
});

test("executed, a waiting probe is asked to look at once; a claim changes nothing", async () => {
  const { tag } = must(await rig.api.assignment("h1"))!;
  const began = performance.now();
  const waiting = rig.api.assignment("h1", { seconds: 30, tag });
  for (const step of [0, 1]) {
    await rig.say("executor-h1", { kind: "execution", writ, step, phase: "intent" });
    await rig.say("executor-h1", { kind: "execution", writ, step, phase: "done" });
  }
  const asked = must(await waiting)!;
  assert.ok(asked.assignment.lookSince > 0);
  assert.ok(performance.now() - began < 10_000, "it did not wait for the time to pass");
  await rig.witnessed(asked.assignment.lookSince - 1);
  await rig.say("butler", { kind: "claim", says: "completed", writ });
  assert.equal(await stateOf(writ), "executed");
});

test("sight fulfils it, and the certificate verifies offline", async () => {
  await sees(censusOf("h1", { runs: "3.8" }));
  assert.equal(await stateOf(writ), "fulfilled");
  let file: Uint8Array | Refused = new Uint8Array();
  for (let i = 0; i < 200; i += 1) {
    file = await rig.api.certificate(writ);
    if (!isRefused(file)) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const trust = { estate: rig.estate, verify: verifyNative };
  const verdict = must(verifyCertificate(must(file), trust));
  assert.equal(verdict.writ, writ);
  assert.equal(verdict.pinned, true);
  const proceeding = must(await rig.api.writ(writ));
  const entry = must(await rig.api.entry(proceeding.certificateIndex!));
  assert.equal(entry.signers[0]?.name, "journal");
  assert.equal(must(await rig.api.assignment("h1"))!.assignment.lookSince, 0);
});

test("after a change of the trust root the certificate still verifies, from the first one on", async () => {
  const document = { ...rig.document, number: 2, previous: rig.estate, witnessThreshold: 1 };
  const unsigned = { ...document, previous: digestOf(new Uint8Array()) };
  const stray = await rig.api.submit(rig.rootBytes(unsigned, rig.estate));
  assert.ok(isRefused(stray) && stray.refused === "bad-trust-root");
  const { index } = must(await rig.api.submit(rig.rootBytes(document, rig.estate)));
  await rig.witnessed(index);
  const trustRoot = must(await rig.api.trustRoot());
  assert.deepEqual([trustRoot.document.number, trustRoot.indexes.length], [2, 2]);
  const file = must(await rig.api.certificate(writ));
  must(verifyCertificate(file, { estate: rig.estate, verify: verifyNative }));
});

test("a copy kept elsewhere defies it and revokes the certificate", async () => {
  const copy = mass("/var/log/old.log", newWeights);
  await sees(censusOf("h1", { runs: "3.8", files: [copy] }));
  const proceeding = must(await rig.api.writ(writ));
  assert.equal(proceeding.state, "defied");
  assert.ok(proceeding.revokedIndex !== undefined);
  const file = await rig.api.certificate(writ);
  assert.ok(isRefused(file) && file.refused === "undeserved");
  const found = must(await rig.api.findings());
  assert.ok(found.some(({ where }) => where.includes("/var/log/old.log")));
});

test("whoever listened heard of it all", async () => {
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const states = news.filter(({ event }) => event === "writ").map(({ data }) => data.state);
  for (const state of [
    "drafted",
    "approved",
    "armed",
    "executing",
    "executed",
    "fulfilled",
    "defied",
  ]) {
    assert.ok(states.includes(state), `${state} was told`);
  }
  const indexes = news.filter(({ event }) => event === "entry").map(({ data }) => data.index);
  assert.deepEqual(
    indexes,
    [...indexes].sort((a, b) => Number(a) - Number(b)),
  );
  assert.ok(news.some(({ event }) => event === "findings"));
});

test("after a restart the estate is folded again to the same", async () => {
  await rig.witnessed(must(await rig.api.writ(writ)).revokedIndex!);
  const before = must(await rig.api.writ(writ));
  await rig.restart("SIGKILL");
  assert.deepEqual(must(await rig.api.writ(writ)), before);
  assert.deepEqual(must(await rig.api.census("h1")).host, "h1");
});
