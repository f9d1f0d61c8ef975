/** The judge on what runs: what no probe can see run, and what runs on though it was renewed. */
import type { Writ, WritRelease } from "../authority/writ.ts";
import { runsOnHost } from "../register/deployment.ts";
import { isAccepted } from "../sight/blind-spot.ts";
import { type HostSight, holdKey, sightings } from "../sight/host-sight.ts";
import { type Contradiction, type HostView, keepsAlive } from "./judge.ts";

/**
 * What runs where no vantage looks. Its executor's word stays a claim: unless humans accepted, in
 * the register and so in the writ, that nobody sees there, the writ is not fulfilled by it.
 */
export function outOfSight({ steps, verification }: Writ, host: string): readonly string[] {
  return steps.flatMap((step) => {
    if (step.host !== host || !("deployment" in step) || runsOnHost(step.deployment)) return [];
    const gap = { where: step.placement, why: "unreadable" } as const;
    const spots = verification.blindSpots.flatMap((blind) =>
      blind.host === host ? [blind.spot] : [],
    );
    if (isAccepted(gap, "endpoints", spots)) return [];
    return [`${step.placement}: no probe sees what ${step.deployment.system} runs there`];
  });
}

/** What still runs of a component that was to be started anew: seen before that, by process. */
export function unrenewed({ estate, writ, sight, fence }: HostView): readonly Contradiction[] {
  const look = sight.latest;
  if (writ.action !== "rotate" || fence === undefined || look === undefined) return [];
  const own = new Set(
    [...estate.register.releases.values()]
      .filter(({ document }) => document.component === writ.component)
      .flatMap(({ document }) => document.artefacts.map(({ digest }) => digest)),
  );
  return sightings(look.census, own).holds.flatMap(({ process, hold }) => {
    const since = sight.firstSeen.get(holdKey(look.census, process, hold)) ?? look.index;
    if (since > fence || !keepsAlive({ process, hold })) return [];
    return [
      {
        what: "still-runs" as const,
        host: sight.host,
        where: `pid ${process.pid} (${process.command.join(" ") || "?"})`,
        since,
        index: look.index,
        detail: "it ran before it was to be started anew",
      },
    ];
  });
}

/** Services that were to be restarted on the new release and are not seen to hold it. */
export function notServed(writ: Writ, to: WritRelease, sight: HostSight): readonly string[] {
  const restarted = writ.steps.filter(
    (step) =>
      step.host === sight.host &&
      (step.step === "restart-service" ||
        (step.step === "switch-deployment" && runsOnHost(step.deployment))),
  );
  if (restarted.length === 0) return [];
  const leaving = new Set(writ.from.flatMap(({ artefacts }) => artefacts.map((a) => a.digest)));
  const own = to.artefacts.map(({ digest }) => digest).filter((digest) => !leaving.has(digest));
  const holders = new Set(
    sightings(sight.latest!.census, new Set(own)).holds.map(({ process }) => process.pid),
  );
  if (holders.size >= restarted.length) return [];
  return [
    `${holders.size} of ${restarted.length} services are seen to hold ` +
      `${writ.component}@${to.release}`,
  ];
}
