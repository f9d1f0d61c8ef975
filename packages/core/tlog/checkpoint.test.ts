import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { equalBytes, toUtf8 } from "../encoding/bytes.ts";
import { isRefused } from "../encoding/refusal.ts";
import {
  type Checkpoint,
  formatCheckpoint,
  openCheckpoint,
  parseCheckpoint,
  signCheckpoint,
} from "./checkpoint.ts";
import { formatNote, noteKeyTypes, signNote } from "./note.ts";
import { runs } from "./testing/runs.ts";
import { newSigner, nodeVerify } from "./testing/signer.ts";

const example = `example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
`;
const log = newSigner("log.example/one", noteKeyTypes.ed25519);
const policy = { origin: "log.example/one", key: log.key };

const checkpoints: fc.Arbitrary<Checkpoint> = fc
  .tuple(
    fc.maxSafeNat(),
    fc.uint8Array({ minLength: 32, maxLength: 32 }),
    fc.array(fc.stringMatching(/^[ -~]{1,20}$/), { maxLength: 3 }),
  )
  .map(([size, root, extensions]) => ({ origin: "log.example/one", size, root, extensions }));

test("the example of the specification", () => {
  const checkpoint = parseCheckpoint(example);
  assert.ok(!isRefused(checkpoint));
  assert.equal(checkpoint.origin, "example.com/behind-the-sofa");
  assert.equal(checkpoint.size, 20852163);
  assert.equal(formatCheckpoint(checkpoint), example);
});

test("what is no checkpoint is refused as a bad one", () => {
  for (const text of [
    "",
    "\n",
    example.slice(0, -1),
    `${example}\n`,
    `${example}\nextension\n`,
    `\n${example}`,
    example.replace("20852163", "020852163"),
    example.replace("20852163", "+20852163"),
    example.replace("20852163", "-1"),
    example.replace("20852163", "1e3"),
    example.replace("20852163", "20852163 "),
    example.replace("20852163", "9007199254740992"),
    example.replace("q2I=", "q2J="),
    example.replace("q2I=", "q2I"),
    example.replace("CsUY", ""),
    example.replace("example.com", "x".repeat(256)),
    `${example}${"x\n".repeat(65)}`,
    example.split("\n").slice(0, 2).join("\n"),
  ]) {
    const read = parseCheckpoint(text);
    assert.ok(isRefused(read) && read.refused === "bad-checkpoint", JSON.stringify(text));
  }
});

test("a checkpoint of another log, or by another key, does not open", async () => {
  const other = newSigner("log.example/two", noteKeyTypes.ed25519);
  const body = { size: 1, root: new Uint8Array(32), extensions: [] };
  const ofOther = await signCheckpoint(
    { ...body, origin: "log.example/two" },
    other.key,
    other.sign,
  );
  assert.ok(isRefused(openCheckpoint(formatNote(ofOther), policy, nodeVerify)));
  // The right key under the wrong origin: one key may serve several logs.
  const text = formatCheckpoint({ ...body, origin: "log.example/two" });
  const crossed = { text, signatures: [await signNote(text, log.key, log.sign)] };
  const opened = openCheckpoint(formatNote(crossed), policy, nodeVerify);
  assert.ok(isRefused(opened) && opened.refused === "bad-checkpoint");
  const unsigned = formatCheckpoint({ ...body, origin: "log.example/one" });
  assert.ok(isRefused(openCheckpoint(toUtf8(unsigned), policy, nodeVerify)));
});

test("checkpoints open as they were signed, and no changed byte passes", async () => {
  await fc.assert(
    fc.asyncProperty(
      checkpoints,
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      async (checkpoint, at, change) => {
        assert.deepEqual(parseCheckpoint(formatCheckpoint(checkpoint)), checkpoint);
        const bytes = formatNote(await signCheckpoint(checkpoint, log.key, log.sign));
        const opened = openCheckpoint(bytes, policy, nodeVerify);
        assert.ok(!isRefused(opened));
        assert.deepEqual(opened.checkpoint, checkpoint);
        const mutated = bytes.slice();
        mutated[at % bytes.length]! ^= change;
        assert.ok(!equalBytes(mutated, bytes));
        assert.ok(isRefused(openCheckpoint(mutated, policy, nodeVerify)));
      },
    ),
    runs,
  );
});
