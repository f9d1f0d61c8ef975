/**
 * Admission: who may say what, given what was said before. One pure function decides, the same for
 * the server at its door, for an executor that trusts no server, and for an auditor years later.
 */

import type { PolicyEngine } from "../authority/policy.ts";
import type { TrustRoot } from "../authority/trust-root.ts";
import type { Writ } from "../authority/writ.ts";
import { parseCanonicalObject } from "../encoding/canonical-json.ts";
import type { Digest } from "../encoding/digest.ts";
import { isRefused, type Refused, refused, unreachable } from "../encoding/refusal.ts";
import { read } from "../encoding/shape.ts";
import type { Estate } from "../estate/estate.ts";
import { blobsNamed, type Entry, type EntryOf } from "../journal/entry.ts";
import { checkChange } from "../register/register.ts";
import { type Census, censusShape } from "../sight/census.ts";
import type { VerifyEd25519 } from "../tlog/note.ts";
import { admitDisposition } from "./disposition-admission.ts";
import { admitCertificate, admitWitnessed, type Cosigned } from "./journal-admission.ts";
import { admitRoot } from "./root-admission.ts";
import { type Signer, signerOf } from "./signer.ts";
import { admitDecision, admitExecution, admitProposal } from "./writ-admission.ts";

/** What admission needs from outside: a signature check, and the blobs that entries name. */
export type AdmissionPorts = {
  /**
   * `whole`: every entry from the first on is read, so chains, roots and plans are checked against
   * all of it. `excerpt`: a certificate's entries, each proven to be in the journal by itself.
   */
  readonly reading: "whole" | "excerpt";
  readonly verify: VerifyEd25519;
  /** Reads policies. Without one, nothing is admitted that a policy has a say in. */
  readonly policy?: PolicyEngine;
  /** The bytes of a blob that is stored; their digest was checked. */
  readonly blob: (digest: Digest) => Uint8Array | undefined;
  /** What a census blob says, if it was read before by the same rules: reading one takes long. */
  readonly census?: (digest: Digest) => Census | Refused | undefined;
};

/** An entry that may enter, with what reading it yielded. Only these reach the fold. */
export type Admitted =
  | { readonly opened: "root"; readonly entry: EntryOf<"root">; readonly root: TrustRoot }
  | {
      readonly opened: "proposal";
      readonly entry: EntryOf<"proposal">;
      readonly signer: Signer;
      readonly writ: Writ;
    }
  | {
      readonly opened: "census";
      readonly entry: EntryOf<"census">;
      readonly signer: Signer;
      readonly census: Census;
    }
  | {
      readonly opened: "witnessed";
      readonly entry: EntryOf<"witnessed">;
      readonly signer: Signer;
      readonly cosigned: Cosigned;
    }
  | {
      readonly opened: "plain";
      readonly entry: EntryOf<
        | "register"
        | "claim"
        | "heartbeat"
        | "decision"
        | "execution"
        | "refusal"
        | "certificate"
        | "disposition"
      >;
      readonly signer: Signer;
    };

/** Decides whether an entry may enter the journal as its next one. */
export function admit(estate: Estate, entry: Entry, ports: AdmissionPorts): Admitted | Refused {
  if (isKind(entry, "root")) {
    const root = admitRoot(estate, entry, ports);
    return isRefused(root) ? root : { opened: "root", entry, root };
  }
  if (estate.root === undefined || estate.id === undefined) {
    return refused("no-trust-root", "the first entry of a journal is its trust root");
  }
  if (entry.statement.estate !== estate.id) {
    return refused("wrong-estate", "the statement names another estate");
  }
  const signer = signerOf(estate.root, entry, ports.verify);
  if (isRefused(signer)) return signer;
  const chained = checkChain(estate, entry, { signer, reading: ports.reading });
  if (chained !== undefined) return chained;
  const copied = checkCounter(estate, signer);
  if (copied !== undefined) return copied;
  for (const digest of blobsNamed(entry.body)) {
    if (ports.blob(digest) === undefined) {
      return refused("missing-blob", `the entry names ${digest}, which was not sent with it`);
    }
  }
  return admitBody({ estate, root: estate.root, entry, signer, ports });
}

type Coming = {
  readonly estate: Estate;
  readonly root: TrustRoot;
  readonly entry: Entry;
  readonly signer: Signer;
  readonly ports: AdmissionPorts;
};

