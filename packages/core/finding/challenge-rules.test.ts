/** Challenges of a probe: a story for each finding, and what raises none. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Digest } from "../encoding/digest.ts";
import {
  type ChallengeAnswer,
  challengeBlocks,
  challengeDigest,
  challengedRanges,
  commitmentTo,
} from "../sight/challenge.ts";
import { censusOf, chatbotRegister } from "../testing/chatbot.ts";
import { EstateKit } from "../testing/estate-kit.ts";
import { findings } from "./findings.ts";

const path = "/srv/chatbot/4.2/model.gguf";
const nonce = "5a".repeat(32);
const bytes = Uint8Array.from({ length: 3_000_000 }, (_, at) => (at * 2_654_435_761) >>> 24);

function answerOf(content: Uint8Array, to = nonce): Digest {
  const digest = challengeDigest(to, { path, size: content.length });
  for (const { offset, length } of challengedRanges(to, content.length)) {
    digest.push(content.subarray(offset, offset + length));
  }
  return digest.finish();
}

async function challenged(): Promise<EstateKit> {
  const kit = new EstateKit();
  kit.found();
  kit.register(...chatbotRegister("h1"));
  await kit.witness();
  kit.sees(censusOf("h1"));
  kit.register({
    ...{ document: "host", host: "h1", owner: "operations", blindSpots: [] },
    challenges: [{ path, nonce, commitment: commitmentTo(answerOf(bytes)) }],
  });
  await kit.witness();
  return kit;
}

const seeing = (...answers: readonly ChallengeAnswer[]) => ({ ...censusOf("h1"), answers });
const answered = (answer: Digest, to = nonce): ChallengeAnswer => ({
  ...{ path, nonce: to, state: "answered", size: bytes.length, answer },
});
const raised = (kit: EstateKit) =>
  findings(kit.estate).map(({ rule, where, right }) => `${rule} ${where}: ${right.says}`);

test("the right answer raises nothing, nor does a challenge that was made just now", async () => {
  const kit = await challenged();
  assert.deepEqual(raised(kit), []);
  kit.sees(seeing(answered(answerOf(bytes))));
  assert.deepEqual(raised(kit), []);
});

test("one altered block of a hundred is seen, and so is another file", async () => {
  const kit = await challenged();
  const altered = bytes.slice();
  for (let block = 0; block * 409_600 < altered.length; block += 1) {
    altered.fill(0, block * 409_600, block * 409_600 + 40_960);
  }
  kit.sees(seeing(answered(answerOf(altered))));
  assert.deepEqual(raised(kit), [
    `altered ${path}: the bytes there, 3000000 of them, give another answer`,
  ]);
  kit.sees(seeing({ path, nonce, state: "missing" }));
  assert.deepEqual(raised(kit), [`altered ${path}: there is no such file`]);
});

test("an answer to another nonce is a recorded one, and none; neither is silence", async () => {
  const kit = await challenged();
  const other = "00".repeat(32);
  kit.sees(seeing(answered(answerOf(bytes, other), other)));
  const silent = `probe-silent ${path}: a look begun since does not answer`;
  assert.deepEqual(raised(kit), [silent]);
  kit.sees(seeing(answered(answerOf(bytes, other))));
  assert.match(raised(kit)[0]!, /^altered .* give another answer$/);
  kit.sees(censusOf("h1"));
  assert.deepEqual(raised(kit), [silent]);
  kit.sees(seeing({ path, nonce, state: "unreadable" }));
  assert.deepEqual(raised(kit), [`probe-silent ${path}: the probe could not read the file`]);
});

test("places are within the file, many, and of the nonce alone", () => {
  for (const size of [1_048_577, 5_000_000_000, Number.MAX_SAFE_INTEGER]) {
    const ranges = challengedRanges(nonce, size);
    assert.equal(ranges.length, challengeBlocks);
    for (const { offset, length } of ranges) {
      assert.ok(Number.isSafeInteger(offset) && offset >= 0 && offset + length <= size);
    }
    const other = new Set(challengedRanges("11".repeat(32), size).map(({ offset }) => offset));
    const shared = ranges.filter(({ offset }) => other.has(offset));
    assert.ok(shared.length < challengeBlocks / 4, `${shared.length} places are shared`);
  }
  assert.deepEqual(challengedRanges(nonce, 100), [{ offset: 0, length: 100 }]);
  assert.deepEqual(challengedRanges(nonce, 0), [{ offset: 0, length: 0 }]);
});
