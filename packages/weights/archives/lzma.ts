/** LZMA decoding (the LZMA SDK's specification, lzma-specification.txt) into a sliding window. */
import { must } from "../formats/stop.ts";

const probabilityStart = 1_024;
const stateCount = 12;

/** Probabilities of a length coder. */
type Lengths = {
  readonly choice: Uint16Array;
  readonly low: Uint16Array;
  readonly mid: Uint16Array;
  readonly high: Uint16Array;
};

/** The window that matches point back into; what was decoded is read off it. */
export type LzmaWindow = {
  /** Grows up to `limit`, so that a small file that claims a large dictionary costs little. */
  bytes: Uint8Array;
  readonly limit: number;
  /** Where the next byte goes; all bytes written since the last reset of the dictionary. */
  at: number;
  written: number;
};

/** A decoder's state, kept from one LZMA2 chunk to the next. */
export type Lzma = {
  readonly window: LzmaWindow;
  lc: number;
  lp: number;
  pb: number;
  state: number;
  readonly reps: number[];
  literals: Uint16Array;
  readonly isMatch: Uint16Array;
  readonly isRep: Uint16Array;
  readonly isRepG0: Uint16Array;
  readonly isRepG1: Uint16Array;
  readonly isRepG2: Uint16Array;
  readonly isRep0Long: Uint16Array;
  readonly slots: Uint16Array;
  readonly special: Uint16Array;
  readonly align: Uint16Array;
  readonly length: Lengths;
  readonly repLength: Lengths;
};

function lengths(): Lengths {
  return {
    choice: new Uint16Array(2),
    low: new Uint16Array(16 * 8),
    mid: new Uint16Array(16 * 8),
    high: new Uint16Array(256),
  };
}

const firstWindowBytes = 65_536;

/** A decoder over a window of at most so many bytes. */
export function newLzma(limit: number): Lzma {
  const bytes = new Uint8Array(Math.min(limit, firstWindowBytes));
  return {
    window: { bytes, limit, at: 0, written: 0 },
    lc: 3,
    lp: 0,
    pb: 2,
    state: 0,
    reps: [0, 0, 0, 0],
    literals: new Uint16Array(0),
    isMatch: new Uint16Array(stateCount << 4),
    isRep: new Uint16Array(stateCount),
    isRepG0: new Uint16Array(stateCount),
    isRepG1: new Uint16Array(stateCount),
    isRepG2: new Uint16Array(stateCount),
    isRep0Long: new Uint16Array(stateCount << 4),
    slots: new Uint16Array(4 * 64),
    special: new Uint16Array(115),
    align: new Uint16Array(16),
    length: lengths(),
    repLength: lengths(),
  };
}

/** Sets the properties byte: (pb × 5 + lp) × 9 + lc, of which LZMA2 allows lc + lp ≤ 4. */
export function setProperties(lzma: Lzma, byte: number): void {
  must(byte < 225, "impossible LZMA properties");
  lzma.lc = byte % 9;
  lzma.lp = Math.floor(byte / 9) % 5;
  lzma.pb = Math.floor(byte / 45);
  must(lzma.lc + lzma.lp <= 4, "impossible LZMA properties");
  lzma.literals = new Uint16Array(0x300 << (lzma.lc + lzma.lp));
}

/** Forgets what was learnt, not what was written. */
export function resetState(lzma: Lzma): void {
  lzma.state = 0;
  lzma.reps.fill(0);
  const { length, repLength } = lzma;
  const arrays = [
    lzma.literals,
    lzma.isMatch,
    lzma.isRep,
    lzma.isRepG0,
    lzma.isRepG1,
    lzma.isRepG2,
  ];
  arrays.push(lzma.isRep0Long, lzma.slots, lzma.special, lzma.align);
  for (const coder of [length, repLength]) {
    arrays.push(coder.choice, coder.low, coder.mid, coder.high);
  }
  for (const array of arrays) array.fill(probabilityStart);
}

type Range = { readonly bytes: Uint8Array; at: number; range: number; code: number };

function bit(input: Range, probabilities: Uint16Array, index: number): number {
  const probability = probabilities[index]!;
  const bound = (input.range >>> 11) * probability;
  let decoded: number;
  if (input.code >>> 0 < bound) {
    input.range = bound;
    probabilities[index] = probability + ((2_048 - probability) >> 5);
    decoded = 0;
  } else {
    input.range = (input.range - bound) >>> 0;
    input.code = (input.code - bound) >>> 0;
    probabilities[index] = probability - (probability >> 5);
    decoded = 1;
  }
  normalise(input);
  return decoded;
}

function normalise(input: Range): void {
  if (input.range >= 0x100_0000) return;
  // Past its end a chunk reads zeros; that it did is found out afterwards.
  input.range = (input.range << 8) >>> 0;
  input.code = ((input.code << 8) | (input.bytes[input.at] ?? 0)) >>> 0;
  input.at += 1;
}

function direct(input: Range, count: number): number {
  let value = 0;
  for (let index = 0; index < count; index += 1) {
    input.range >>>= 1;
    const one = input.code >= input.range ? 1 : 0;
    if (one === 1) input.code = (input.code - input.range) >>> 0;
    value = value * 2 + one;
    normalise(input);
  }
  return value;
}