function admitBody({ estate, root, entry, signer, ports }: Coming): Admitted | Refused {
  const { body } = entry;
  const plain = (problem: Refused | undefined): Admitted | Refused =>
    problem ?? { opened: "plain", entry: entry as EntryOf<"claim">, signer };
  switch (body.kind) {
    case "root":
      return refused("malformed", "a trust root is admitted by itself");
    case "register":
      return plain(checkChange(estate.register, body));
    case "claim":
      return plain(undefined);
    case "heartbeat":
      return plain(speaksFor(signer, body.host));
    case "census": {
      const census = admitCensus(estate, { entry: entry as EntryOf<"census">, signer, ports });
      if (isRefused(census)) return census;
      return { opened: "census", entry: entry as EntryOf<"census">, signer, census };
    }
    case "proposal": {
      const bytes = ports.blob(body.writ)!;
      const writ = admitProposal(estate, root, { body, bytes, signer, ports });
      if (isRefused(writ)) return writ;
      return { opened: "proposal", entry: entry as EntryOf<"proposal">, signer, writ };
    }
    case "decision":
      return plain(admitDecision(estate, root, { body, signer, ports }));
    case "execution":
      return plain(admitExecution(estate, { body, signer, reading: ports.reading }));
    case "witnessed": {
      const cosigned = admitWitnessed(estate, root, { body, ports });
      if (isRefused(cosigned)) return cosigned;
      return { opened: "witnessed", entry: entry as EntryOf<"witnessed">, signer, cosigned };
    }
    case "disposition":
      return plain(admitDisposition(estate, root, { body, signer, reading: ports.reading }));
    case "refusal":
      return plain(undefined);
    case "certificate": {
      const statement = ports.blob(body.statement)!;
      return plain(admitCertificate(estate, { body, statement, signer, verify: ports.verify }));
    }
    default:
      return unreachable(body);
  }
}

/** Each key's entries form a chain: a second one at a place means that the key is in two places. */
function checkChain(
  estate: Estate,
  entry: Entry,
  { signer, reading }: { readonly signer: Signer; readonly reading: AdmissionPorts["reading"] },
): Refused | undefined {
  const { chain } = entry.statement;
  if (chain === undefined) return refused("malformed", "statement.chain is missing");
  const head = estate.heads.get(signer.key.id);
  const expected = head === undefined ? 0 : head.sequence + 1;
  if (reading === "excerpt" && chain.sequence >= expected) return undefined;
  if (chain.sequence > expected) {
    return refused("chain-gap", `sequence ${chain.sequence}; the key's next is ${expected}`);
  }
  if (chain.sequence < expected) {
    return refused("chain-fork", `sequence ${chain.sequence} was used; the next is ${expected}`);
  }
  return chain.previous === head?.digest
    ? undefined
    : refused("chain-fork", "it does not name the key's entry before it");
}

/** A device that has counted counts on: one that says less is a copy of it (WebAuthn §6.1.1). */
function checkCounter(estate: Estate, { key, counter }: Signer): Refused | undefined {
  const before = estate.counters.get(key.id) ?? 0;
  if (counter === undefined || counter > before || (counter === 0 && before === 0))
    return undefined;
  return refused("cloned-key", `key ${key.id} says ${counter}, and had said ${before}`);
}

function speaksFor(signer: Signer, host: string): Refused | undefined {
  return signer.principal.host === host
    ? undefined
    : refused("wrong-role", `${signer.principal.name} does not speak for ${host}`);
}

/** A census counts only if it was begun after a witnessed state of the journal that it names. */
function admitCensus(
  estate: Estate,
  coming: {
    readonly entry: EntryOf<"census">;
    readonly signer: Signer;
    readonly ports: AdmissionPorts;
  },
): Census | Refused {
  const { host, census: digest, since } = coming.entry.body;
  const stranger = speaksFor(coming.signer, host);
  if (stranger !== undefined) return stranger;
  if (since.size > 0) {
    const witnessed = estate.witnessed.get(since.size);
    if (witnessed === undefined || witnessed.root !== since.root) {
      return refused("stale-sight", `no recent witnessed checkpoint of size ${since.size} like it`);
    }
  }
  if (since.size < (estate.sights.get(host)?.latest?.sinceSize ?? 0)) {
    return refused("stale-sight", "an older look than the one before it");
  }
  const census = coming.ports.census?.(digest) ?? readCensus(coming.ports.blob(digest)!);
  if (isRefused(census)) return census;
  return census.host === host
    ? census
    : refused("wrong-role", "the census is of another host than its entry says");
}

/** Reads a census from its blob. */
function readCensus(bytes: Uint8Array): Census | Refused {
  const json = parseCanonicalObject(bytes);
  return isRefused(json) ? json : read(censusShape, json, "census");
}

function isKind<K extends Entry["body"]["kind"]>(entry: Entry, kind: K): entry is EntryOf<K> {
  return entry.body.kind === kind;
}
