/** What surrounds masses and processes once both are known: who sent what, and to where. */
import type { Census } from "@writ/core";
import type { Vantages } from "./look.ts";
import { learnInodes, lookAtNetwork, type NetworkMemory } from "./network/network.ts";

export type EvidenceParts = {
  readonly vantage: Vantages;
  readonly proc: string;
  readonly network: NetworkMemory;
  readonly masses: Census["masses"];
  readonly processes: Census["processes"];
};

/** Looks by the vantages that explain what the others met; `ledgers` are theirs. */
export async function lookAtEvidence(parts: EvidenceParts) {
  const { vantage, network, masses, processes } = parts;
  learnInodes(network.inodes, { masses, processes });
  const ofNetwork = vantage("network", []);
  const flows = await ofNetwork.during(() =>
    lookAtNetwork({ memory: network.flows, known: network.inodes, ledger: ofNetwork.parts.ledger }),
  );
  return { flows, ledgers: [ofNetwork] };
}
