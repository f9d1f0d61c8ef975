/** The door, as a stranger, a butler, and a careless client find it: a real process, real keys. */
import assert from "node:assert/strict";
import { get } from "node:http";
import { after, before, test } from "node:test";
import {
  type Digest,
  digestOf,
  encodeCanonical,
  entryPayloadType,
  isRefused,
  type JsonObject,
  preAuthenticationEncoding,
  sealEntry,
  toUtf8,
} from "@writ/core";
import { component, newWeights, release } from "../../packages/core/testing/chatbot.ts";
import { signEntry, testKey } from "../../packages/core/testing/estate-kit.ts";
import { Rig } from "./testing/rig.ts";

let rig: Rig;
before(async () => {
  rig = await Rig.open({ witnesses: 1, threshold: 1 });
});
after(() => rig.close());

const note = (text: string) => ({ kind: "claim" as const, says: "note" as const, note: text });

async function codeOf(bytes: Uint8Array, blobs: readonly Uint8Array[] = []): Promise<string> {
  const result = await rig.api.submit(bytes, blobs);
  return isRefused(result) ? result.refused : "admitted";
}

test("before the first trust root nothing else is taken", async () => {
  assert.equal(await rig.refuses("butler", note("hello")), "no-trust-root");
  const trustRoot = await rig.api.trustRoot();
  assert.ok(isRefused(trustRoot) && trustRoot.refused === "no-trust-root");
});

test("a trust root that names another server's keys is refused", async () => {
  const { document } = rig;
  const foreign = { type: "ed25519" as const, public: Buffer.alloc(32, 7).toString("base64") };
  const origin = document.journal.origin;
  const otherJournal = rig.rootBytes({ ...document, journal: { origin, key: foreign } });
  assert.equal(await codeOf(otherJournal), "bad-trust-root");
  const principals = document.principals.map((one) =>
    one.kind === "journal" ? { ...one, keys: [foreign] } : one,
  );
  assert.equal(await codeOf(rig.rootBytes({ ...document, principals })), "bad-trust-root");
});

test("the trust root is taken once, and again it is a duplicate", async () => {
  const bytes = rig.rootBytes();
  const first = await rig.api.submit(bytes);
  assert.deepEqual(first, { index: 0, digest: digestOf(bytes), duplicate: false });
  assert.deepEqual(await rig.api.submit(bytes), { ...first, duplicate: true });
  const trustRoot = await rig.api.trustRoot();
  assert.ok(!isRefused(trustRoot));
  assert.equal(trustRoot.digest, rig.estate);
  assert.deepEqual(trustRoot.document, rig.document);
});

test("bytes that are no entry are refused by what is wrong with them", async () => {
  const good = rig.entryBytes("butler", note("spaces"));
  const spaced = Buffer.concat([Buffer.from(good).subarray(0, 1), toUtf8(" "), good.subarray(1)]);
  assert.equal(await codeOf(toUtf8("{")), "malformed");
  assert.equal(await codeOf(new Uint8Array(0)), "malformed");
  assert.equal(await codeOf(new Uint8Array(spaced)), "not-canonical");
  assert.equal(await codeOf(new Uint8Array(65_536).fill(0x20)), "oversized");
  const signed = (statement: JsonObject) =>
    signEntry(encodeCanonical(statement), [testKey("butler")]);
  assert.equal(await codeOf(signed({ version: 2 })), "unknown-version");
  assert.equal(await codeOf(signed({ version: 1 })), "malformed");
  const at = "2026-11-25T02:00:00.000Z";
  const strange = { version: 1, estate: rig.estate, at, body: { kind: "order", do: "all" } };
  assert.notEqual(await codeOf(signed(strange)), "admitted");
});

test("who may not speak is refused: a stranger, a wrong key, a wrong role, two signatures", async () => {
  assert.equal(await codeOf(rig.entryBytes("stranger", note("x"))), "unknown-signer");
  const bytes = rig.entryBytes("butler", note("x"));
  const envelope = JSON.parse(Buffer.from(bytes).toString());
  const payload = new Uint8Array(Buffer.from(envelope.payload, "base64"));
  const message = preAuthenticationEncoding(entryPayloadType, payload);
  const forged = { key: testKey("butler").id, signature: testKey("stranger").sign(message) };
  assert.equal(await codeOf(sealEntry(payload, [forged])), "bad-signature");
  const twice = signEntry(payload, [testKey("butler"), testKey("ada")]);
  assert.equal(await codeOf(twice), "duplicate-signer");
  const change = { kind: "register" as const, set: [component], remove: [] };
  assert.equal(await rig.refuses("butler", change), "wrong-role");
  assert.equal(await rig.refuses("ada", note("humans do not claim")), "wrong-role");
  const beat = { kind: "heartbeat" as const, host: "h2", spooled: 0 };
  assert.equal(await rig.refuses("probe-h1", beat), "wrong-role");
});

test("an entry of another estate is refused", async () => {
  const estate = digestOf(toUtf8("another")) as Digest;
  assert.equal(await codeOf(rig.entryBytes("butler", note("x"), { estate })), "wrong-estate");
});

