/**
 * Vectors of refusal: one entry each, offered to one small journal, with the code that any
 * implementation must answer. `UPDATE=1` writes them anew; the diff is then to be read.
 */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { after, describe, test } from "node:test";
import { encodeWrit } from "../authority/writ.ts";
import { toBase64, toUtf8 } from "../encoding/bytes.ts";
import { encodeCanonical } from "../encoding/canonical-json.ts";
import { type Digest, digestOf } from "../encoding/digest.ts";
import { isRefused } from "../encoding/refusal.ts";
import { emptyEstate } from "../estate/estate.ts";
import { advance, replay } from "../estate/replay.ts";
import { type EntryBody, encodeStatement, parseEntry } from "../journal/entry.ts";
import { encodeEnvelope, entryBytesMax } from "../journal/envelope.ts";
import {
  censusOf,
  chatbotRegister,
  oldWeights,
  release,
  strangeWeights,
} from "../testing/chatbot.ts";
import {
  EstateKit,
  rootEntryBytes,
  signEntry,
  testKey,
  testRootDocument,
  verifyWithNode,
} from "../testing/estate-kit.ts";

type Vector = {
  readonly comment: string;
  readonly expect: string;
  readonly entry: string;
  readonly blobs: readonly string[];
};

const folder = new URL("../../../vectors/entry/", import.meta.url);
const order = { action: "rollback", component: "chatbot", from: "4.2", to: "3.8" } as const;

/** A journal with one writ proposed and once approved, one executed, one denied. */
async function journal(): Promise<EstateKit & { readonly writs: Record<string, Digest> }> {
  const kit = new EstateKit();
  kit.found();
  kit.register(...chatbotRegister("h1"));
  await kit.witness();
  kit.sees(censusOf("h1"));
  const denied = kit.propose(order);
  kit.decide("ben", denied, "deny");
  const done = await kit.carriedOut(order);
  const open = kit.propose(order);
  kit.decide("ben", open);
  const short = kit.propose(order, "ada", { expires: new Date(kit.now + 500).toISOString() });
  await kit.witness();
  return Object.assign(kit, { writs: { denied, done, open, short } });
}

const kit = await journal();
const { writs } = kit;
const approve = (writ: Digest): EntryBody => ({ kind: "decision", writ, decision: "approve" });
const say = (who: string, body: EntryBody) => ({ entry: kit.entryBytes(who, body) });
const claim: EntryBody = { kind: "claim", says: "note", note: "all is well" };

/** A statement of the butler's, with some of it changed before it is signed. */
function statement(changes: object, signers = ["butler"]): { entry: Uint8Array } {
  const entry = parseEntry(kit.entryBytes("butler", claim));
  assert.ok(!isRefused(entry));
  const payload = encodeCanonical({ ...entry.statement, ...changes } as never);
  return { entry: signEntry(payload, signers.map(testKey)) };
}

function proposal(changes: object, who = "ada"): { entry: Uint8Array; blobs: Uint8Array[] } {
  const writ = encodeWrit(kit.drawn(order, who, changes));
  return { ...say(who, { kind: "proposal", writ: digestOf(writ) }), blobs: [writ] };
}

function census(since: { size: number; root: string }, host = "h1") {
  const bytes = encodeCanonical(censusOf(host) as never);
  const body: EntryBody = { kind: "census", host: "h1", census: digestOf(bytes), since };
  return { ...say("probe-h1", body), blobs: [bytes] };
}

const fresh = { size: kit.estate.lastWitnessed!.size, root: kit.estate.lastWitnessed!.root };
const next = { number: 2, previous: kit.root.digest } as const;
const good = kit.entryBytes("butler", claim);
const statementBytes = toUtf8("nobody saw it");
const goodText = new TextDecoder().decode(good);

const cases: Readonly<
  Record<
    string,
    { readonly comment: string; readonly entry: Uint8Array; readonly blobs?: readonly Uint8Array[] }
  >
