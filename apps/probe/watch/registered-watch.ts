/**
 * Watches what the register names, a few paths, by asking for their state several times a second:
 * inode, size and times of the path and of what it leads to. A control that changed is read at
 * once, so that one which is changed and changed back before a look begins is still seen as it was.
 */
import { type BigIntStats, lstatSync, statSync } from "node:fs";
import type { Assignment, Census, PassedControl, SeenControl } from "@writ/core";
import { passedMax } from "@writ/core";
import { lookAtControls } from "../controls/controls.ts";
import { openLedger } from "../coverage.ts";
import { cacheKey } from "../files/digest-cache.ts";
import { folderOf, type Place, placeBuffer, placeOf } from "../files/place.ts";

/** What each control was since the last look, oldest first. */
export type Passed = ReadonlyMap<string, readonly PassedControl[]>;

export type RegisteredWatch = {
  follow(assignment: Assignment): void;
  /** Asks every path. */
  check(): void;
  /** True if something registered lies in this folder. */
  concerns(folder: Place): boolean;
  /** Gives what controls were since this was last asked. */
  take(): Passed;
  readonly paths: number;
};

export type RegisteredWatchParts = {
  readonly proc: string;
  /** Milliseconds. */
  readonly now: () => number;
  readonly onChange: () => void;
};

type State = RegisteredWatchParts & {
  assignment: Assignment | undefined;
  /** Each path with its state when last asked. */
  readonly states: Map<Place, string>;
  folders: ReadonlySet<Place>;
  passed: Map<string, PassedControl[]>;
  /** Controls that could not be read when last asked, and since when. */
  readonly unreadable: Map<string, { readonly seen: PassedControl; readonly since: number }>;
};

/**
 * Who writes a file in place empties it first: what is unreadable for less than this was being
 * written. Its change time has moved all the same, which the look tells.
 */
const writingMilliseconds = 500;

/** Watches nothing yet. */
export function openRegisteredWatch(parts: RegisteredWatchParts): RegisteredWatch {
  const state: State = {
    ...parts,
    assignment: undefined,
    states: new Map(),
    folders: new Set(),
    passed: new Map(),
    unreadable: new Map(),
  };
  return {
    follow: (assignment) => follow(state, assignment),
    check: () => check(state),
    concerns: (folder) => state.folders.has(folder),
    take() {
      const { passed } = state;
      state.passed = new Map();
      return passed;
    },
    get paths() {
      return state.states.size;
    },
  };
}

function follow(state: State, assignment: Assignment): void {
  const { controls, links, lines } = assignment;
  state.assignment = assignment;
  const paths = [
    ...controls.map(({ reading }) => reading.path),
    ...lines.map(({ path }) => path),
    ...links,
  ];
  const places = new Set(paths.flatMap((path) => placeOf(path) ?? []));
  for (const place of state.states.keys()) if (!places.has(place)) state.states.delete(place);
  for (const place of places) {
    if (!state.states.has(place)) state.states.set(place, stateOf(place));
  }
  state.folders = new Set(Array.from(places, folderOf));
}

function check(state: State): void {
  const changed = new Set<Place>();
  for (const [place, before] of state.states) {
    const now = stateOf(place);
    if (now === before) continue;
    state.states.set(place, now);
    changed.add(place);
  }
  if (changed.size === 0) return;
  const { unreadable, now } = state;
  for (const { control, ...seen } of read(state, changed)) {
    const before = unreadable.get(control);
    if (seen.state === "unreadable") {
      unreadable.set(control, before ?? { seen, since: now() });
      continue;
    }
    unreadable.delete(control);
    if (before !== undefined && now() - before.since >= writingMilliseconds) {
      keep(state, control, before.seen);
    }
    keep(state, control, seen);
  }
  state.onChange();
}

function keep({ passed }: State, control: string, seen: PassedControl): void {
  passed.set(control, [...(passed.get(control) ?? []), seen].slice(-passedMax));
}

function read({ assignment, proc }: State, places: ReadonlySet<Place>): readonly SeenControl[] {
  if (assignment === undefined) return [];
  const controls = assignment.controls.filter(({ reading }) => {
    const place = placeOf(reading.path);
    return place !== undefined && places.has(place);
  });
  if (controls.length === 0) return [];
  // What cannot be read now is for the look to tell: this one only adds to it.
  const ledger = openLedger("controls", []);
  const only: Assignment = { ...assignment, controls, links: [], lines: [] };
  return lookAtControls({ proc, assignment: only, ledger, onProgress: () => {} }).controls;
}

/** Differs after whatever changes the path, what it leads to, or their owner and mode. */
function stateOf(place: Place): string {
  const path = placeBuffer(place);
  const asked = (ask: () => BigIntStats): string => {
    try {
      const stat = ask();
      return `${cacheKey(stat)}:${stat.mode}`;
    } catch (error) {
      return String((error as NodeJS.ErrnoException).code);
    }
  };
  const own = asked(() => lstatSync(path, { bigint: true }));
  return `${own} ${asked(() => statSync(path, { bigint: true }))}`;
}

/** The census with what its controls were in passing, where that is not what the look then saw. */
export function withPassed(census: Census, passed: Passed): Census {
  if (passed.size === 0) return census;
  const controls = census.controls.map((control) => {
    const other = (passed.get(control.control) ?? []).filter((was) => differs(was, control));
    return other.length === 0 ? control : { ...control, passed: other };
  });
  return { ...census, controls };
}

function differs(was: PassedControl, is: SeenControl): boolean {
  const members = ["state", "value", "owner", "mode", "symlink"] as const;
  return members.some((member) => was[member] !== is[member]);
}
