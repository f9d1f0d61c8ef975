import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { nativeKeyedBlake3 } from "@writ/node/native-blake3";
import { ContentPass, makeFastHashing, plainHashing } from "@writ/weights";

const native = nativeKeyedBlake3();

/** Bytes that look like nothing in particular. */
function bytesOf(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return state >>> 24;
  });
}

test("the native keyed BLAKE3 is BLAKE3, though a hasher is used again and a key's bytes change", {
  skip: native === undefined ? "no binary for this platform" : false,
}, () => {
  const bytes = bytesOf(150_000);
  const keys = [new Uint8Array(32), bytesOf(32)];
  for (const length of [0, 1, 64, 1023, 1024, 1025, 8192, 70_001, 131_072, 150_000]) {
    for (const key of keys) {
      const part = bytes.subarray(bytes.length - length);
      assert.deepEqual(native!(key, part), plainHashing.keyed(key, part));
    }
  }
  keys[1]![5]! ^= 99;
  assert.deepEqual(native!(keys[1]!, bytes), plainHashing.keyed(keys[1]!, bytes));
});

test("a pass with everything native is the pass without", () => {
  const bytes = bytesOf(1_700_000);
  const ranges = [{ type: "BF16", offset: 4_096, length: 1_600_000 }];
  const [fast, plain] = [makeFastHashing(() => createHash("sha256"), native), plainHashing].map(
    (hashing) => {
      const pass = new ContentPass(ranges, hashing);
      pass.push(bytes);
      return pass.finish();
    },
  );
  assert.deepEqual(fast, plain);
});
