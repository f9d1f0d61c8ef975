import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { toBase64, toUtf8 } from "../encoding/bytes.ts";
import { isRefused } from "../encoding/refusal.ts";
import { verifyWithNode } from "../testing/estate-kit.ts";
import { type Manner, testPasskey, testPasskeys } from "../testing/passkey.ts";
import { checkSignature, type KnownKey, knownKey, signatureCounter } from "./key.ts";

const message = toUtf8("DSSEv1 an order");
const passkeys = { p256: testPasskey("p256"), ed25519: testPasskey("ed25519") };

function known(curve: "p256" | "ed25519"): KnownKey {
  const written = { type: "webauthn", public: toBase64(passkeys[curve].publicKey) } as const;
  const key = knownKey({ ...written, credential: "AA==" }, testPasskeys);
  assert.ok(!isRefused(key));
  return key;
}

function verdict(manner: Manner, curve: "p256" | "ed25519" = "p256"): string {
  const signature = passkeys[curve].assertion(message, manner);
  const bad = checkSignature(known(curve), { message, signature }, verifyWithNode);
  return bad === undefined ? "good" : bad.detail;
}

test("a person's passkey signs, on either curve, and later levels may add to the client data", () => {
  for (const curve of ["p256", "ed25519"] as const) {
    assert.equal(verdict({}, curve), "good");
    const clientData = (proper: string) => proper.replace(/\}$/, ',"other":"keys may come"}');
    assert.equal(verdict({ clientData }, curve), "good");
  }
});

const [present, verified, eligible, backedUp, attested, extended] = [1, 4, 8, 16, 64, 128];
const manners: readonly (readonly [string, Manner, RegExp])[] = [
  ["nobody was there", { flags: verified }, /nobody touched/],
  ["nobody was verified", { flags: present }, /did not verify/],
  ["it is synced", { flags: present | verified | eligible | backedUp }, /copied to other devices/],
  ["it could be synced", { flags: present | verified | eligible }, /copied to other devices/],
  ["attested data", { flags: present | verified | attested }, /more than was asked/],
  ["extensions", { flags: present | verified | extended }, /more than was asked/],
  ["another site's", { relyingParty: "evil.test" }, /another relying party/],
  ["another statement", { challenge: new Uint8Array(32) }, /another statement/],
  ["an enrolment", { clientData: (text) => text.replace("get", "create") }, /another statement/],
  ["another origin", { clientData: (text) => text.replace("writ.test", "evil.test") }, /origin/],
  ["in a frame", { clientData: (text) => text.replace("false", "true") }, /frame/],
  ["spaces", { clientData: (text) => text.replaceAll(",", ", ") }, /another statement/],
  ["an end that is none", { clientData: (text) => `${text}}` }, /does not end/],
  ["too long", { clientData: (text) => `${text}${" ".repeat(2048)}` }, /too long/],
];
for (const [name, manner, why] of manners) {
  test(`an assertion is refused: ${name}`, () => assert.match(verdict(manner), why));
}

test("any changed byte of an assertion is refused", () => {
  const signature = passkeys.p256.assertion(message);
  fc.assert(
    fc.property(fc.nat(signature.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
      const other = signature.slice();
      other[at]! ^= mask;
      assert.ok(
        isRefused(checkSignature(known("p256"), { message, signature: other }, () => true)),
      );
    }),
    { numRuns: process.env.SLOW ? 1000 : 100 },
  );
});

test("what counts is told: passkeys and security keys that count, and no others", () => {
  const count = (counter: number) =>
    signatureCounter(known("p256"), passkeys.p256.assertion(message, { counter }));
  assert.equal(count(7), 7);
  assert.equal(count(0), 0);
  assert.equal(signatureCounter(known("p256"), toUtf8("no assertion")), undefined);
});

test("a passkey is a point, under rules for passkeys, of an admitted make if it names one", () => {
  const [make] = testPasskeys.authenticators;
  const point = toBase64(passkeys.p256.publicKey);
  const key = { type: "webauthn", public: point, credential: "AA==" } as const;
  const custody = (attested?: string, rules = testPasskeys) => {
    const read = knownKey({ ...key, ...(attested === undefined ? {} : { attested }) }, rules);
    return isRefused(read) ? read.refused : read.custody;
  };
  assert.equal(custody(), "software");
  assert.equal(custody(make!.aaguid), "hardware");
  assert.equal(custody("f".repeat(32)), "bad-trust-root");
  const none = knownKey(key);
  assert.ok(isRefused(none) && none.refused === "bad-trust-root");
  const short = knownKey({ ...key, public: toBase64(new Uint8Array(33)) }, testPasskeys);
  assert.ok(isRefused(short) && short.refused === "bad-trust-root");
});