> = {
  "malformed/empty": { comment: "nothing at all", entry: new Uint8Array() },
  "malformed/not-json": { comment: "not JSON", entry: toUtf8("writ") },
  "malformed/not-utf8": { comment: "not UTF-8", entry: new Uint8Array([0x7b, 0xff, 0x7d]) },
  "malformed/deep": { comment: "a thousand brackets", entry: toUtf8("[".repeat(1000)) },
  "malformed/unknown-member": {
    comment: "a member that nobody defined could mean anything",
    ...statement({ also: 1 }),
  },
  "malformed/no-chain": { comment: "outside its key's chain", ...statement({ chain: undefined }) },
  "not-canonical/space": { comment: "one space more", entry: toUtf8(goodText.replace(":", ": ")) },
  "not-canonical/duplicate-key": {
    comment: "a key twice: parsers disagree on which one counts",
    entry: toUtf8(goodText.replace("{", '{"payloadType":"x",')),
  },
  "not-canonical/fraction": {
    comment: "a number with a fraction",
    entry: toUtf8(goodText.replace('"signatures":[', '"signatures":[1.5,')),
  },
  "oversized/entry": { comment: "over 65,535 bytes", entry: new Uint8Array(entryBytesMax + 1) },
  "unknown-version/2": { comment: "version 2 of the statement", ...statement({ version: 2 }) },
  "unknown-kind/body": {
    comment: "a kind that is not in the list",
    ...statement({ body: { kind: "order" } }),
  },
  "unknown-kind/payload-type": {
    comment: "signed as something else",
    entry: encodeEnvelope({
      payloadType: "application/json",
      payload: toUtf8("{}"),
      signatures: [{ key: testKey("ada").id, signature: new Uint8Array(64) }],
    }),
  },
  "unknown-signer/stranger": { comment: "a key that nobody has", ...statement({}, ["stranger"]) },
  "bad-signature/other-payload": {
    comment: "a good signature of other bytes",
    entry: toUtf8(
      goodText.replace(/"sig":"[^"]+"/, `"sig":"${toBase64(testKey("butler").sign(toUtf8("x")))}"`),
    ),
  },
  "bad-signature/none": {
    comment: "no signature",
    entry: toUtf8(goodText.replace(/"signatures":\[.*\]/, '"signatures":[]')),
  },
  "duplicate-signer/two": {
    comment: "two keys sign one claim",
    ...statement({}, ["butler", "executor-h1"]),
  },
  "wrong-role/agent-approves": {
    comment: "an agent approves",
    ...say("butler", approve(writs.open!)),
  },
  "wrong-role/probe-claims": { comment: "a probe claims", ...say("probe-h1", claim) },
  "wrong-role/agent-registers": {
    comment: "an agent changes the register",
    ...say("butler", { kind: "register", set: [], remove: ["h1-shutdown"] }),
  },
  "wrong-role/other-host": {
    comment: "a probe of one host speaks for another",
    ...say("probe-h1", { kind: "heartbeat", host: "h2", spooled: 0 }),
  },
  "wrong-role/other-census": { comment: "a census of another host inside", ...census(fresh, "h2") },
  "chain-gap/ahead": {
    comment: "an entry is missing before it",
    ...statement({ chain: { sequence: 7, previous: strangeWeights } }),
  },
  "chain-fork/again": {
    comment: "another entry at a place that is taken",
    entry: signEntry(
      encodeStatement({
        version: 1,
        estate: kit.estate.id!,
        at: "2026-11-25T02:00:00.000Z",
        chain: { sequence: 0 },
        body: approve(writs.open!),
      }),
      [testKey("ben")],
    ),
  },
  "wrong-estate/other": { comment: "of another estate", ...statement({ estate: strangeWeights }) },
  "bad-trust-root/number": {
    comment: "version 3 after 1",
    entry: rootEntryBytes(testRootDocument({ ...next, number: 3 }), ["ada", "ben"], kit.estate.id),
  },
  "bad-trust-root/threshold": {
    comment: "more seats than members",
    entry: rootEntryBytes(
      testRootDocument({ ...next, amendment: [{ group: "operators", threshold: 4 }] }),
      ["ada", "ben"],
      kit.estate.id,
    ),
  },
  "bad-trust-root/shared-key": {
    comment: "one key for two people",
    entry: rootEntryBytes(
      testRootDocument({
        ...next,
        principals: [
          ...testRootDocument().principals,
          {
            name: "dora",
            kind: "human",
            keys: [{ type: "ed25519", public: toBase64(testKey("ada").publicKey) }],
          },
        ],
      }),
      ["ada", "ben"],
      kit.estate.id,
    ),
  },
  "bad-trust-root/software-keys": {
    comment: "software keys where the root admits none",
    entry: rootEntryBytes(
      testRootDocument({ ...next, softwareKeys: false }),
      ["ada", "ben"],
      kit.estate.id,
    ),
  },
  "root-not-quorate/one": {
    comment: "one of two signed",
    entry: rootEntryBytes(testRootDocument(next), ["ada"], kit.estate.id),
  },
  "malformed/threshold-zero": {
    comment: "a threshold of zero (GHSA-fphv-w9fq-2525)",
    entry: rootEntryBytes(
      testRootDocument({ ...next, amendment: [{ group: "operators", threshold: 0 }] }),
      ["ada", "ben"],
      kit.estate.id,
    ),
  },
  "unknown-reference/component": {
    comment: "a release of a component that is not registered",
    ...say("ada", {
      kind: "register",
      set: [{ ...release("1", oldWeights, "active"), component: "nobody" } as never],
      remove: [],
    }),
  },
  "conflicting-register/other-bytes": {
    comment: "a release with other bytes than before",
    ...say("ada", {
      kind: "register",
      set: [release("3.8", strangeWeights, "approved")],
      remove: [],
    }),
  },
  "lifecycle-by-writ-only/retire": {
    comment: "an edit that retires a release",
    ...say("ada", {
      kind: "register",
      set: [{ ...release("3.8", oldWeights, "active"), lifecycle: "retired" } as never],
      remove: [],
    }),
  },
  "missing-blob/census": {
    comment: "a census that was not sent",
    ...say("probe-h1", { kind: "census", host: "h1", census: strangeWeights, since: fresh }),
  },
  "stale-sight/unknown-root": {
    comment: "fresh against a root that never was",
    ...census({ size: fresh.size, root: "0".repeat(64) }),
  },
  "stale-sight/never": {
    comment: "against nothing, after a fresher one",
    ...census({ size: 0, root: "0".repeat(64) }),
  },
  "unknown-writ/approve": {
    comment: "approval of nothing",
    ...say("cleo", approve(strangeWeights)),
  },
  "own-proposal/approve": { comment: "a proposer approves", ...say("ada", approve(writs.open!)) },
  "already-decided/approve": { comment: "one person twice", ...say("ben", approve(writs.open!)) },
  "writ-closed/approve": {
    comment: "approval after denial",
    ...say("cleo", approve(writs.denied!)),
  },
  "writ-expired/approve": {
    comment: "approval after expiry",
    ...say("cleo", approve(writs.short!)),
  },
  "writ-expired/propose": {
    comment: "expired before it was proposed",
    ...proposal({ expires: "2026-11-25T01:00:00.000Z" }),
  },
  "past-the-fence/veto": {
    comment: "veto after the first effect",
    ...say("ada", { kind: "decision", writ: writs.done!, decision: "veto" }),
  },
  "writ-not-armed/begin": {
    comment: "begun with one approval of two",
    ...say("executor-h1", { kind: "execution", writ: writs.open!, step: 0, phase: "intent" }),
  },
  "out-of-order/second-step": {
    comment: "the second step first",
    ...say("executor-h1", { kind: "execution", writ: writs.open!, step: 1, phase: "intent" }),
  },
  "out-of-order/done-unbegun": {
    comment: "done and never begun",
    ...say("executor-h1", { kind: "execution", writ: writs.open!, step: 0, phase: "done" }),
  },
  "wrong-role/other-executor": {
    comment: "an executor of another host",
    ...say("executor-h2", { kind: "execution", writ: writs.open!, step: 0, phase: "intent" }),
  },
  "wrong-plan/no-step": {
    comment: "a step that the writ does not have",
    ...say("executor-h1", { kind: "execution", writ: writs.open!, step: 9, phase: "intent" }),
  },
  "wrong-plan/fewer-steps": {
    comment: "a writ that leaves a step out",
    ...proposal({ steps: kit.drawn(order).steps.slice(1) }),
  },
  "wrong-plan/no-control": {
    comment: "a writ that looks at fewer hosts",
    ...proposal({
      verification: { hosts: [], vantages: ["files"], blindSpots: [], watchSeconds: 3600 },
    }),
  },
  "stale-inventory/fewer-places": {
    comment: "a writ over fewer places",
    ...proposal({ inventory: kit.drawn(order).inventory.slice(1) }),
  },
  "bad-trust-root/writ": {
    comment: "a writ drawn under another root",
    ...proposal({ root: strangeWeights }),
  },
  "wrong-role/other-proposer": {
    comment: "a writ in somebody else's name",
    ...proposal({ proposer: "ben" }),
  },
  "malformed/checkpoint": {
    comment: "no checkpoint",
    ...say("journal", { kind: "witnessed", checkpoint: "none" }),
  },
  "not-cosigned/witnessed": {
    comment: "one witness of two",
    ...say("journal", {
      kind: "witnessed",
      checkpoint: await kit.cosignedCheckpoint(["witness-1"]),
    }),
  },
  "undeserved/certificate": {
    comment: "a certificate for what nobody has seen",
    ...say("journal", {
      kind: "certificate",
      writ: writs.done!,
      statement: digestOf(statementBytes),
    }),
    blobs: [statementBytes],
  },
};

