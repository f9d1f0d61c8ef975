/**
 * The pickle machine, without the part that makes pickle dangerous: it never looks anything up and
 * never calls anything. GLOBAL yields a name, REDUCE and NEWOBJ yield a note of what would have
 * been called with what. Opcodes as in CPython's pickletools, protocols 0 to 5.
 */
import type { Run } from "./draft.ts";
import {
  count,
  decimal,
  length4,
  line,
  literal,
  type Machine,
  newMachine,
  pop,
  popMark,
  push,
  take,
  u8,
} from "./pickle-machine.ts";
import { isKind, type PickleEntry, type PickleObject, type PickleValue } from "./pickle-value.ts";
import { must, stop } from "./stop.ts";

/** Instructions, which unlike values leave nothing behind: bounds time. */
const instructionsMax = 16_000_000;

/** The value, where the next byte after STOP is, and the long texts and bytes on the way. */
export type Unpickled = {
  readonly value: PickleValue;
  readonly end: number;
  readonly blobs: readonly Run[];
};

/** Runs one pickle from `at`. Offsets of bytes objects are offsets into `bytes`. */
export function unpickle(bytes: Uint8Array, at: number): Unpickled {
  const machine = newMachine(bytes, at);
  for (let ran = 0; ran < instructionsMax; ran += 1) {
    const code = u8(machine);
    if (code === 0x2e) return { value: pop(machine), end: machine.at, blobs: machine.blobs };
    const done = literal(machine, code) || structure(machine, code) || reference(machine, code);
    must(done, `unknown pickle instruction 0x${code.toString(16)}`);
  }
  stop("oversized", `a pickle of more than ${instructionsMax} instructions`);
}

/** Instructions that make and fill containers. */
function structure(machine: Machine, code: number): boolean {
  switch (code) {
    case 0x28: // MARK
      machine.marks.push(machine.stack);
      machine.stack = [];
      count(machine);
      return true;
    case 0x5d: // EMPTY_LIST
      return push(machine, { kind: "list", items: [] });
    case 0x29: // EMPTY_TUPLE
      return push(machine, { kind: "tuple", items: [] });
    case 0x7d: // EMPTY_DICT
      return push(machine, { kind: "dict", entries: [] });
    case 0x8f: // EMPTY_SET
      return push(machine, { kind: "set", items: [] });
    case 0x6c: // LIST
      return push(machine, { kind: "list", items: popMark(machine) });
    case 0x74: // TUPLE
      return push(machine, { kind: "tuple", items: popMark(machine) });
    case 0x91: // FROZENSET
      return push(machine, { kind: "set", items: popMark(machine) });
    case 0x64: // DICT
      return push(machine, { kind: "dict", entries: pairs(popMark(machine)) });
    case 0x85: // TUPLE1
    case 0x86: // TUPLE2
    case 0x87: {
      const items = Array.from({ length: code - 0x84 }, () => pop(machine)).reverse();
      return push(machine, { kind: "tuple", items });
    }
    default:
      return filling(machine, code);
  }
}

function filling(machine: Machine, code: number): boolean {
  switch (code) {
    case 0x61: // APPEND
      addItems(machine, [pop(machine)]);
      return true;
    case 0x65: // APPENDS
    case 0x90: // ADDITEMS
      addItems(machine, popMark(machine));
      return true;
    case 0x73: {
      // SETITEM
      const value = pop(machine);
      addEntries(machine, [[pop(machine), value]]);
      return true;
    }
    case 0x75: // SETITEMS
      addEntries(machine, pairs(popMark(machine)));
      return true;
    case 0x62: {
      // BUILD
      const state = pop(machine);
      const target = machine.stack.at(-1);
      must(target !== undefined, "a pickle builds nothing");
      if (isKind(target, "object")) target.state = state;
      return true;
    }
    default:
      return false;
  }
}

function pairs(values: readonly PickleValue[]): PickleEntry[] {
  must(values.length % 2 === 0, "a pickle dict with a key and no value");
  const entries: PickleEntry[] = [];
  for (let at = 0; at < values.length; at += 2) entries.push([values[at]!, values[at + 1]!]);
  return entries;
}

