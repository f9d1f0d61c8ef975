/**
 * The watch between looks: notices that something changed and says when a look is due. It asserts
 * nothing itself: what it noticed is told by the whole look that follows, so no partial sight ever
 * says "gone". What it misses, the next look by interval meets.
 */
import type { Assignment, Census } from "@writ/core";
import { folderOf, isInside, type Place, placeOf } from "../files/place.ts";
import { type Folders, openFolderWatch, watchesMax } from "./folder-watch.ts";
import { openRegisteredWatch, type Passed } from "./registered-watch.ts";
import { openPace } from "./watch-pace.ts";

/** Between two askings of what has no watch: a change is noticed well within a second. */
const pollMilliseconds = 250;

export type WatchParts = {
  readonly now: () => number;
  /** Called when something changed after nothing had: ask again when a look is due. */
  readonly onNews: () => void;
  /** The probe's own folder, which every look writes to: left to the looks by interval. */
  readonly own: Place | undefined;
  readonly proc?: string;
  readonly watchesMax?: number;
};

export type Watch = {
  /** Watches what the register names now. */
  adopt(assignment: Assignment): void;
  /** Milliseconds until a look is due for what changed; Infinity if nothing did. */
  dueIn(): number;
  /** A look begins. Gives what controls were since the last one began. */
  begin(): Passed;
  /** A look ended: watches the folders that it read. */
  end(census: Census, folders: Folders): void;
  close(): void;
  /** How much is watched, and how. */
  readonly extent: {
    readonly watched: number;
    readonly polled: number;
    readonly registered: number;
  };
};

/** Begins to watch: nothing until the first look, or assignment. */
export function openWatch(parts: WatchParts): Watch {
  const { now, own } = parts;
  const pace = openPace();
  const noted = (note: () => void): void => {
    const wasIdle = pace.dueIn(now()) === Number.POSITIVE_INFINITY;
    note();
    if (wasIdle) parts.onNews();
  };
  const registered = openRegisteredWatch({
    proc: parts.proc ?? "/proc",
    now,
    onChange() {
      pace.urge(now());
      parts.onNews();
    },
  });
  const folders = openFolderWatch({
    now,
    watchesMax: parts.watchesMax ?? watchesMax,
    onStir(folder) {
      if (registered.concerns(folder)) registered.check();
      noted(() => pace.stir(folder, now()));
    },
  });
  const timer = setInterval(() => {
    registered.check();
    folders.poll();
  }, pollMilliseconds).unref();
  let before: ReadonlySet<string> = new Set();
  return {
    adopt: (assignment) => registered.follow(assignment),
    dueIn: () => pace.dueIn(now()),
    begin() {
      pace.begin(now());
      return registered.take();
    },
    end(census, read) {
      const after = sightsOf(census);
      pace.end(now(), newsIn(before, after, census));
      before = after;
      const others = [...read].filter(([folder]) => own === undefined || !isInside(folder, own));
      folders.follow(new Map(others));
    },
    close() {
      clearInterval(timer);
      folders.close();
    },
    get extent() {
      const { watched, polled } = folders;
      return { watched, polled, registered: registered.paths };
    },
  };
}

/** Each name of a mass with its content. A growing log file of whatever size is no news. */
function sightsOf({ masses }: Census): ReadonlySet<string> {
  return new Set(
    masses.flatMap(({ kind, names, digest }) =>
      kind === "plain" ? [] : names.map((name) => `${digest} ${name}`),
    ),
  );
}

/** Folders in which something came, went, became other bytes, or would not hold still. */
function newsIn(
  before: ReadonlySet<string>,
  after: ReadonlySet<string>,
  { coverage }: Census,
): ReadonlySet<Place> {
  const changed = [
    ...[...after].filter((sight) => !before.has(sight)),
    ...[...before].filter((sight) => !after.has(sight)),
  ].map((sight) => sight.slice(sight.indexOf(" ") + 1));
  const restless = coverage.flatMap(({ gaps }) =>
    gaps.flatMap(({ where, why }) => (why === "changed-while-read" ? [where] : [])),
  );
  const places = [...changed, ...restless].flatMap((name) => placeOf(name) ?? []);
  return new Set(places.map(folderOf));
}
