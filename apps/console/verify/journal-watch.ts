/**
 * What the browser knows of the journal by its own checks. All that is trusted is what was pinned
 * on first sight: the estate's identity, and the newest tree that witnesses vouched for. A server
 * that later edits an entry, or shows an older journal, contradicts that, and is caught here.
 */
import {
  type AdmissionPorts,
  admit,
  type Cosigned,
  checkSignature,
  type Digest,
  type Entry,
  emptyEstate,
  evolve,
  fromBase64,
  fromHex,
  fromUtf8,
  hashLeaf,
  isDigest,
  isRefused,
  parseEntry,
  parseNote,
  preAuthenticationEncoding,
  proveConsistency,
  proveInclusion,
  type Refused,
  readCosigned,
  refused,
  type TrustRoot,
  verifyConsistency,
  verifyEd25519,
  verifyInclusion,
} from "@writ/core";
import { type Ask, TileMissing, treeNodes } from "./tiles.ts";

/** What a browser remembers between visits. */
export type Pin = {
  readonly estate: Digest;
  readonly size: number;
  readonly root: string;
  /** When this browser first saw the estate, milliseconds since 1970. */
  readonly since: number;
};

/** Where the pin is kept: the browser's storage. */
export type PinStore = { read(): Pin | undefined; write(pin: Pin): void };

export type Standing = {
  readonly estate: Digest;
  readonly cosigned: Cosigned;
  readonly trustRoot: TrustRoot;
  /** Names in the checkpoint's cosignature lines, each of which was checked. */
  readonly witnesses: readonly string[];
  /** The tree that this one was shown to extend; absent on first sight. */
  readonly extended: { readonly size: number } | undefined;
  readonly pinnedSince: number;
};

export type ProvenEntry = {
  readonly index: number;
  readonly entry: Entry;
  /** Principals whose signatures were checked. */
  readonly signers: readonly string[];
  /** Hashes between the entry and the root. */
  readonly proof: readonly Uint8Array[];
  readonly size: number;
};

/** More trust roots than an estate would make in a lifetime are not followed. */
const rootsMax = 1000;

const ports: AdmissionPorts = { reading: "whole", verify: verifyEd25519, blob: () => undefined };

export class JournalWatch {
  readonly #ask: Ask;
  readonly #pins: PinStore;
  readonly #now: () => number;
  readonly #tiles = new Map<string, Uint8Array[]>();
  readonly #proven = new Map<number, ProvenEntry>();
  #standing: Standing | undefined;
  #text = "";
  /** Leaves before they were in a checkpoint, by index: they may not change either. */
  readonly #seen = new Map<number, Digest>();

  constructor(parts: { readonly ask: Ask; readonly pins: PinStore; readonly now: () => number }) {
    this.#ask = parts.ask;
    this.#pins = parts.pins;
    this.#now = parts.now;
  }

  get standing(): Standing | undefined {
    return this.#standing;
  }

  /** Reads the newest checkpoint and holds it to everything that was pinned. */
  async check(): Promise<Standing | Refused> {
    try {
      return await this.#check();
    } catch (error) {
      if (error instanceof TileMissing) return error.refusal;
      return refused("malformed", error instanceof Error ? error.message : "unreadable");
    }
  }

  /** Reads an entry and holds it to the checkpoint: its place, its signatures. */
  async prove(index: number): Promise<ProvenEntry | Refused> {
    try {
      return await this.#prove(index);
    } catch (error) {
      if (error instanceof TileMissing) return error.refusal;
      return refused("malformed", error instanceof Error ? error.message : "unreadable");
    }
  }

