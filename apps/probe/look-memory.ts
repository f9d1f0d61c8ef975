/** What a probe that looks again and again keeps from one look to the next, and notices between. */
import { emptyBehindMemory } from "./behind/behind.ts";
import type { LookParts } from "./look.ts";
import { openNetworkMemory } from "./network/network.ts";

/** A transfer of a small model takes some seconds; a glance takes a few thousandths of one. */
const glanceMilliseconds = 1_000;

export type LookMemory = Required<
  Pick<LookParts, "endpointMemory" | "layerMemory" | "behindMemory" | "networkMemory">
>;

/** An empty memory. It glances at the network each second until the signal ends. */
export function openLookMemory(now: () => number, signal: AbortSignal): LookMemory {
  const networkMemory = openNetworkMemory("/proc", now);
  const glancing = setInterval(() => networkMemory.flows.glance(), glanceMilliseconds);
  signal.addEventListener("abort", () => clearInterval(glancing), { once: true });
  return {
    ...{ endpointMemory: new Map(), layerMemory: new Map() },
    ...{ behindMemory: emptyBehindMemory(), networkMemory },
  };
}