test("a key's entries are one chain: gaps, forks and replays are refused", async () => {
  await rig.say("butler", note("first"));
  const head = await rig.api.head(testKey("butler").id);
  assert.ok(!isRefused(head));
  assert.equal(head.sequence, 0);
  assert.deepEqual(await rig.api.head("0".repeat(32)), { sequence: -1 });
  const gap = rig.entryBytes("butler", note("gap"), { sequence: 2 });
  assert.equal(await codeOf(gap), "chain-gap");
  const fork = rig.entryBytes("butler", note("fork"), { sequence: 0 });
  assert.equal(await codeOf(fork), "chain-fork");
  const other = rig.entryBytes("butler", note("fork"), { previous: digestOf(toUtf8("other")) });
  assert.equal(await codeOf(other), "chain-fork");
  const bytes = rig.entryBytes("butler", note("second"));
  assert.equal(await codeOf(bytes), "admitted");
  rig.advance("butler", bytes);
  const again = await rig.api.submit(bytes);
  assert.ok(!isRefused(again) && again.duplicate, "the same bytes are the same entry");
});

test("blobs must be there, be the ones named, and nothing else", async () => {
  const writ = toUtf8("{}");
  const proposal = { kind: "proposal" as const, writ: digestOf(writ) };
  assert.equal(await rig.refuses("ada", proposal), "missing-blob");
  assert.equal(await rig.refuses("ada", proposal, [toUtf8("other")]), "wrong-blob");
  assert.equal(await rig.refuses("ada", proposal, [writ]), "malformed");
  const stored = await rig.api.blob(digestOf(writ));
  assert.ok(isRefused(stored), "what a refused proposal brought is not kept");
  assert.equal(await rig.refuses("butler", note("x"), [writ]), "wrong-blob");
});

test("what contradicts the register is refused, with a hint", async () => {
  const set = [component, release("4.2", newWeights, "active")];
  await rig.say("ada", { kind: "register", set, remove: [] });
  const moved = {
    kind: "register" as const,
    remove: [],
    set: [release("4.2", newWeights, "approved")],
  };
  const result = await rig.api.submit(rig.entryBytes("ada", moved));
  assert.ok(isRefused(result));
  assert.equal(result.refused, "lifecycle-by-writ-only");
  assert.match((result as { hint?: string }).hint ?? "", /writ/);
});

test("many at once: each key's chain is kept, and all are answered", async () => {
  const bytes: Uint8Array[] = [];
  for (let i = 0; i < 50; i += 1) {
    const entry = rig.entryBytes("butler", note(`burst ${i}`));
    rig.advance("butler", entry);
    bytes.push(entry);
  }
  const results = await Promise.all(bytes.map((entry) => rig.api.submit(entry)));
  // Sent side by side, they may arrive in another order than the chain's: such are refused as gaps,
  // and are taken when they are sent again.
  for (const [i, result] of results.entries()) {
    if (!isRefused(result)) continue;
    assert.equal(result.refused, "chain-gap");
    const again = await rig.api.submit(bytes[i]!);
    assert.ok(!isRefused(again), JSON.stringify(again));
  }
});

test("refusals are journalled: one line of a kind, with its count", async () => {
  const before = await rig.api.estate();
  assert.ok(!isRefused(before));
  assert.ok(before.counts.refusals >= 8, `${before.counts.refusals} refusals are told`);
  for (let i = 0; i < 200; i += 1) {
    assert.equal(await rig.refuses("stranger", note(`flood ${i}`)), "unknown-signer");
  }
  const after = await rig.api.estate();
  assert.ok(!isRefused(after));
  assert.ok(after.counts.refusals - before.counts.refusals <= 1, "a flood is one line");
});

test("HTTP: no body without a length, no other type, no other Host, no markup", async () => {
  const post = (init: RequestInit) => fetch(`${rig.url}/api/entries`, { method: "POST", ...init });
  const wrongType = await post({ body: "entry=x", headers: { "content-type": "text/plain" } });
  assert.equal(wrongType.status, 400);
  const notJson = await post({ body: "{", headers: { "content-type": "application/json" } });
  assert.equal(notJson.status, 400);
  assert.equal(((await notJson.json()) as { refused: string }).refused, "malformed");
  const more = { entry: "", blobs: [], more: 1 };
  const headers = { "content-type": "application/json" };
  const unknownMember = await post({ body: JSON.stringify(more), headers });
  assert.equal(unknownMember.status, 400);
  const body = new Blob(["{}"]).stream();
  const unknownLength = await post({ body, headers, duplex: "half" } as RequestInit);
  assert.equal(unknownLength.status, 400);
  for (const path of [
    "/journal/tile/..%2fcheckpoint",
    "/journal/tile/0/x",
    "/api/hosts/a%2Fb/census",
  ]) {
    const response = await fetch(rig.url + path);
    assert.ok(response.status >= 400 && response.status < 500, `${path}: ${response.status}`);
    assert.match(response.headers.get("content-type") ?? "", /^application\/json/);
  }
  assert.equal(await statusFor("evil.test"), 400);
  assert.equal(await statusFor("localhost:1"), 200);
  const estate = await fetch(`${rig.url}/api/estate`, { headers: { origin: "https://evil.test" } });
  assert.equal(estate.headers.get("access-control-allow-origin"), null);
  assert.equal(estate.headers.get("x-content-type-options"), "nosniff");
});

/** The status that a request gets under a Host name. */
function statusFor(host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(`${rig.url}/api/estate`, { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on("error", reject);
  });
}
