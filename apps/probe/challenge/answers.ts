/**
 * Answers to challenges: a keyed digest of a named file's bytes at places that only a fresh nonce
 * tells. They are read in this look, from the file itself, and kept nowhere.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { type Assignment, type Census, challenge } from "@writ/core";
import { gapOf } from "../coverage.ts";
import { placeBuffer, placeOf } from "../files/place.ts";

type Asked = NonNullable<Assignment["challenges"]>[number];
type Answer = challenge.ChallengeAnswer;

/** The part of a census that answers an assignment's challenges; empty if there are none. */
export function answersTo({ challenges }: Assignment): Pick<Census, "answers"> {
  return challenges === undefined ? {} : { answers: challenges.map(answeredOrNot) };
}

function answeredOrNot(asked: Asked): Answer {
  const { path, nonce } = asked;
  try {
    return { path, nonce, ...answerTo(asked) };
  } catch (error) {
    const state = gapOf(error) === "vanished-while-read" ? "missing" : "unreadable";
    return { path, nonce, state };
  }
}

function answerTo({ path, nonce }: Asked): Pick<Answer, "state" | "size" | "answer"> {
  const place = placeOf(path);
  if (place === undefined) return { state: "missing" };
  const { O_RDONLY, O_NONBLOCK } = constants;
  const file = openSync(placeBuffer(place), O_RDONLY | O_NONBLOCK);
  try {
    const before = fstatSync(file, { bigint: true });
    if (!before.isFile()) return { state: "unreadable" };
    const size = Number(before.size);
    const answer = challenge.challengeDigest(nonce, { path, size });
    for (const { offset, length } of challenge.challengedRanges(nonce, size)) {
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length; ) {
        const count = readSync(file, bytes, at, length - at, offset + at);
        if (count === 0) return { state: "unreadable" };
        at += count;
      }
      answer.push(bytes);
    }
    const after = fstatSync(file, { bigint: true });
    // Bytes of two states of a file are the bytes of none.
    if (after.size !== before.size || after.ctimeNs !== before.ctimeNs) {
      return { state: "unreadable" };
    }
    return { state: "answered", size, answer: answer.finish() };
  } finally {
    closeSync(file);
  }
}
