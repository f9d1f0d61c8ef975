/**
 * Findings kept up to date: an entry is held only against what it can contradict. The scopes that
 * it touches are derived anew, by the very rules that derive all of them; the others stay. It is a
 * cache of `findings`, which it equals at every entry: a property test holds it to that.
 */
import { currentState } from "../authority/proceeding.ts";
import type { Digest } from "../encoding/digest.ts";
import { type Estate, timeOf } from "../estate/estate.ts";
import type { EntryBody } from "../journal/entry.ts";
import type { RegisteredRelease } from "../register/register.ts";
import { mayHold } from "./content.ts";
import { disposed } from "./disposition.ts";
import { type Finding, type Pause, pause } from "./finding.ts";
import { byGravity, findingsIn } from "./findings.ts";
import type { Scope } from "./scope.ts";

type Key = string;

/** What is known of an estate's findings, and what must be looked at again. */
export type Reconciliation = {
  /** Findings of each scope, without people's word on them. */
  readonly found: Map<Key, readonly Finding[]>;
  readonly touched: Map<Key, Scope>;
  /** True before the first time, and after a new trust root. */
  everything: boolean;
  /** The estate's findings as last told. */
  told: readonly Finding[];
  /** Versions that the scopes were derived by. */
  readonly places: Map<string, number>;
  releases: ReadonlyMap<string, RegisteredRelease>;
  version: number;
  orders: string;
  open: ReadonlySet<Digest>;
};

export function emptyReconciliation(): Reconciliation {
  return {
    found: new Map(),
    touched: new Map(),
    everything: true,
    told: [],
    places: new Map(),
    releases: new Map(),
    version: -1,
    orders: "",
    open: new Set(),
  };
}

/** Notes what an entry that the estate took can contradict; the rest follows from the estate. */
export function touch(state: Reconciliation, body: EntryBody): void {
  switch (body.kind) {
    case "root":
      state.everything = true;
      return;
    case "census":
      mark(state, { over: "host", host: body.host });
      return;
    case "claim":
      if (body.host !== undefined) mark(state, { over: "host", host: body.host });
      if (body.writ !== undefined) mark(state, { over: "writ", writ: body.writ });
      return;
    case "proposal":
    case "decision":
    case "execution":
    case "certificate":
      mark(state, { over: "writ", writ: body.writ });
      return;
    case "register":
    case "heartbeat":
    case "witnessed":
    case "refusal":
    case "disposition":
      return;
    default:
      body satisfies never;
  }
}

function mark({ touched }: Reconciliation, scope: Scope): void {
  touched.set(keyOf(scope), scope);
}

function keyOf(scope: Scope): Key {
  return scope.over === "host"
    ? `host ${scope.host}`
    : scope.over === "writ"
      ? `writ ${scope.writ}`
      : "all";
}

/** Derives what was touched, and tells all findings: the same list as `findings(estate)`. */
export function reconcile(state: Reconciliation, estate: Estate): readonly Finding[] {
  const steps = reconcileInSteps(state, estate);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The same in steps, for whoever shares a thread with others. The estate must stay as it is. */
export function* reconcileInSteps(
  state: Reconciliation,
  estate: Estate,
): Generator<Pause, readonly Finding[]> {
  for (const scope of dueScopes(state, estate)) {
    const found: Finding[] = [];
    for (const one of findingsIn(estate, scope)) {
      if (one === pause) yield pause;
      else found.push(one);
    }
    if (found.length > 0) state.found.set(keyOf(scope), found);
    else state.found.delete(keyOf(scope));
    yield pause;
  }
  const told: Finding[] = [];
  for (const found of state.found.values()) {
    for (const one of found) {
      const time = timeOf(estate, one.since.index);
      const timed = time === one.since.time ? one : { ...one, since: { ...one.since, time } };
      told.push(disposed(estate, timed));
    }
  }
  yield pause;
  state.told = told.sort(byGravity);
  return state.told;
}

/** Scopes to be derived anew. What is taken from the state here is done when they are. */
function dueScopes(state: Reconciliation, estate: Estate): readonly Scope[] {
  const changed = changedReleases(state, estate);
  const orders = ordersOf(estate);
  if (orders !== state.orders)
    for (const digest of beganOrEnded(state, estate)) changed.add(digest);
  state.orders = orders;
  for (const [host, { version }] of estate.register.places) {
    if (state.places.get(host) === version) continue;
    state.places.set(host, version);
    mark(state, { over: "host", host });
  }
  if (state.everything) markEverything(state, estate);
  else if (changed.size > 0) {
    for (const { host, latest } of estate.sights.values()) {
      if (latest !== undefined && mayHold(latest, changed)) mark(state, { over: "host", host });
    }
  }
  for (const writ of new Set([...estate.open, ...state.open])) mark(state, { over: "writ", writ });
  // Whoever says that it is done, of what was never carried out, is judged by all there is.
  for (const { body } of estate.claims.values()) {
    const { writ, says } = body;
    if (says === "completed" && writ !== undefined && estate.proceedings.has(writ)) {
      mark(state, { over: "writ", writ });
    }
  }
  mark(state, { over: "all" });
  const due = [...state.touched.values()].filter(
    (scope) => scope.over !== "writ" || estate.proceedings.has(scope.writ),
  );
  state.touched.clear();
  state.everything = false;
  state.open = new Set(estate.open);
  return due;
}

function markEverything(state: Reconciliation, estate: Estate): void {
  state.found.clear();
  const hosts = new Set([...estate.sights.keys(), ...estate.register.places.keys()]);
  for (const host of hosts) mark(state, { over: "host", host });
  for (const { body } of estate.claims.values()) {
    if (body.host !== undefined) mark(state, { over: "host", host: body.host });
  }
  for (const writ of estate.proceedings.keys()) mark(state, { over: "writ", writ });
}

/** Content of releases that are new, said otherwise, or in another stage of their lifecycle. */
function changedReleases(state: Reconciliation, { register }: Estate): Set<Digest> {
  const changed = new Set<Digest>();
  if (register.version === state.version) return changed;
  state.version = register.version;
  for (const [key, release] of register.releases) {
    if (state.releases.get(key) === release) continue;
    for (const { digest } of release.document.artefacts) changed.add(digest);
  }
  state.releases = new Map(register.releases);
  return changed;
}

/** What the rules over hosts ask of orders: which are past their fence, and which carried out. */
function ordersOf({ open, proceedings }: Estate): string {
  return Array.from(open, (digest) => {
    const proceeding = proceedings.get(digest)!;
    const { fenceIndex, executedIndex } = proceeding;
    return [digest, fenceIndex ?? "", executedIndex ?? "", currentState(proceeding)].join();
  }).join(" ");
}

/** Content of the orders that are open, or were. */
function beganOrEnded(state: Reconciliation, { open, proceedings, register }: Estate): Set<Digest> {
  const content = new Set<Digest>();
  const components = new Set<string>();
  for (const digest of new Set([...open, ...state.open])) {
    const { writ } = proceedings.get(digest)!;
    components.add(writ.component);
    for (const { artefacts } of [...writ.from, ...(writ.to === undefined ? [] : [writ.to])]) {
      for (const artefact of artefacts) content.add(artefact.digest);
    }
  }
  for (const { document } of register.placements.values()) {
    if (components.has(document.component)) mark(state, { over: "host", host: document.host });
  }
  return content;
}
