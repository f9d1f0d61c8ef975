/**
 * Cuts a stream a step at a time, in a room where the whole step is searched at once: bytes may be
 * read straight into the room, are never copied again (but for the last chunk of a step), and every
 * chunk lies in it in one piece.
 */
import { assert } from "../core.ts";
import type { Hashing, StepRoom } from "./hashing.ts";
import { type CutFinder, chunkBytesMax, chunkBytesMin, firstCut } from "./xet-chunker.ts";

/** Bytes that share a mark. */
const blockBytes = 64;
/** A step of streams that are not searched at once. */
const plainStepBytes = 1 << 18;

/** Room without a search: short streams, and platforms that search no faster. */
function plainRoom(stepBytes: number): StepRoom {
  const bytes = new Uint8Array(chunkBytesMax + stepBytes);
  const marks = new Uint8Array(0);
  return { bytes, stepAt: chunkBytesMax, stepBytes, search: () => undefined, marks };
}

/** Takes bytes in order and hands on each chunk; its bytes are good until the next are taken. */
export class StepChunker {
  readonly #emit: (chunk: Uint8Array) => void;
  readonly #find: CutFinder;
  readonly #rooms: Hashing["rooms"];
  #room: StepRoom | undefined;
  /** Bytes of the step that are filled, and those before it that wait for their chunk's end. */
  #filled = 0;
  #held = 0;

  constructor(emit: (chunk: Uint8Array) => void, { findCut, rooms }: Hashing) {
    this.#emit = emit;
    this.#find = findCut;
    this.#rooms = rooms;
  }

  /** Room for the next bytes, never empty: fill it from its beginning, then say how many. */
  get space(): Uint8Array {
    this.#room ??= this.#rooms?.lend() ?? plainRoom(plainStepBytes);
    const { bytes, stepAt, stepBytes } = this.#room;
    return bytes.subarray(stepAt + this.#filled, stepAt + stepBytes);
  }

  /** The first `count` bytes of {@link space} are the next of the stream. */
  take(count: number): void {
    const { stepBytes } = this.#room!;
    assert(count <= stepBytes - this.#filled, "no more bytes than there was room for");
    this.#filled += count;
    if (this.#filled === stepBytes) this.#cut();
  }

  /** Takes bytes from elsewhere. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const space = this.space;
      const count = Math.min(space.length, bytes.length - at);
      space.set(bytes.subarray(at, at + count));
      this.take(count);
      at += count;
    }
  }

  /** Ends the stream: what is held is its last chunk. */
  finish(): void {
    const room = this.#room;
    if (room === undefined) return;
    this.#cut();
    if (this.#held > 0) this.#emit(room.bytes.subarray(room.stepAt - this.#held, room.stepAt));
    this.#held = 0;
    this.#room = undefined;
    this.#rooms?.giveBack(room);
  }

  /** Cuts what the step holds, and moves the rest before it. */
  #cut(): void {
    const room = this.#room!;
    const { bytes, stepAt } = room;
    const end = stepAt + this.#filled;
    const searched = this.#filled === room.stepBytes && room.marks.length > 0;
    if (searched) room.search();
    let at = stepAt - this.#held;
    while (at < end) {
      const to = Math.min(end, at + chunkBytesMax);
      const cut = searched ? markedCut(room, at, to) : this.#find(bytes, at, to);
      if (cut === 0) break;
      this.#emit(bytes.subarray(at, cut));
      at = cut;
    }
    bytes.copyWithin(stepAt - (end - at), at, end);
    this.#held = end - at;
    this.#filled = 0;
  }
}

/** As {@link CutFinder}, looking only where the search left marks. */
function markedCut({ bytes, stepAt, marks }: StepRoom, from: number, to: number): number {
  // What is held has no cut: it was searched with the step before.
  const first = Math.max(from + chunkBytesMin - 1, stepAt);
  for (let at = first; at < to; ) {
    const mark = marks.indexOf(1, Math.floor((at - stepAt) / blockBytes));
    if (mark < 0) break;
    const block = stepAt + mark * blockBytes;
    const cut = firstCut(bytes, Math.max(at, block), Math.min(to, block + blockBytes));
    if (cut > 0) return cut;
    at = block + blockBytes;
  }
  return to - from >= chunkBytesMax ? from + chunkBytesMax : 0;
}
