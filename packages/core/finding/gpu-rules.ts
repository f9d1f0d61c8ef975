/** Register × observation, for what computes on a graphics processor. */
import type { Estate } from "../estate/estate.ts";
import { copiesIn } from "../register/copies.ts";
import type { SeenProcess } from "../sight/census.ts";
import type { Gpu } from "../sight/gpu.ts";
import type { Case } from "./finding.ts";

/** A process that computes with less holds no model that is worth a look. */
const footprintBytesMin = 512 * 1024 * 1024;
const bytesOfMegabyte = 1024 * 1024;

/**
 * A process that computes in much of a device's memory, and of which nothing is known: it neither
 * holds nor held anything that a release has, and no service is registered on its ports.
 */
export function* unexplainedCompute(estate: Estate): Iterable<Case> {
  for (const sight of estate.sights.values()) {
    const look = sight.latest;
    for (const gpu of look?.census.gpus ?? []) {
      for (const user of gpu.users) {
        const { pid, memory = 0, computes } = user;
        if (computes !== true || memory < footprintBytesMin) continue;
        const process = look!.census.processes.find((one) => one.pid === pid);
        if (process !== undefined && isAccountedFor(estate, sight.host, process)) continue;
        const command = process === undefined ? "" : ` (${process.command.join(" ")})`;
        yield {
          host: sight.host,
          where: `${gpu.device} pid ${pid}${command}`,
          since: look!.index,
          left: { kind: "register", says: "nothing accounts for this use of the device" },
          right: {
            kind: "observation",
            says: saidOf(gpu, memory),
            entry: look!.index,
          },
          gist: `it computes on ${gpu.device}`,
          advice: "Find out what it computes. Weights that were loaded elsewhere look like this.",
        };
      }
    }
  }
}

function isAccountedFor(estate: Estate, host: string, process: SeenProcess): boolean {
  const earlier = process.memory?.earlier ?? [];
  if ([...process.holds, ...earlier].some((one) => copiesIn(estate.register, one).length > 0)) {
    return true;
  }
  return [...estate.register.placements.values()].some(
    ({ document }) =>
      document.document === "service" &&
      document.host === host &&
      document.ports.some((port) => process.listens.includes(port)),
  );
}

function saidOf({ driver, name }: Gpu, memory: number): string {
  return `${Math.floor(memory / bytesOfMegabyte)} MiB of ${name ?? `a ${driver} device`}`;
}