function addItems(machine: Machine, items: readonly PickleValue[]): void {
  const target = machine.stack.at(-1);
  const holds = isKind(target, "list") || isKind(target, "set") || isKind(target, "object");
  must(holds, "a pickle appends to what is no list");
  for (const item of items) target.items.push(item);
}

function addEntries(machine: Machine, entries: readonly PickleEntry[]): void {
  const target = machine.stack.at(-1);
  const holds = isKind(target, "dict") || isKind(target, "object");
  must(holds, "a pickle sets an item of what is no dict");
  for (const entry of entries) target.entries.push(entry);
}

/** Memo, globals and would-be calls. */
function reference(machine: Machine, code: number): boolean {
  switch (code) {
    case 0x80: // PROTO
      must(u8(machine) <= 5, "a pickle protocol past 5");
      return true;
    case 0x95: // FRAME
      take(machine, 8);
      return true;
    case 0x30: // POP
      pop(machine);
      return true;
    case 0x31: // POP_MARK
      popMark(machine);
      return true;
    case 0x32: {
      // DUP
      const top = pop(machine);
      machine.stack.push(top);
      return push(machine, top);
    }
    case 0x67: // GET
      return recall(machine, Number(decimal(line(machine))));
    case 0x68: // BINGET
      return recall(machine, u8(machine));
    case 0x6a: // LONG_BINGET
      return recall(machine, length4(machine));
    case 0x70: // PUT
      return remember(machine, Number(decimal(line(machine))));
    case 0x71: // BINPUT
      return remember(machine, u8(machine));
    case 0x72: // LONG_BINPUT
      return remember(machine, length4(machine));
    case 0x94: // MEMOIZE
      return remember(machine, machine.memo.size);
    default:
      return call(machine, code);
  }
}

function recall(machine: Machine, key: number): true {
  const value = machine.memo.get(key);
  must(value !== undefined, "a pickle recalls what it never stored");
  return push(machine, value);
}

function remember(machine: Machine, key: number): true {
  const top = pop(machine);
  machine.stack.push(top);
  machine.memo.set(key, top);
  // Without this, PUT alone could fill memory.
  count(machine);
  return true;
}

function call(machine: Machine, code: number): boolean {
  switch (code) {
    case 0x63: // GLOBAL
      return push(machine, { kind: "global", name: `${line(machine)}.${line(machine)}` });
    case 0x93: {
      // STACK_GLOBAL
      const name = pop(machine);
      const module = pop(machine);
      must(typeof name === "string" && typeof module === "string", "a pickle global of no name");
      return push(machine, { kind: "global", name: `${module}.${name}` });
    }
    case 0x52: // REDUCE
    case 0x81: {
      // NEWOBJ
      const args = pop(machine);
      return push(machine, madeBy(pop(machine), args));
    }
    case 0x92: {
      // NEWOBJ_EX: its keyword arguments go with the positional ones
      const named = pop(machine);
      const args = pop(machine);
      return push(machine, madeBy(pop(machine), { kind: "tuple", items: [args, named] }));
    }
    case 0x69: {
      // INST
      const name = `${line(machine)}.${line(machine)}`;
      const args: PickleValue = { kind: "tuple", items: popMark(machine) };
      return push(machine, madeBy({ kind: "global", name }, args));
    }
    case 0x6f: {
      // OBJ
      const [callable, ...items] = popMark(machine);
      must(callable !== undefined, "a pickle object of no class");
      return push(machine, madeBy(callable, { kind: "tuple", items }));
    }
    case 0x50: // PERSID
      return push(machine, { kind: "persistent", id: line(machine) });
    case 0x51: // BINPERSID
      return push(machine, { kind: "persistent", id: pop(machine) });
    default:
      return false;
  }
}

function madeBy(callable: PickleValue, args: PickleValue): PickleObject {
  return { kind: "object", callable, args, state: undefined, entries: [], items: [] };
}
