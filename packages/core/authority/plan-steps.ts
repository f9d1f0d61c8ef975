/** The steps of an order: from what the register places to what executors are to do there. Pure. */
import { type Refused, refused, unreachable } from "../encoding/refusal.ts";
import { storesReleases } from "../register/deployment.ts";
import type {
  Control,
  DeploymentPlacement,
  FilePlacement,
  LinkPlacement,
  Placement,
  Release,
  ServicePlacement,
} from "../register/document.ts";
import type { EndDeployment, SetControl, Step } from "./step.ts";
import type { WritAction } from "./trust-root.ts";

/** What an order is about: the releases that it leaves, and the one that it goes to. */
export type Releases = { readonly from: readonly Release[]; readonly to: Release | undefined };

/** What the register has of one component, each list in one order. */
export type Places = {
  readonly placements: readonly Placement[];
  readonly controls: readonly Control[];
};

/** The steps that carry out an action on these places. */
export function stepsFor(
  action: WritAction,
  places: Places,
  releases: Releases,
): readonly Step[] | Refused {
  const { placements } = places;
  const leaving = new Set(releases.from.map(({ release }) => release));
  const serving = placements.filter(
    (place): place is ServicePlacement =>
      place.document === "service" && leaving.has(place.release),
  );
  const deployed = placements.filter(
    (place): place is DeploymentPlacement =>
      place.document === "deployment" && leaving.has(place.release),
  );
  switch (action) {
    case "rollback":
    case "replace":
      return switches(placements, leaving, releases.to!);
    case "decommission":
      return [
        ...serving.map((place) => serviceStep("stop-service", place)),
        ...deployed.map((place) => endStep("remove-deployment", place, place.release)),
        ...storedRemovals(placements, leaving),
        ...removals(placements, releases.from, leaving),
      ];
    case "quarantine":
      return [
        ...serving.map((place) => serviceStep("stop-service", place)),
        ...deployed.map((place) => endStep("stop-deployment", place, place.release)),
      ];
    case "restore":
      return settings(places.controls);
    case "rotate":
      return renewals(placements);
    default:
      return unreachable(action);
  }
}

function switches(
  placements: readonly Placement[],
  leaving: ReadonlySet<string>,
  to: Release,
): readonly Step[] | Refused {
  const [links, deployments, services]: [Step[], Step[], Step[]] = [[], [], []];
  for (const place of placements) {
    if (!leaving.has(place.release)) continue;
    if (place.document === "service") services.push(serviceStep("restart-service", place));
    if (place.document !== "link" && place.document !== "deployment") continue;
    const before = targetOf(place, place.release);
    const after = targetOf(place, to.release);
    if (before === undefined || after === undefined) {
      return refused("wrong-plan", `${place.placement} has no target for ${to.release}`);
    }
    if (place.document === "link") links.push(linkStep(place, { before, after }));
    else {
      const { host, placement, deployment } = place;
      deployments.push({
        step: "switch-deployment",
        ...{ host, placement, deployment, before, after },
      });
    }
  }
  return [...links, ...deployments, ...services];
}

function targetOf(
  { targets }: LinkPlacement | DeploymentPlacement,
  release: string,
): string | undefined {
  return targets.find((choice) => choice.release === release)?.target;
}

function linkStep(
  { host, placement, path, line }: LinkPlacement,
  targets: { readonly before: string; readonly after: string },
): Step {
  const at = line === undefined ? {} : { line };
  return { step: "switch-link", host, placement, path, ...at, ...targets };
}

function serviceStep(
  step: "stop-service" | "restart-service",
  { host, placement, service }: ServicePlacement,
): Step {
  return { step, host, placement, service };
}

function endStep(
  step: EndDeployment["step"],
  place: DeploymentPlacement,
  release: string,
): EndDeployment {
  const { host, placement, deployment } = place;
  return { step, host, placement, deployment, target: targetOf(place, release)! };
}

/** What a system keeps of a leaving release, whether it runs there or not. */
function storedRemovals(
  placements: readonly Placement[],
  leaving: ReadonlySet<string>,
): readonly Step[] {
  return placements.flatMap((place): Step[] => {
    if (place.document !== "deployment" || !storesReleases(place.deployment)) return [];
    return place.targets.flatMap(({ release }) =>
      leaving.has(release) ? [endStep("remove-stored", place, release)] : [],
    );
  });
}

/**
 * Files of the leaving releases, except those whose bytes a release that stays has at that path.
 */
function removals(
  placements: readonly Placement[],
  from: readonly Release[],
  leaving: ReadonlySet<string>,
): readonly Step[] {
  const kept = new Set(
    placements
      .filter((place) => place.document === "file" && !leaving.has(place.release))
      .map((place) => `${place.host}\0${(place as FilePlacement).path}`),
  );
  return placements.flatMap((place): Step[] => {
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

/** Formats in which one value can be set without loss of what stands around it. */
const settable: ReadonlySet<string> = new Set(["env", "ini", "json", "text"]);

/** Every control as it must be. Which of them was changed is for sight to say, not for a plan. */
function settings(controls: readonly Control[]): readonly Step[] | Refused {
  const steps: SetControl[] = [];
  for (const { control, host, reading, expected, owner, mode } of controls) {
    if (!settable.has(reading.format) || !reading.path.startsWith("/")) {
      return refused("wrong-plan", `${control} is ${reading.format}, which a person must restore`);
    }
    steps.push({
      step: "set-control",
      ...{ host, placement: control, reading, after: expected },
      ...(owner === undefined ? {} : { owner }),
      ...(mode === undefined ? {} : { mode }),
    });
  }
  return steps;
}

/** Everything that runs of an agent is started anew: nothing that it was told lives on in it. */
function renewals(placements: readonly Placement[]): readonly Step[] | Refused {
  const steps: Step[] = [];
  for (const place of placements) {
    if (place.document === "service") steps.push(serviceStep("restart-service", place));
    if (place.document !== "deployment") continue;
    if (place.deployment.system !== "container") {
      const { system } = place.deployment;
      return refused("wrong-plan", `${place.placement}: what a ${system} runs cannot be renewed`);
    }
    steps.push(endStep("restart-deployment", place, place.release));
  }
  return steps;
}
