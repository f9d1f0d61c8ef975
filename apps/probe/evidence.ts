/** What surrounds masses and processes once both are known: labels, memories, devices, flows. */
import type { Census } from "@writ/core";
import type { Ledger } from "./coverage.ts";
import type { Place } from "./files/place.ts";
import { lookAtGpus } from "./gpu/gpu.ts";
import { lookAtHarnesses } from "./harnesses/harnesses.ts";
import { labelsOf } from "./labels/labels.ts";
import type { Vantages } from "./look.ts";
import { learnInodes, lookAtNetwork, type NetworkMemory } from "./network/network.ts";

export type EvidenceParts = {
  readonly vantage: Vantages;
  readonly proc: string;
  readonly network: NetworkMemory;
  readonly masses: Census["masses"];
  readonly processes: Census["processes"];
  /** Files under the roots that a harness may keep. */
  readonly met: ReadonlySet<Place>;
  /** Of the vantage that met the masses: labels are read from files beside them. */
  readonly filesLedger: Ledger;
};

/** Looks by the vantages that explain what the others met; `ledgers` are theirs. */
export async function lookAtEvidence(parts: EvidenceParts) {
  const { vantage, proc, network, masses, processes, met, filesLedger } = parts;
  learnInodes(network.inodes, { masses, processes });
  const labels = labelsOf({ masses, ledger: filesLedger });
  const ofNetwork = vantage("network", []);
  const flows = await ofNetwork.during(() =>
    lookAtNetwork({ memory: network.flows, known: network.inodes, ledger: ofNetwork.parts.ledger }),
  );
  const ofGpu = vantage("gpu", []);
  const gpus = await ofGpu.during(() =>
    lookAtGpus({ proc, processes, ledger: ofGpu.parts.ledger }),
  );
  const ofHarnesses = vantage("harnesses", []);
  const instructions = await ofHarnesses.during(() =>
    lookAtHarnesses({ proc, met, processes, ledger: ofHarnesses.parts.ledger }),
  );
  return { flows, labels, gpus, instructions, ledgers: [ofNetwork, ofGpu, ofHarnesses] };
}