function tree(input: Range, probabilities: Uint16Array, start: number, bits: number): number {
  let symbol = 1;
  for (let index = 0; index < bits; index += 1) {
    symbol = (symbol << 1) | bit(input, probabilities, start + symbol);
  }
  return symbol - (1 << bits);
}

function reverseTree(
  input: Range,
  probabilities: Uint16Array,
  start: number,
  bits: number,
): number {
  let symbol = 1;
  let value = 0;
  for (let index = 0; index < bits; index += 1) {
    const one = bit(input, probabilities, start + symbol);
    symbol = (symbol << 1) | one;
    value |= one << index;
  }
  return value;
}

function lengthOf(input: Range, coder: Lengths, posState: number): number {
  if (bit(input, coder.choice, 0) === 0) return 2 + tree(input, coder.low, posState << 3, 3);
  if (bit(input, coder.choice, 1) === 0) return 10 + tree(input, coder.mid, posState << 3, 3);
  return 18 + tree(input, coder.high, 0, 8);
}

/** Writes the next byte. */
export function put(window: LzmaWindow, byte: number): void {
  if (window.at === window.bytes.length) makeRoom(window);
  window.bytes[window.at] = byte;
  window.at += 1;
  window.written += 1;
}

function makeRoom(window: LzmaWindow): void {
  if (window.bytes.length === window.limit) {
    window.at = 0;
    return;
  }
  const grown = new Uint8Array(Math.min(2 * window.bytes.length, window.limit));
  grown.set(window.bytes);
  window.bytes = grown;
}

/** The byte `distance` (from 1) back. */
function back(window: LzmaWindow, distance: number): number {
  const at = window.at - distance;
  return window.bytes[at < 0 ? at + window.bytes.length : at]!;
}

function literal(lzma: Lzma, input: Range): void {
  const { window, lc, lp, literals } = lzma;
  const before = window.written === 0 ? 0 : back(window, 1);
  const low = (window.written & ((1 << lp) - 1)) << lc;
  const start = 0x300 * (low + (before >> (8 - lc)));
  let symbol = 1;
  if (lzma.state >= 7) {
    let match = back(window, lzma.reps[0]! + 1);
    while (symbol < 0x100) {
      const matchBit = (match >> 7) & 1;
      match <<= 1;
      const one = bit(input, literals, start + ((1 + matchBit) << 8) + symbol);
      symbol = (symbol << 1) | one;
      if (matchBit !== one) break;
    }
  }
  while (symbol < 0x100) symbol = (symbol << 1) | bit(input, literals, start + symbol);
  put(window, symbol & 0xff);
  lzma.state = lzma.state < 4 ? 0 : lzma.state < 10 ? lzma.state - 3 : lzma.state - 6;
}

function distanceOf(lzma: Lzma, input: Range, length: number): number {
  const slot = tree(input, lzma.slots, Math.min(length - 2, 3) << 6, 6);
  if (slot < 4) return slot;
  const bits = (slot >> 1) - 1;
  const base = (2 | (slot & 1)) * 2 ** bits;
  if (slot < 14) return base + reverseTree(input, lzma.special, base - slot, bits);
  return base + direct(input, bits - 4) * 16 + reverseTree(input, lzma.align, 0, 4);
}

/** A match's length; leaves its distance in reps[0]. 1 is the short repetition. */
function match(lzma: Lzma, input: Range, posState: number): number {
  const { reps, state } = lzma;
  if (bit(input, lzma.isRep, state) === 0) {
    const length = lengthOf(input, lzma.length, posState);
    lzma.state = state < 7 ? 7 : 10;
    reps.unshift(distanceOf(lzma, input, length));
    reps.length = 4;
    return length;
  }
  if (bit(input, lzma.isRepG0, state) === 0) {
    if (bit(input, lzma.isRep0Long, (state << 4) + posState) === 0) {
      lzma.state = state < 7 ? 9 : 11;
      return 1;
    }
  } else {
    let index = 1;
    if (bit(input, lzma.isRepG1, state) === 1)
      index = bit(input, lzma.isRepG2, state) === 0 ? 2 : 3;
    const [distance] = reps.splice(index, 1);
    reps.unshift(distance!);
  }
  const length = lengthOf(input, lzma.repLength, posState);
  lzma.state = state < 7 ? 8 : 11;
  return length;
}

/** Decodes one LZMA2 chunk of `size` bytes into the window, which must be longer than that. */
export function decodeChunk(lzma: Lzma, bytes: Uint8Array, size: number): void {
  must(bytes.length >= 5 && bytes[0] === 0, "an LZMA chunk that does not begin as one");
  const code = ((bytes[1]! << 24) | (bytes[2]! << 16) | (bytes[3]! << 8) | bytes[4]!) >>> 0;
  const input: Range = { bytes, at: 5, range: 0xffff_ffff, code };
  const { window } = lzma;
  const end = window.written + size;
  while (window.written < end) {
    const posState = window.written & ((1 << lzma.pb) - 1);
    if (bit(input, lzma.isMatch, (lzma.state << 4) + posState) === 0) {
      literal(lzma, input);
      continue;
    }
    const length = match(lzma, input, posState);
    const distance = lzma.reps[0]! + 1;
    const reach = Math.min(window.written, window.bytes.length);
    must(distance <= reach && length <= end - window.written, "an LZMA match past what there is");
    for (let index = 0; index < length; index += 1) put(window, back(window, distance));
  }
  must(input.at <= bytes.length, "an LZMA chunk cut short");
}
