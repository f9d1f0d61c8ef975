/** Writ × observation: an order, against what was seen since it was carried out. */
import { currentState, type Proceeding } from "../authority/proceeding.ts";
import type { Estate } from "../estate/estate.ts";
import type { Contradiction } from "../estate/judge.ts";
import type { Case } from "./finding.ts";

/** Sight contradicts the writ: the sum of it, one line for the writ. */
export function* defied(estate: Estate): Iterable<Case> {
  for (const proceeding of proceedingsIn(estate, "defied")) {
    const { contradictions } = proceeding.verdict!;
    const hosts = [...new Set(contradictions.map(({ host }) => host))].sort();
    const first = contradictions.reduce((a, b) => (b.since < a.since ? b : a));
    yield {
      ...caseOf(proceeding, first),
      host: hosts.join(", "),
      where: [...new Set(contradictions.map(({ where }) => where))].join("; "),
      right: {
        kind: "observation",
        says: contradictions.map(({ what, where }) => `${describe[what]} ${where}`).join("; "),
        entry: first.index,
      },
      advice:
        "The order has not happened. Look at each contradiction below; Writ looks again by itself.",
    };
  }
}

const describe: Readonly<Record<Contradiction["what"], string>> = {
  copy: "a copy is kept at",
  "still-there": "still there:",
  "still-runs": "still runs:",
  link: "does not lead where ordered:",
  control: "a control was changed:",
};

/** Some places are as ordered and others are not. */
export function* partial(estate: Estate): Iterable<Case> {
  for (const proceeding of estate.proceedings.values()) {
    const verdict = proceeding.verdict;
    if (verdict === undefined || !estate.open.has(proceeding.digest)) continue;
    const against = verdict.contradictions.filter(
      ({ what }) => what === "link" || what === "still-there" || what === "still-runs",
    );
    const [first] = against;
    if (first === undefined || verdict.asOrdered.length === 0) continue;
    yield {
      ...caseOf(proceeding, first),
      where: against.map(({ where }) => where).join("; "),
      right: {
        kind: "observation",
        says: `as ordered: ${verdict.asOrdered.join(", ")}; not: ${against
          .map(({ where }) => where)
          .join(", ")}`,
        entry: first.index,
      },
      advice: "Finish it: the places named are not as ordered.",
    };
  }
}

/** It was gone, as ordered, and it is back. */
export function* resurrected(estate: Estate): Iterable<Case> {
  for (const proceeding of proceedingsIn(estate, "defied")) {
    const { fulfilled } = proceeding;
    if (fulfilled === undefined) continue;
    for (const contradiction of proceeding.verdict!.contradictions) {
      if (contradiction.since <= fulfilled.index || contradiction.what === "control") continue;
      yield {
        ...caseOf(proceeding, contradiction),
        advice: "Find what brought it back (cron, a reconciler, a restart policy) and remove that.",
      };
    }
  }
}

/** A copy of what ought to be gone, kept somewhere that nothing registers. */
export function* preservedCopy(estate: Estate): Iterable<Case> {
  for (const proceeding of estate.proceedings.values()) {
    if (!estate.open.has(proceeding.digest)) continue;
    for (const contradiction of proceeding.verdict?.contradictions ?? []) {
      if (contradiction.what !== "copy") continue;
      yield {
        ...caseOf(proceeding, contradiction),
        advice: "Remove it, and find out who made it and where else it went.",
      };
    }
  }
}

function* proceedingsIn(estate: Estate, state: "defied"): Iterable<Proceeding> {
  for (const digest of estate.open) {
    const proceeding = estate.proceedings.get(digest)!;
    if (currentState(proceeding) === state) yield proceeding;
  }
}

function caseOf(
  { writ, digest, executedIndex, proposalIndex }: Proceeding,
  { host, where, since, index, detail, release }: Contradiction,
): Case {
  const leaving = writ.from.map((one) => one.release).join(", ");
  const to = writ.to === undefined ? "" : ` to ${writ.to.release}`;
  return {
    host,
    where,
    component: writ.component,
    ...(release === undefined ? {} : { release }),
    writ: digest,
    since: Math.max(since, executedIndex ?? proposalIndex),
    left: {
      kind: "writ",
      says: `${writ.action} of ${writ.component} from ${leaving}${to}`,
      entry: proposalIndex,
    },
    right: { kind: "observation", says: detail, entry: index },
    advice: "",
  };
}