const ports = (blobs: readonly Uint8Array[]) => {
  const held = new Map([...kit.blobs, ...blobs.map((bytes) => [digestOf(bytes), bytes] as const)]);
  return {
    reading: "whole" as const,
    verify: verifyWithNode,
    blob: (digest: Digest) => held.get(digest),
  };
};

if (process.env.UPDATE) {
  for (const [name, { comment, entry, blobs = [] }] of Object.entries(cases)) {
    const expect = name.split("/")[0]!;
    const vector: Vector = { comment, expect, entry: toBase64(entry), blobs: blobs.map(toBase64) };
    mkdirSync(folder, { recursive: true });
    const file = new URL(`${name.replace("/", "_")}.json`, folder);
    writeFileSync(file, `${JSON.stringify(vector, null, 1)}\n`);
  }
  const lines = kit.entries.map(toBase64);
  const blobs = [...kit.blobs.values()].map(toBase64);
  writeFileSync(
    new URL("journal.json", folder),
    `${JSON.stringify({ entries: lines, blobs }, null, 1)}\n`,
  );
}

describe("an entry is refused by its code", () => {
  const files = readdirSync(folder).filter((file) => file !== "journal.json");
  const written = JSON.parse(readFileSync(new URL("journal.json", folder), "utf8"));
  const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, "base64"));
  const seen = new Set<string>();
  after(() => assert.ok(seen.size >= 30, `only ${seen.size} codes have a vector`));
  for (const file of files) {
    test(file, () => {
      const vector: Vector = JSON.parse(readFileSync(new URL(file, folder), "utf8"));
      const blobs = [...written.blobs.map(bytesOf), ...vector.blobs.map(bytesOf)];
      const estate = replay(emptyEstate(), written.entries.map(bytesOf), ports(blobs));
      assert.ok(!isRefused(estate), JSON.stringify(estate));
      const before = JSON.stringify(estate.size);
      const result = advance(estate, bytesOf(vector.entry), ports(blobs));
      seen.add(vector.expect);
      assert.equal(isRefused(result) ? result.refused : "admitted", vector.expect, vector.comment);
      assert.equal(JSON.stringify(estate.size), before);
    });
  }
});

test("the same door lets an honest entry in", () => {
  const estate = replay(emptyEstate(), kit.entries, ports([]));
  assert.ok(!isRefused(estate));
  assert.ok(!isRefused(advance(estate, good, ports([]))));
});
