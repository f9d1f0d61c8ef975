import assert from "node:assert/strict";
import { chmod, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { isRefused, verifyEd25519 } from "@writ/core";
import fc from "fast-check";
import { verifyInPool, verifyNative } from "./ed25519.ts";
import { createKeyFile, readKeyFile } from "./key-file.ts";
import { freshFolder } from "./testing/folder.ts";

const numRuns = process.env.SLOW ? 1000 : 10;

describe("a key file", () => {
  it("gives back the key that was made, and only its owner may read it", async () => {
    const path = join(freshFolder(), "server.key");
    const made = await createKeyFile(path);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    const read = await readKeyFile(path);
    assert.ok(!isRefused(read));
    assert.deepEqual(read.publicKey, made.publicKey);
    const message = new TextEncoder().encode("checkpoint");
    const signature = await read.sign(message);
    assert.ok(verifyNative(made.publicKey, message, signature));
    await assert.rejects(createKeyFile(path), { code: "EEXIST" });
  });

  it("is refused when others may read it, and when it holds something else", async () => {
    const path = join(freshFolder(), "server.key");
    await createKeyFile(path);
    for (const mode of [0o640, 0o604, 0o660, 0o620]) {
      await chmod(path, mode);
      const verdict = await readKeyFile(path);
      assert.ok(isRefused(verdict) && verdict.refused === "exposed-key");
    }
    await writeFile(path, "no key");
    await chmod(path, 0o600);
    const verdict = await readKeyFile(path);
    assert.ok(isRefused(verdict) && verdict.refused === "malformed");
  });
});

describe("native Ed25519", () => {
  it("agrees with core's verifier on good signatures and on changed ones", async () => {
    const key = await createKeyFile(join(freshFolder(), "key"));
    const change = fc.record({ part: fc.nat(2), bit: fc.nat(255), changed: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 32, maxLength: 200 }),
        change,
        async (message, c) => {
          const parts = [key.publicKey.slice(), message.slice(), (await key.sign(message)).slice()];
          const part = parts[c.part]!;
          if (c.changed) part[c.bit >> 3]! ^= 1 << (c.bit & 7);
          const [publicKey, said, signature] = parts as [Uint8Array, Uint8Array, Uint8Array];
          const native = verifyNative(publicKey, said, signature);
          assert.equal(native, !c.changed);
          assert.equal(verifyEd25519(publicKey, said, signature), native);
          assert.equal(await verifyInPool(publicKey, said, signature), native);
        },
      ),
      { numRuns },
    );
  });

  it("refuses keys that sign anything, in every encoding, as core does", () => {
    const p = 2n ** 255n - 19n;
    const y8 = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;
    const ys = [0n, 1n, p - 1n, p, p + 1n, y8, p - y8];
    // R and S of a signature that the identity "key" makes of any message: R = identity, S = 0.
    const forged = Uint8Array.from({ length: 64 }, (_, i) => (i === 0 ? 1 : 0));
    for (const y of ys) {
      for (const sign of [0n, 2n ** 255n]) {
        const hex = (y + sign).toString(16).padStart(64, "0");
        const publicKey = new Uint8Array(Buffer.from(hex, "hex").reverse());
        for (let i = 0; i < 32; i += 1) {
          const message = Uint8Array.of(i);
          assert.equal(verifyEd25519(publicKey, message, forged), false, `core, y ${y}`);
          assert.equal(verifyNative(publicKey, message, forged), false, `native, y ${y}`);
        }
      }
    }
  });

  it("answers false, never throws, for lengths that are wrong", async () => {
    for (const length of [0, 31, 33, 63, 65]) {
      const bytes = new Uint8Array(length);
      assert.equal(verifyNative(bytes, bytes, bytes), false);
      assert.equal(await verifyInPool(bytes, bytes, bytes), false);
    }
  });
});
