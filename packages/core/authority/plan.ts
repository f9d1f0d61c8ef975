/**
 * From an order and the register to a writ: the places it covers, the steps that carry it out, and
 * what must be seen afterwards. Pure: whoever has the register draws the same writ again, and
 * admission does, so a writ whose steps do not follow from its order is refused.
 */
import { encodeCanonical, type JsonObject } from "../encoding/canonical-json.ts";
import { type Digest, digestOf } from "../encoding/digest.ts";
import { isRefused, type Refused, refused, unreachable } from "../encoding/refusal.ts";
import type { Control, Placement, Release } from "../register/document.ts";
import { type Register, releaseKey } from "../register/register.ts";
import { type Releases, stepsFor } from "./plan-steps.ts";
import type { WritAction } from "./trust-root.ts";
import type { Place, Writ, WritRelease } from "./writ.ts";

/** What must have been looked through, on each host, before absence is believed. */
const demandedVantages = ["files", "processes", "controls"] as const;

/** What a person asks for. */
export type Order = {
  readonly action: WritAction;
  readonly component: string;
  /** Release to leave; absent means every release, for a decommission and a quarantine. */
  readonly from?: string;
  /** Release to go to: for a rollback and a replacement, and nothing else. */
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
  const steps = stepsFor(order.action, { placements: places, controls }, releases);
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
    case "restore":
    case "rotate":
      if (from !== undefined || to !== undefined) {
        return refused("wrong-plan", `a ${action} is of a whole component, of no release`);
      }
      return { from: [], to: undefined };
    case "decommission":
    case "quarantine": {
      if (to !== undefined) return refused("wrong-plan", `a ${action} goes to no release`);
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
        ...("path" in place ? { path: place.path } : {}),
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
