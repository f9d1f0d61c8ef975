import assert from "node:assert/strict";
import { test } from "node:test";
import { type Digest, enrolmentChallenge, isRefused, trustRoot } from "@writ/core";
import { testRootDocument } from "../core/testing/estate-kit.ts";
import { verifyEnrolment } from "./passkey-attestation.ts";
import { type Attesting, attest, makeOf, testAaguid } from "./testing/attesting-authenticator.ts";

const estate: Digest = `sha256:${"5".repeat(64)}`;
const make = await makeOf();
const other = await makeOf();
const chromium = "01020304050607080102030405060708";
const passkeys = {
  relyingParty: "writ.test",
  origins: ["https://writ.test"],
  authenticators: [{ aaguid: testAaguid, name: "a key for tests", roots: [make.root] }],
};
const strict = testRootDocument({ passkeys, softwareKeys: false });
const proper: Attesting = {
  challenge: enrolmentChallenge(estate, "cleo"),
  relyingParty: "writ.test",
  origin: "https://writ.test",
  make,
};

const enrol = (changes: Partial<Attesting>, document = strict) =>
  verifyEnrolment({ estate, document }, "cleo", attest({ ...proper, ...changes }));

test("a make of the list, vouched for by its root, is hardware", async () => {
  const enrolled = await enrol({});
  assert.ok(!isRefused(enrolled), JSON.stringify(enrolled));
  const { key, format, software } = enrolled;
  assert.equal(format, "packed");
  assert.equal(software, undefined);
  assert.ok(key.type === "webauthn" && key.attested === testAaguid);
  assert.equal(Buffer.from(key.public, "base64").length, 65);
});

const refusals: readonly [string, Partial<Attesting>, RegExp][] = [
  ["a program that signs for itself", { format: "self" }, /no certificate of its make/],
  ["no attestation", { format: "none" }, /no certificate of its make/],
  ["a root that is not the make's", { make: other }, /does not verify/],
  ["a make that its certificate does not name", { aaguid: "f".repeat(32) }, /does not verify/],
  ["a make that is not on the list", { aaguid: "f".repeat(32), format: "none" }, /not on the/],
  ["Chromium's virtual authenticator", { aaguid: chromium, format: "none" }, /is a program/],
  ["a passkey that may be copied", { flags: 0x4d }, /can be copied/],
  ["a passkey that was copied", { flags: 0x5d }, /can be copied/],
  ["nobody verified", { flags: 0x41 }, /verif/],
  ["nobody present", { flags: 0x44 }, /present|touched/],
  ["another origin's frame", { crossOrigin: true }, /in a frame/],
  ["another origin", { origin: "https://evil.test" }, /another origin/],
  ["another relying party", { relyingParty: "evil.test" }, /does not verify/],
  ["another person", { challenge: enrolmentChallenge(estate, "ada") }, /another statement/],
];
for (const [name, changes, why] of refusals) {
  test(`enrolment refuses ${name}`, async () => {
    const enrolled = await enrol(changes);
    assert.ok(isRefused(enrolled), "it was enrolled");
    assert.match(enrolled.detail, why);
  });
}

test("a make with no roots proves nothing, whoever signed its certificate", async () => {
  const authenticators = [{ aaguid: testAaguid, name: "a key for tests" }];
  const document = testRootDocument({ passkeys: { ...passkeys, authenticators } });
  const enrolled = await enrol({ make: other }, document);
  assert.ok(!isRefused(enrolled) && enrolled.key.type === "webauthn");
  assert.equal(enrolled.key.attested, undefined);
  assert.match(enrolled.software ?? "", /no certificate/);
});

test("where software keys are admitted, a virtual authenticator is one, and says so", async () => {
  const document = testRootDocument({ passkeys, softwareKeys: true });
  const enrolled = await enrol({ aaguid: chromium, format: "none" }, document);
  assert.ok(!isRefused(enrolled) && enrolled.key.type === "webauthn");
  assert.equal(enrolled.key.attested, undefined);
});

test("no trust root may list a virtual authenticator as hardware", () => {
  for (const aaguid of [chromium, "0".repeat(32)]) {
    const authenticators = [{ aaguid, name: "a nice key" }];
    const root = trustRoot(testRootDocument({ passkeys: { ...passkeys, authenticators } }));
    assert.ok(isRefused(root) && /is a program/.test(root.detail));
  }
});

test("two enrolments at once do not lend each other their roots", async () => {
  const authenticators = [{ aaguid: testAaguid, name: "another make", roots: [other.root] }];
  const theirs = testRootDocument({ passkeys: { ...passkeys, authenticators } });
  const told = await Promise.all([
    enrol({}),
    enrol({ make: other }, theirs),
    enrol({ make: other }),
    enrol({}, theirs),
  ]);
  assert.deepEqual(told.map(isRefused), [false, false, true, true]);
});

test("what is no attestation is refused, and nothing is thrown", async () => {
  const answer = attest(proper);
  const whole = answer.response.attestationObject;
  for (const attestationObject of ["", "AA", "!", whole.slice(0, 80), whole.slice(0, -8)]) {
    const response = { ...answer.response, attestationObject };
    const enrolled = await verifyEnrolment({ estate, document: strict }, "cleo", {
      ...answer,
      response,
    });
    assert.ok(isRefused(enrolled), attestationObject.slice(0, 20));
  }
});
