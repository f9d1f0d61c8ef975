/**
 * A bounded queue that serves submitters in turn, one item each. Whoever floods it waits behind
 * itself: when the queue is full, the longest line gives way, never a shorter one (threat W08).
 */
import { assert } from "@writ/core";

/** What an item costs beside its bytes, so that a flood of tiny items is bounded as well. */
const itemBytesMin = 1024;

type Line<T> = { readonly submitter: string; readonly items: T[]; bytes: number };

/** Items of many submitters, at most `bytesMax` in all. */
export class FairQueue<T extends { readonly bytes: Uint8Array }> {
  // In order of turns: a Map keeps the order in which keys were set.
  readonly #lines = new Map<string, Line<T>>();
  readonly #bytesMax: number;
  #bytes = 0;
  #length = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Items waiting. */
  get length(): number {
    return this.#length;
  }

  /** Adds an item at the end of its submitter's line. Answers the items that had to give way. */
  push(item: T, submitter: string): T[] {
    let line = this.#lines.get(submitter);
    if (line === undefined) {
      line = { submitter, items: [], bytes: 0 };
      this.#lines.set(submitter, line);
    }
    line.items.push(item);
    this.#count(line, item, 1);
    const evicted: T[] = [];
    // The newest of the longest line goes: what waits longest is served first.
    while (this.#bytes > this.#bytesMax) evicted.push(this.#remove(this.#longest(), "newest"));
    return evicted;
  }

  /** Takes items in turn: one of each line, then again, until a limit is reached. */
  take(limits: { readonly itemsMax: number; readonly bytesMax: number }): T[] {
    const taken: T[] = [];
    let bytes = 0;
    while (this.#length > 0 && taken.length < limits.itemsMax) {
      const line = this.#lines.values().next().value!;
      const item = line.items[0]!;
      // One item is always taken, or a limit below its size would stop the queue for ever.
      if (taken.length > 0 && bytes + item.bytes.length > limits.bytesMax) break;
      bytes += item.bytes.length;
      taken.push(this.#remove(line, "oldest"));
      if (line.items.length > 0) {
        this.#lines.delete(line.submitter);
        this.#lines.set(line.submitter, line);
      }
    }
    return taken;
  }

  #longest(): Line<T> {
    let longest: Line<T> | undefined;
    for (const line of this.#lines.values()) {
      // Of equals the one whose turn comes last.
      if (longest === undefined || line.bytes >= longest.bytes) longest = line;
    }
    assert(longest !== undefined, "a queue over its limit has a line");
    return longest;
  }

  #remove(line: Line<T>, end: "oldest" | "newest"): T {
    const item = end === "oldest" ? line.items.shift() : line.items.pop();
    assert(item !== undefined, "a line in the queue is never empty");
    this.#count(line, item, -1);
    if (line.items.length === 0) this.#lines.delete(line.submitter);
    return item;
  }

  #count(line: Line<T>, item: T, sign: 1 | -1): void {
    const cost = sign * (item.bytes.length + itemBytesMin);
    line.bytes += cost;
    this.#bytes += cost;
    this.#length += sign;
  }
}
