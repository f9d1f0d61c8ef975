import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { ed25519 } from "@noble/curves/ed25519.js";
import fc from "fast-check";
import { concatBytes, fromHex, toUtf8 } from "../encoding/bytes.ts";
import { runs } from "../tlog/testing/runs.ts";
import { nodeVerify } from "../tlog/testing/signer.ts";
import { isEd25519Key, verifyEd25519 } from "./ed25519.ts";

const { Point } = ed25519;
/** A point of order 8. */
const torsion = Point.fromBytes(
  fromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")!,
);

function little(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
}

/** Signs as the owner of `scalar` may: with torsion added to R or to the public key. */
function crafted(scalar: bigint, message: Uint8Array, twist: { r: bigint; key: bigint }) {
  const twisted = (point: typeof torsion, times: bigint) =>
    times === 0n ? point : point.add(torsion.multiplyUnsafe(times));
  const publicKey = twisted(Point.BASE.multiply(scalar), twist.key).toBytes();
  const r = Point.Fn.create(scalar * 7919n + 1n);
  const bigR = twisted(Point.BASE.multiply(r), twist.r).toBytes();
  const hash = createHash("sha512").update(bigR).update(publicKey).update(message).digest();
  const k = BigInt(`0x${Buffer.from(hash.toReversed()).toString("hex")}`);
  const s = Point.Fn.create(r + Point.Fn.create(k) * scalar);
  return { publicKey, signature: concatBytes(bigR, little(s)), s };
}

test("RFC 8032 §7.1, test 2", () => {
  const publicKey = fromHex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")!;
  const signature = fromHex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  )!;
  assert.equal(verifyEd25519(publicKey, new Uint8Array([0x72]), signature), true);
  assert.equal(verifyEd25519(publicKey, new Uint8Array([0x73]), signature), false);
  assert.equal(verifyEd25519(publicKey.subarray(1), new Uint8Array([0x72]), signature), false);
  assert.equal(verifyEd25519(publicKey, new Uint8Array([0x72]), signature.subarray(1)), false);
});

test("a signature that only the cofactored equation takes is refused, as by OpenSSL", () => {
  const message = toUtf8("split the readers");
  const { publicKey, signature } = crafted(12345n, message, { r: 1n, key: 0n });
  assert.equal(ed25519.verify(signature, message, publicKey, { zip215: false }), true);
  assert.equal(nodeVerify(publicKey, message, signature), false);
  assert.equal(verifyEd25519(publicKey, message, signature), false);
});

test("the verdict is OpenSSL's, whatever a key's owner crafts", () => {
  const scalar = fc.bigInt({ min: 2n, max: Point.Fn.ORDER - 1n });
  const eighth = fc.bigInt({ min: 0n, max: 7n });
  const message = fc.uint8Array({ maxLength: 20 });
  fc.assert(
    fc.property(scalar, message, eighth, eighth, fc.nat(511), (...drawn) => {
      const [secret, text, r, key, bit] = drawn;
      const made = crafted(secret, text, { r, key });
      const judged = (signature: Uint8Array) => {
        const verdict = verifyEd25519(made.publicKey, text, signature);
        assert.equal(verdict, nodeVerify(made.publicKey, text, signature));
        return verdict;
      };
      const verdict = judged(made.signature);
      if (r === 0n && key === 0n) assert.equal(verdict, true);
      const changed = made.signature.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      assert.equal(judged(changed), false);
      const longer = concatBytes(made.signature.subarray(0, 32), little(made.s + Point.Fn.ORDER));
      assert.equal(judged(longer), false);
    }),
    runs,
  );
});

test("what anybody could sign under is no key", () => {
  const zero = new Uint8Array(32);
  const identity = zero.with(0, 1);
  const past = new Uint8Array(32).fill(255).with(0, 238).with(31, 127);
  for (const bytes of [zero, identity, torsion.toBytes(), past, zero.subarray(1)]) {
    assert.equal(isEd25519Key(bytes), false);
  }
  assert.equal(isEd25519Key(Point.BASE.toBytes()), true);
});
