/** Register × observation, for what watches and what stops: controls, probes, coverage. */
import type { Estate } from "../estate/estate.ts";
import type { Control } from "../register/document.ts";
import { controlAltered } from "../sight/control.ts";
import { lostSight, type Waver } from "../sight/host-sight.ts";
import type { Case } from "./finding.ts";

/** A registered control that is not in force as it ought to be. */
export function* controlIsAltered(estate: Estate): Iterable<Case> {
  for (const { document: control, index } of estate.register.controls.values()) {
    const sight = estate.sights.get(control.host);
    const look = sight?.latest;
    const seen = look?.census.controls.find((one) => one.control === control.control);
    if (sight === undefined || look === undefined || seen === undefined) continue;
    const how = controlAltered(control, seen);
    if (how === undefined) continue;
    const key = `control\0${seen.control}\0${seen.state}\0${seen.value ?? ""}`;
    yield {
      host: control.host,
      where: control.reading.path,
      component: control.component,
      since: sight.firstSeen.get(key) ?? look.index,
      left: {
        kind: "register",
        says: `${control.control}: ${control.reading.key ?? "value"} is ${control.expected}`,
        entry: index,
      },
      right: { kind: "observation", says: how, entry: look.index },
      advice: "Restore it now: humans cannot stop the component while it stands so.",
    };
  }
  yield* alteredInPassing(estate);
}

/** Changed and changed back between two looks, as the watch saw it. */
function* alteredInPassing(estate: Estate): Iterable<Case> {
  for (const { control, said, waver } of wavers(estate)) {
    const altered = waver.passed.map((was) => controlAltered(control, was));
    const how = altered.filter((says) => says !== undefined);
    if (how.length === 0) continue;
    yield {
      ...caseOfWaver(control, said, waver),
      right: {
        kind: "observation",
        says: `between two looks: ${[...new Set(how)].join("; ")}`,
        entry: waver.index,
      },
      advice:
        "Find who changed it, and what was done meanwhile. " +
        "Register the control again when that is settled.",
    };
  }
}

/** The bytes of a control are as before, and yet somebody wrote to it: its change time moved. */
export function* controlTouched(estate: Estate): Iterable<Case> {
  for (const { control, said, waver } of wavers(estate)) {
    const { touched, passed } = waver;
    if (touched === undefined || passed.length > 0) continue;
    yield {
      ...caseOfWaver(control, said, waver),
      right: {
        kind: "observation",
        says: `the same bytes, but changed at ${touched.to}, not at ${touched.from} as before`,
        entry: waver.index,
      },
      advice:
        "Find who wrote to it: it may have been something else meanwhile. " +
        "Register the control again when that is settled.",
    };
  }
}

type Wavering = { readonly control: Control; readonly said: number; readonly waver: Waver };

/** Wavers since humans last registered the control. */
function* wavers(estate: Estate): Iterable<Wavering> {
  for (const { document: control, index: said } of estate.register.controls.values()) {
    const waver = estate.sights.get(control.host)?.wavers.get(control.control);
    if (waver !== undefined && waver.index > said) yield { control, said, waver };
  }
}

function caseOfWaver(control: Control, said: number, waver: Waver) {
  return {
    host: control.host,
    where: control.reading.path,
    component: control.component,
    since: waver.index,
    left: {
      kind: "register",
      says: `${control.control}: ${control.reading.key ?? "value"} is ${control.expected}`,
      entry: said,
    },
  } as const;
}

/** A probe that was not heard for longer than the trust root allows. */
export function* probeSilent(estate: Estate): Iterable<Case> {
  if (estate.root === undefined || estate.time === 0) return;
  const limit = estate.root.document.silenceSeconds * 1000;
  for (const { name, kind, host } of estate.root.document.principals) {
    if (kind !== "probe" || host === undefined) continue;
    const sight = estate.sights.get(host);
    const last = sight?.heard.time ?? estate.times[0]?.time ?? estate.time;
    if (estate.time - last <= limit) continue;
    const minutes = Math.floor((estate.time - last) / 60_000);
    yield {
      host,
      where: name,
      since: sight?.heard.index ?? estate.rootIndexes.at(-1)!,
      left: {
        kind: "register",
        says: `${name} watches ${host}`,
        entry: estate.rootIndexes.at(-1)!,
      },
      right: {
        kind: "observation",
        says: sight === undefined ? "never heard" : `not heard for ${minutes} minutes`,
        ...(sight === undefined ? {} : { entry: sight.heard.index }),
      },
      gist: "not heard",
      advice: "Nothing is known of this host since. Find out why before you rely on it.",
    };
  }
}

/** A look that sees less than an earlier one did. */
export function* coverageShrunk(estate: Estate): Iterable<Case> {
  for (const sight of estate.sights.values()) {
    if (sight.narrowedIndex === undefined || sight.latest === undefined) continue;
    yield {
      host: sight.host,
      where: lostSight(sight).join(", "),
      since: sight.narrowedIndex,
      left: { kind: "register", says: "an earlier look saw more" },
      right: {
        kind: "observation",
        says: `no longer seen: ${lostSight(sight).join(", ")}`,
        entry: sight.latest.index,
      },
      advice: "Ask who changed the probe's roots or rights; something may be hidden there.",
    };
  }
}
