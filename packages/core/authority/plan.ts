/**
 * From an order and the register to a writ: the places it covers, the steps that carry it out, and
 * what must be seen afterwards. Pure: whoever has the register draws the same writ again, and
 * admission does, so a writ whose steps do not follow from its order is refused.
 */
import { encodeCanonical, type JsonObject } from "../encoding/canonical-json.ts";
import { type Digest, digestOf } from "../encoding/digest.ts";
import { isRefused, type Refused, refused, unreachable } from "../encoding/refusal.ts";
import type {
  Control,
  FilePlacement,
  LinkPlacement,
  Placement,
  Release,
  ServicePlacement,
} from "../register/document.ts";
import { type Register, releaseKey } from "../register/register.ts";
import type { Step } from "./step.ts";
import type { WritAction } from "./trust-root.ts";
import type { Place, Writ, WritRelease } from "./writ.ts";

/** What must have been looked through, on each host, before absence is believed. */
const demandedVantages = ["files", "processes", "controls"] as const;

/** What a person asks for. */
export type Order = {
  readonly action: WritAction;
  readonly component: string;
  /** Release to leave. For a decommission, absent means every release of the component. */
  readonly from?: string;
  /** Release to go to; for a decommission, absent. */
  readonly to?: string;
};

/** The part of a writ that follows from the register. */
export type Drawn = Pick<Writ, "from" | "to" | "inventory" | "steps" | "verification">;

/** Draws the part of a writ that follows from the order and the register. */
export function draw(register: Register, order: Order, watchSeconds: number): Drawn | Refused {
  const releases = releasesOf(register, order);
  if (isRefused(releases)) return releases;
  const places = placementsOf(register, order.component);
  const controls = controlsOf(register, order.component);
  const steps = stepsFor(places, releases);
  if (isRefused(steps)) return steps;
  if (steps.length === 0) {
    return refused(
      "unknown-reference",
      `the register names no place where ${order.component} ` +
        "would change; register its placements first",
    );
  }
  const inventory = inventoryOf(places, controls);
  const hosts = [...new Set(inventory.map(({ host }) => host))].sort();
  return {
    from: releases.from.map(written),
    ...(releases.to === undefined ? {} : { to: written(releases.to) }),
    inventory,
    steps,
    verification: {
      hosts,
      vantages: demandedVantages,
      blindSpots: hosts.flatMap((host) =>
        (register.hosts.get(host)?.document.blindSpots ?? []).map((spot) => ({ host, spot })),
      ),
      watchSeconds,
    },
  };
}

/** Digest of every place: equal digests mean that nothing the register says of them has changed. */
export function inventoryDigest(inventory: readonly Place[]): Digest {
  return digestOf(encodeCanonical(inventory as unknown as JsonObject[]));
}

type Releases = { readonly from: readonly Release[]; readonly to: Release | undefined };

function releasesOf(register: Register, order: Order): Releases | Refused {
  const { action, component } = order;
  if (!register.components.has(component)) {
    return refused("unknown-reference", `component ${component} is not registered`);
  }
  const find = (name: string) => register.releases.get(releaseKey(component, name));
  const from = order.from === undefined ? undefined : find(order.from);
  const to = order.to === undefined ? undefined : find(order.to);
  if (order.from !== undefined && from === undefined) {
    return refused("unknown-reference", `release ${component}@${order.from} is not registered`);
  }
  if (order.to !== undefined && to === undefined) {
    return refused("unknown-reference", `release ${component}@${order.to} is not registered`);
  }
  for (const described of [from, to]) {
    // Its absence would be proved by looking for nothing.
    if (described?.document.artefacts.length === 0) {
      const key = releaseKey(component, described.document.release);
      return refused("wrong-plan", `${key} names no artefact to know it by`);
    }
  }
  switch (action) {
    case "rollback":
    case "replace":
      if (from === undefined || to === undefined) {
        return refused(
          "unknown-reference",
          `a ${action} needs a release to leave and one to go to`,
        );
      }
      if (order.from === order.to) return refused("wrong-plan", "from and to are one release");
      if (to.lifecycle === "destroyed" || to.lifecycle === "proposed") {
        return refused("wrong-plan", `${component}@${order.to} is ${to.lifecycle}`);
      }
      return { from: [from.document], to: to.document };
    case "decommission": {
      if (to !== undefined) return refused("wrong-plan", "a decommission goes to no release");
      if (from !== undefined) return { from: [from.document], to: undefined };
      const all = [...register.releases.values()]
        .filter(
          ({ document, lifecycle }) =>
            document.component === component &&
            document.artefacts.length > 0 &&
            lifecycle !== "destroyed",
        )
        .map(({ document }) => document)
        .sort((a, b) => byText(a.release, b.release));
      return { from: all, to: undefined };
    }
    default:
      return unreachable(action);
  }
}

