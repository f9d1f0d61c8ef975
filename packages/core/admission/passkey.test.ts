import assert from "node:assert/strict";
import { test } from "node:test";
import { toBase64 } from "../encoding/bytes.ts";
import { isRefused } from "../encoding/refusal.ts";
import { encodeStatement } from "../journal/entry.ts";
import { EstateKit, signEntry, testRootDocument } from "../testing/estate-kit.ts";
import { testPasskey, testPasskeys } from "../testing/passkey.ts";

const passkey = testPasskey("p256");
const attested = testPasskeys.authenticators[0]!.aaguid;
const key = { type: "webauthn", public: toBase64(passkey.publicKey), credential: "AA==" } as const;

function rootWith(keys: readonly (typeof key & { readonly attested?: string })[]) {
  const document = testRootDocument({ passkeys: testPasskeys });
  const principals = document.principals.map((one) =>
    one.name === "cleo" ? { ...one, keys } : one,
  );
  return { ...document, principals };
}

/** A registration by cleo, whose device says that it has signed so often. */
function entryBytes(kit: EstateKit, counter: number): Uint8Array {
  const head = kit.estate.heads.get(passkey.id);
  const statement = {
    version: 1 as const,
    estate: kit.estate.id!,
    at: new Date(kit.now).toISOString(),
    chain:
      head === undefined ? { sequence: 0 } : { sequence: head.sequence + 1, previous: head.digest },
    body: { kind: "register" as const, set: [], remove: [] },
  };
  const sign = (message: Uint8Array) => passkey.assertion(message, { counter });
  return signEntry(encodeStatement(statement), [{ ...passkey, sign }]);
}

test("a person signs with a passkey; its copy is told by its count", () => {
  const kit = new EstateKit();
  kit.found(rootWith([{ ...key, attested }]));
  // Some authenticators do not count, and say 0 for ever.
  for (const counter of [0, 0, 1, 2, 9]) assert.ok(!isRefused(kit.offer(entryBytes(kit, counter))));
  for (const counter of [9, 3, 0]) {
    const offered = kit.offer(entryBytes(kit, counter));
    assert.ok(isRefused(offered) && offered.refused === "cloned-key");
  }
  assert.ok(!isRefused(kit.offer(entryBytes(kit, 10))));
});

test("a passkey of no attested make is a software key", () => {
  const kit = new EstateKit();
  const document = rootWith([key]);
  assert.throws(() => kit.found({ ...document, softwareKeys: false }), /software key/);
  kit.found(document);
});