  async #check(): Promise<Standing | Refused> {
    const bytes = await this.#ask("/journal/checkpoint");
    if (isRefused(bytes)) return bytes;
    const text = fromUtf8(bytes);
    const note = parseNote(bytes);
    if (text === undefined || isRefused(note)) return refused("bad-checkpoint", "not a note");
    if (this.#standing !== undefined && text === this.#text) return this.#standing;
    const trustRoot = await this.#trustRoot();
    if (isRefused(trustRoot)) return trustRoot;
    const cosigned = readCosigned(trustRoot.root, text, verifyEd25519);
    if (isRefused(cosigned)) return cosigned;
    const pin = this.#pins.read();
    if (pin !== undefined && pin.estate !== trustRoot.estate) {
      return refused("wrong-estate", `this browser pinned ${pin.estate}; this is another estate`);
    }
    const extended = pin && (await this.#extends(pin, cosigned));
    if (extended !== undefined) return extended;
    const problem = await this.#includeRoots(trustRoot.leaves, cosigned);
    if (problem !== undefined) return problem;
    const since = pin?.since ?? this.#now();
    this.#pins.write({
      estate: trustRoot.estate,
      size: cosigned.size,
      root: cosigned.root,
      since,
    });
    this.#text = text;
    this.#standing = {
      estate: trustRoot.estate,
      cosigned,
      trustRoot: trustRoot.root,
      witnesses: note.signatures
        .map(({ name }) => name)
        .filter((name) => name !== trustRoot.root.document.journal.origin),
      extended: pin && { size: pin.size },
      pinnedSince: since,
    };
    return this.#standing;
  }

  /** Refuses a tree that does not extend the one that was pinned. */
  async #extends(pin: Pin, cosigned: Cosigned): Promise<Refused | undefined> {
    if (cosigned.size < pin.size) {
      const detail = `the server shows ${cosigned.size} entries; this browser saw ${pin.size}`;
      return refused("rollback-of-history", detail);
    }
    if (cosigned.size === pin.size) {
      if (cosigned.root === pin.root) return undefined;
      return refused("fork", `another tree of ${pin.size} entries than this browser saw`);
    }
    const nodes = treeNodes(this.#ask, cosigned.size, this.#tiles);
    return verifyConsistency({
      size1: pin.size,
      size2: cosigned.size,
      root1: fromHex(pin.root)!,
      root2: fromHex(cosigned.root)!,
      proof: await proveConsistency(pin.size, cosigned.size, nodes),
    });
  }

  /** Follows the trust roots from the first, each signed by the quorum of the one before. */
  async #trustRoot() {
    const told = await this.#json("/api/trust-root");
    if (isRefused(told)) return told;
    const { indexes } = told as { readonly indexes?: unknown };
    if (!Array.isArray(indexes) || indexes.length > rootsMax || indexes[0] !== 0) {
      return refused("bad-trust-root", "the server's list of trust roots does not begin at 0");
    }
    const estate = emptyEstate();
    const leaves: { readonly index: number; readonly bytes: Uint8Array }[] = [];
    for (const index of indexes as readonly number[]) {
      const entry = await this.#entry(index);
      if (isRefused(entry)) return entry;
      if (entry.body.kind !== "root") return refused("bad-trust-root", `${index} is no trust root`);
      const admitted = admit(estate, entry, ports);
      if (isRefused(admitted)) return admitted;
      evolve(estate, admitted);
      leaves.push({ index, bytes: entry.bytes });
    }
    if (estate.root === undefined || estate.id === undefined) {
      return refused("no-trust-root", "there is no trust root yet");
    }
    return { root: estate.root, estate: estate.id, leaves };
  }

  async #includeRoots(
    leaves: readonly { readonly index: number; readonly bytes: Uint8Array }[],
    cosigned: Cosigned,
  ): Promise<Refused | undefined> {
    for (const { index, bytes } of leaves) {
      if (index >= cosigned.size) continue;
      const proof = await this.#include(index, bytes, cosigned);
      if (isRefused(proof)) return proof;
    }
    return undefined;
  }

  async #include(index: number, bytes: Uint8Array, { size, root }: Cosigned) {
    const nodes = treeNodes(this.#ask, size, this.#tiles);
    const proof = await proveInclusion(index, size, nodes);
    const leafHash = hashLeaf(bytes);
    const problem = verifyInclusion({ index, size, leafHash, proof, root: fromHex(root)! });
    if (problem === undefined) return proof;
    return refused("bad-proof", `entry ${index} as shown is not the entry in the journal`);
  }

  async #prove(index: number): Promise<ProvenEntry | Refused> {
    const standing = this.#standing;
    if (standing === undefined) return refused("unavailable", "no checkpoint was verified yet");
    const known = this.#proven.get(index);
    if (known !== undefined) return known;
    const entry = await this.#entry(index);
    if (isRefused(entry)) return entry;
    if (index >= standing.cosigned.size) {
      return refused("unavailable", `entry ${index} is not witnessed yet`);
    }
    const proof = await this.#include(index, entry.bytes, standing.cosigned);
    if (isRefused(proof)) return proof;
    const signers = signersOf(entry, standing.trustRoot);
    if (isRefused(signers)) return signers;
    const proven = { index, entry, signers, proof, size: standing.cosigned.size };
    this.#proven.set(index, proven);
    return proven;
  }

  async #entry(index: number): Promise<Entry | Refused> {
    if (!Number.isSafeInteger(index) || index < 0) return refused("malformed", "no such index");
    const told = await this.#json(`/api/entries/${index}`);
    if (isRefused(told)) return told;
    const { entry: text } = told as { readonly entry?: unknown };
    const bytes = typeof text === "string" ? fromBase64(text) : undefined;
    if (bytes === undefined) return refused("malformed", `entry ${index} is not base64`);
    const entry = parseEntry(bytes);
    if (isRefused(entry)) return refused(entry.refused, `entry ${index}: ${entry.detail}`);
    const before = this.#seen.get(index);
    if (before !== undefined && before !== entry.digest) {
      return refused("fork", `entry ${index} is not the one that was here a moment ago`);
    }
    this.#seen.set(index, entry.digest);
    return entry;
  }

  async #json(path: string): Promise<object | Refused> {
    const bytes = await this.#ask(path);
    if (isRefused(bytes)) return bytes;
    const value = JSON.parse(fromUtf8(bytes) ?? "null") as unknown;
    return typeof value === "object" && value !== null ? value : refused("malformed", path);
  }
}

/** Every signature of an entry, checked against the trust root in force. */
function signersOf(entry: Entry, root: TrustRoot): readonly string[] | Refused {
  const { payloadType, payload, signatures } = entry.envelope;
  const message = preAuthenticationEncoding(payloadType, payload);
  const names: string[] = [];
  for (const { key, signature } of signatures) {
    const known = root.keys.get(key);
    if (known === undefined) {
      names.push(`a key of an earlier trust root (${key.slice(0, 8)})`);
      continue;
    }
    const problem = checkSignature(known.key, { message, signature }, verifyEd25519);
    if (problem !== undefined) return problem;
    names.push(known.principal.name);
  }
  return names;
}

/** A pin as it was kept; whatever else is there counts as none. */
export function parsePin(text: string | null): Pin | undefined {
  try {
    const { estate, size, root, since } = JSON.parse(text ?? "null") as Pin;
    const isPin =
      isDigest(estate) &&
      Number.isSafeInteger(size) &&
      size > 0 &&
      /^[0-9a-f]{64}$/.test(root) &&
      Number.isSafeInteger(since);
    return isPin ? { estate, size, root, since } : undefined;
  } catch {
    return undefined;
  }
}