function stepsFor(places: readonly Placement[], { from, to }: Releases): readonly Step[] | Refused {
  const leaving = new Set(from.map(({ release }) => release));
  const services = places.filter(
    (place): place is ServicePlacement =>
      place.document === "service" && leaving.has(place.release),
  );
  if (to === undefined) {
    return [
      ...services.map((place) => serviceStep("stop-service", place)),
      ...removals(places, from, leaving),
    ];
  }
  const steps: Step[] = [];
  for (const place of places) {
    if (place.document !== "link" || !leaving.has(place.release)) continue;
    const step = switchStep(place, to);
    if (isRefused(step)) return step;
    steps.push(step);
  }
  return [...steps, ...services.map((place) => serviceStep("restart-service", place))];
}

function switchStep(place: LinkPlacement, to: Release): Step | Refused {
  const target = (release: string) =>
    place.targets.find((choice) => choice.release === release)?.target;
  const before = target(place.release);
  const after = target(to.release);
  if (before === undefined || after === undefined) {
    return refused("wrong-plan", `${place.placement} has no target for ${to.release}`);
  }
  const line = place.line === undefined ? {} : { line: place.line };
  const { host, placement, path } = place;
  return { step: "switch-link", host, placement, path, ...line, before, after };
}

function serviceStep(
  step: "stop-service" | "restart-service",
  { host, placement, service }: ServicePlacement,
): Step {
  return { step, host, placement, service };
}

/**
 * Files of the leaving releases, except those whose bytes a release that stays has at that path.
 */
function removals(
  places: readonly Placement[],
  from: readonly Release[],
  leaving: ReadonlySet<string>,
): readonly Step[] {
  const kept = new Set(
    places
      .filter((place) => place.document === "file" && !leaving.has(place.release))
      .map((place) => `${place.host}\0${(place as FilePlacement).path}`),
  );
  return places.flatMap((place): Step[] => {
    if (place.document !== "file" || !leaving.has(place.release)) return [];
    if (kept.has(`${place.host}\0${place.path}`)) return [];
    const artefact = from
      .find(({ release }) => release === place.release)
      ?.artefacts.find(({ name }) => name === place.artefact);
    if (artefact === undefined) return [];
    const { host, placement, path } = place;
    const { digest, size } = artefact;
    return [{ step: "remove-file", host, placement, path, digest, size }];
  });
}

function placementsOf(register: Register, component: string): readonly Placement[] {
  return [...register.placements.values()]
    .map(({ document }) => document)
    .filter((place) => place.component === component)
    .sort((a, b) => byText(a.placement, b.placement));
}

function controlsOf(register: Register, component: string): readonly Control[] {
  return [...register.controls.values()]
    .map(({ document }) => document)
    .filter((control) => control.component === component)
    .sort((a, b) => byText(a.control, b.control));
}

function inventoryOf(
  placements: readonly Placement[],
  controls: readonly Control[],
): readonly Place[] {
  const document = (value: Placement | Control) =>
    digestOf(encodeCanonical(value as unknown as JsonObject));
  return [
    ...placements.map(
      (place): Place => ({
        placement: place.placement,
        kind: place.document,
        host: place.host,
        release: place.release,
        ...(place.document === "service" ? {} : { path: place.path }),
        document: document(place),
      }),
    ),
    ...controls.map(
      (control): Place => ({
        placement: control.control,
        kind: "control",
        host: control.host,
        ...(control.reading.path.startsWith("/") ? { path: control.reading.path } : {}),
        document: document(control),
      }),
    ),
  ];
}

function written({ release, artefacts }: Release): WritRelease {
  return { release, artefacts };
}

/** Order by UTF-16 code units: the same in every locale. */
function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
