/**
 * An audit: the journal is read again from its first entry, every signature, chain, proof and blob
 * is checked, the estate is folded anew, and what the server tells is held against that.
 */
import {
  admit,
  blobsNamed,
  type Cosigned,
  currentState,
  type Digest,
  digestOf,
  type Entry,
  type Estate,
  emptyEstate,
  encodeCanonical,
  evolve,
  findings,
  isRefused,
  type Json,
  type JsonObject,
  parseEntry,
  type Refused,
  type VerifyEd25519,
  type WritState,
} from "@writ/core";
import {
  cedarEngine,
  checkSignatures,
  JournalReader,
  type JournalSource,
  verifierOf,
  verifyNative,
} from "@writ/node";

/** What a server tells of its estate, as far as a fold decides it. */
export type Told = {
  readonly register: Json;
  readonly writs: Json;
  readonly findings: Json;
};

export type AuditParts = {
  readonly source: JournalSource;
  readonly pin: Digest;
  readonly blob: (digest: Digest) => Promise<Uint8Array | Refused>;
  /** After each page: how many entries are folded. */
  readonly onProgress: (size: number) => void;
  /** Told at each size from this one on, so that a server that goes on can be met. */
  readonly onEstate?: { readonly from: number; readonly told: (estate: Estate) => void };
};

export type Audited = { readonly estate: Estate; readonly cosigned: Cosigned };

type Readable = { readonly entry: Entry; readonly verify: Promise<VerifyEd25519> };
type ReadEntry = Readable | Refused;

/** Reads and refolds a journal up to its newest cosigned checkpoint. */
export class Audit {
  readonly #parts: AuditParts;
  readonly #estate: Estate = emptyEstate();
  readonly #reader: JournalReader;

  constructor(parts: AuditParts) {
    this.#parts = parts;
    this.#reader = new JournalReader({
      source: parts.source,
      pin: parts.pin,
      verify: verifyNative,
      onEntries: (entries) => this.#take(entries),
    });
  }

  /** Reads on to the newest checkpoint. */
  async readOn(): Promise<Audited | Refused> {
    const cosigned = await this.#reader.poll();
    return isRefused(cosigned) ? cosigned : { estate: this.#estate, cosigned };
  }

  async #take(entries: readonly Uint8Array[]): Promise<undefined | Refused> {
    // Signatures are checked on other threads while the entries before are folded.
    const { root, size } = this.#estate;
    const read: ReadEntry[] = [];
    for (const [i, bytes] of entries.entries()) {
      const entry = parseEntry(bytes);
      // What stands before it is folded first: of two faults the earlier one is told.
      if (isRefused(entry)) read.push(at(size + i, entry));
      else read.push({ entry, verify: checkSignatures(root, entry).then(verifierOf) });
    }
    for (const one of read) {
      const problem = isRefused(one) ? one : await this.#advance(one);
      if (problem !== undefined) return problem;
    }
    this.#parts.onProgress(this.#estate.size);
    return undefined;
  }

  async #advance({ entry, verify }: Readable): Promise<undefined | Refused> {
    const index = this.#estate.size;
    const blobs = new Map<Digest, Uint8Array>();
    for (const digest of blobsNamed(entry.body)) {
      const blob = await this.#parts.blob(digest);
      if (isRefused(blob)) return at(index, blob);
      // Whoever keeps the blobs is not asked whether these are the ones.
      if (digestOf(blob) === digest) blobs.set(digest, blob);
    }
    const admitted = admit(this.#estate, entry, {
      reading: "whole",
      policy: cedarEngine,
      verify: await verify,
      blob: (digest) => blobs.get(digest),
    });
    if (isRefused(admitted)) return at(index, admitted);
    evolve(this.#estate, admitted);
    const { onEstate } = this.#parts;
    if (onEstate !== undefined && this.#estate.size >= onEstate.from) onEstate.told(this.#estate);
    return undefined;
  }
}

/** What an estate comes to, in the form in which servers' answers are compared with it. */
export function toldOf(estate: Estate): Told {
  const { components, releases, placements, controls, hosts, sayings } = estate.register;
  return comparable({
    register: {
      components: [...components.values()],
      releases: [...releases.values()],
      placements: [...placements.values()],
      controls: [...controls.values()],
      hosts: [...hosts.values()],
      sayings: Array.from(sayings, ([index, saying]) => ({ index, ...saying })),
    },
    writs: [...estate.proceedings.values()].map((proceeding) => ({
      digest: proceeding.digest,
      state: currentState(proceeding),
      approvals: proceeding.approvals.size,
    })),
    findings: findings(estate),
  });
}

/** Answers of a server in the same form. */
export function toldBy(answers: {
  readonly register: unknown;
  readonly writs: readonly {
    readonly digest: Digest;
    readonly state: WritState;
    readonly approvals: number;
  }[];
  readonly findings: unknown;
}): Told {
  const writs = answers.writs.map(({ digest, state, approvals }) => ({ digest, state, approvals }));
  return comparable({ register: answers.register, writs, findings: answers.findings });
}

/** Which parts differ; none if all are the same. */
export function differences(a: Told, b: Told): readonly (keyof Told)[] {
  return (["register", "writs", "findings"] as const).filter(
    (part) => digestOf(encodeCanonical(a[part])) !== digestOf(encodeCanonical(b[part])),
  );
}

/** As JSON, lists in an order of their own: a server may list as it likes. */
function comparable(value: {
  readonly register: unknown;
  readonly writs: unknown;
  readonly findings: unknown;
}): Told {
  const plain = JSON.parse(JSON.stringify(value)) as JsonObject;
  return sorted(plain) as unknown as Told;
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) {
    const items = (value as readonly Json[]).map(sorted);
    return items.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sorted(member as Json)]),
  );
}

function at(index: number, { refused, detail }: Refused): Refused {
  return {
    refused,
    detail: `entry ${index}: ${detail.replace(new RegExp(`^entry ${index}: `), "")}`,
  };
}
