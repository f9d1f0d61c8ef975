/**
 * A small real estate for tests: real keys, real signatures, real checkpoints and cosignatures, and
 * every entry goes through the real admission. Only the clock is set by hand.
 */
import { createPrivateKey, createPublicKey, sign, verify as verifySignature } from "node:crypto";
import { type AdmissionPorts, type Admitted, admit } from "../admission/admit.ts";
import { journalVerifierKey, witnessPolicy } from "../admission/journal-admission.ts";
import { draw, type Order } from "../authority/plan.ts";
import { currentState, type WritState } from "../authority/proceeding.ts";
import {
  type TrustRoot,
  type TrustRootDocument,
  trustRoot,
  writActions,
} from "../authority/trust-root.ts";
import { encodeWrit, type Writ } from "../authority/writ.ts";
import { encodeCertificateStatement, statementPayloadType } from "../certificate/statement.ts";
import { fromUtf8, toBase64 } from "../encoding/bytes.ts";
import { encodeCanonical, type JsonObject } from "../encoding/canonical-json.ts";
import { type Digest, digestOf, sha256 } from "../encoding/digest.ts";
import { assert, isRefused, type RefusalCode, type Refused } from "../encoding/refusal.ts";
import { type Estate, emptyEstate } from "../estate/estate.ts";
import { evolve } from "../estate/evolve.ts";
import { type EntryBody, encodeStatement, parseEntry, sealEntry } from "../journal/entry.ts";
import {
  encodeEnvelope,
  entryPayloadType,
  preAuthenticationEncoding,
} from "../journal/envelope.ts";
import type { RegisterDocument } from "../register/document.ts";
import type { Census } from "../sight/census.ts";
import { type KeyId, keyIdOf } from "../signature/key.ts";
import { signCheckpoint } from "../tlog/checkpoint.ts";
import { cosign } from "../tlog/cosignature.ts";
import {
  appendLeaf,
  emptyFrontier,
  type Frontier,
  frontierRoot,
  hashLeaf,
} from "../tlog/merkle.ts";
import { formatNote, type VerifyEd25519 } from "../tlog/note.ts";

/** An Ed25519 key made from a name, the same at every run. */
export type TestKey = {
  readonly id: KeyId;
  readonly publicKey: Uint8Array;
  readonly sign: (message: Uint8Array) => Uint8Array;
};

const pkcs8Prefix = Buffer.from("302e020100300506032b657004220420", "hex");

const keysMade = new Map<string, TestKey>();

export function testKey(name: string): TestKey {
  const made = keysMade.get(name) ?? makeKey(name);
  keysMade.set(name, made);
  return made;
}

function makeKey(name: string): TestKey {
  const seed = sha256(new TextEncoder().encode(`test key ${name}`));
  const der = Buffer.concat([pkcs8Prefix, seed]);
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const jwk = createPublicKey(privateKey).export({ format: "jwk" });
  const publicKey = new Uint8Array(Buffer.from(jwk.x!, "base64url"));
  return {
    id: keyIdOf("ed25519", publicKey),
    publicKey,
    sign: (message) => new Uint8Array(sign(null, message, privateKey)),
  };
}

/** Node's own Ed25519, seventeen times as fast as the portable one. */
export const verifyWithNode: VerifyEd25519 = (publicKey, message, signature) => {
  const x = Buffer.from(publicKey).toString("base64url");
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  return signature.length === 64 && verifySignature(null, message, key, signature);
};

export const testInstant = Date.parse("2026-11-25T02:00:00.000Z");

/** The trust root of the test estate: three operators, two of whom must sign. */
export function testRootDocument(changes: Partial<TrustRootDocument> = {}): TrustRootDocument {
  const key = (name: string) => ({
    type: "ed25519" as const,
    public: toBase64(testKey(name).publicKey),
  });
  const one = (name: string, kind: TrustRootDocument["principals"][number]["kind"]) => ({
    name,
    kind,
    keys: [key(name)],
  });
  return {
    number: 1,
    name: "test",
    principals: [
      one("ada", "human"),
      one("ben", "human"),
      one("cleo", "human"),
      one("butler", "agent"),
      { ...one("probe-h1", "probe"), host: "h1" },
      { ...one("probe-h2", "probe"), host: "h2" },
      { ...one("executor-h1", "executor"), host: "h1" },
      { ...one("executor-h2", "executor"), host: "h2" },
      one("witness-1", "witness"),
      one("witness-2", "witness"),
      one("journal", "journal"),
    ],
    groups: [{ name: "operators", members: ["ada", "ben", "cleo"] }],
    quorums: writActions.map((action) => ({
      action,
      seats: [{ group: "operators", threshold: 2 }],
    })),
    amendment: [{ group: "operators", threshold: 2 }],
    journal: { origin: "writ.test/journal", key: key("checkpoint") },
    witnessThreshold: 2,
    softwareKeys: true,
    silenceSeconds: 300,
    watchSeconds: 3600,
    ...changes,
  };
}

/** The test estate and the means to say things in it. */
export class EstateKit {
  readonly estate: Estate = emptyEstate();
  readonly blobs: Map<Digest, Uint8Array> = new Map();
  readonly entries: Uint8Array[] = [];
  /** Milliseconds; what witnesses will say. */
  now: number = testInstant;
  #frontier: Frontier = emptyFrontier();
  #nonce = 0;

  readonly ports: AdmissionPorts = {
    reading: "whole",
    verify: verifyWithNode,
    blob: (digest) => this.blobs.get(digest),
  };

  get root(): TrustRoot {
    assert(this.estate.root !== undefined, "the test estate has a trust root");
    return this.estate.root;
  }

  /** Stores a blob and gives its digest. */
  keep(bytes: Uint8Array): Digest {
    const digest = digestOf(bytes);
    this.blobs.set(digest, bytes);
    return digest;
  }

  /** The bytes of an entry that a principal would sign now. */
  entryBytes(speaker: string, body: EntryBody): Uint8Array {
    const key = testKey(speaker);
    const head = this.estate.heads.get(key.id);
    const statement = {
      version: 1 as const,
      estate: this.estate.id ?? digestOf(new Uint8Array()),
      at: new Date(this.now).toISOString(),
      chain: {
        sequence: head === undefined ? 0 : head.sequence + 1,
        ...(head === undefined ? {} : { previous: head.digest }),
      },
      body,
    };
    return signEntry(encodeStatement(statement), [key]);
  }

  /** Takes an entry's bytes to the door. */
  offer(bytes: Uint8Array): Admitted | Refused {
    const entry = parseEntry(bytes);
    if (isRefused(entry)) return entry;
    const admitted = admit(this.estate, entry, this.ports);
    if (isRefused(admitted)) return admitted;
    evolve(this.estate, admitted);
    this.entries.push(bytes);
    this.#frontier = appendLeaf(this.#frontier, hashLeaf(bytes));
    return admitted;
  }

  /** Says something that must be admitted; gives the entry's index. */
  say(speaker: string, body: EntryBody): number {
    const result = this.offer(this.entryBytes(speaker, body));
    if (isRefused(result)) throw new Error(`${result.refused}: ${result.detail}`);
    return this.estate.size - 1;
  }

  /** Says something that must be refused; gives the code. */
  refuses(speaker: string, body: EntryBody): RefusalCode | "admitted" {
    const result = this.offer(this.entryBytes(speaker, body));
    return isRefused(result) ? result.refused : "admitted";
  }

  /** Makes the trust root the journal's next entry, signed by the given people. */
  found(document: TrustRootDocument = testRootDocument(), people = ["ada", "ben"]): void {
    const result = this.offer(rootEntryBytes(document, people, this.estate.id));
    if (isRefused(result)) throw new Error(`${result.refused}: ${result.detail}`);
  }

  register(...set: readonly RegisterDocument[]): number {
    return this.say("ada", { kind: "register", set, remove: [] });
  }

  /** Lets time pass and brings a cosigned checkpoint of the whole journal into the journal. */
  async witness(milliseconds = 1000): Promise<number> {
    this.now += milliseconds;
    const checkpoint = await this.cosignedCheckpoint();
    return this.say("journal", { kind: "witnessed", checkpoint });
  }

  /** The text of a checkpoint of the whole journal, cosigned by these witnesses. */
  async cosignedCheckpoint(names: readonly string[] = ["witness-1", "witness-2"]): Promise<string> {
    const { origin } = this.root.document.journal;
    const key = journalVerifierKey(this.root);
    const body = {
      origin,
      size: this.#frontier.size,
      root: frontierRoot(this.#frontier),
      extensions: [],
    };
    const note = await signCheckpoint(body, key, testKey("checkpoint").sign);
    const cosignatures = [];
    for (const witness of witnessPolicy(this.root).witnesses) {
      if (!names.includes(witness.name)) continue;
      const timestamp = Math.floor(this.now / 1000);
      cosignatures.push(
        await cosign({ text: note.text, timestamp }, witness, testKey(witness.name).sign),
      );
    }
    const whole = { ...note, signatures: [...note.signatures, ...cosignatures] };
    return fromUtf8(formatNote(whole))!;
  }

  /** Draws a writ from the register as it is. */
  drawn(order: Order, proposer = "ada", changes: Partial<Writ> = {}): Writ {
    const drawn = draw(this.estate.register, order, this.root.document.watchSeconds);
    if (isRefused(drawn)) throw new Error(`${drawn.refused}: ${drawn.detail}`);
    this.#nonce += 1;
    return {
      version: 1,
      estate: this.estate.id!,
      root: this.root.digest,
      action: order.action,
      component: order.component,
      ...drawn,
      reason: "a bias was found in audit",
      proposer,
      nonce: this.#nonce.toString(16).padStart(32, "0"),
      expires: new Date(this.now + 3_600_000).toISOString(),
      ...changes,
    };
  }

  propose(order: Order, proposer = "ada", changes: Partial<Writ> = {}): Digest {
    const writ = this.keep(encodeWrit(this.drawn(order, proposer, changes)));
    this.say(proposer, { kind: "proposal", writ });
    return writ;
  }

  decide(person: string, writ: Digest, decision: "approve" | "deny" | "veto" = "approve"): number {
    return this.say(person, { kind: "decision", writ, decision });
  }

  /** Lets the executors say that they did every step. */
  execute(writ: Digest): void {
    const { steps } = this.estate.proceedings.get(writ)!.writ;
    for (const [step, { host }] of steps.entries()) {
      this.say(`executor-${host}`, { kind: "execution", writ, step, phase: "intent" });
      this.say(`executor-${host}`, { kind: "execution", writ, step, phase: "done" });
    }
  }

  /** Proposal, two approvals, a witnessed checkpoint, and the executors' word. */
  async carriedOut(order: Order): Promise<Digest> {
    const writ = this.propose(order);
    this.decide("ben", writ);
    this.decide("cleo", writ);
    await this.witness();
    this.execute(writ);
    await this.witness();
    return writ;
  }

  /** A census of a host, fresh against the last witnessed checkpoint. */
  sees(census: Census, since = this.estate.lastWitnessed): number {
    const digest = this.keep(encodeCanonical(census as unknown as JsonObject));
    const { host } = census;
    return this.say(`probe-${host}`, {
      kind: "census",
      host,
      census: digest,
      since: { size: since?.size ?? 0, root: since?.root ?? "0".repeat(64) },
    });
  }

  /** What the journal's server does when a writ is fulfilled. */
  certify(writ: Digest): number {
    const payload = encodeCertificateStatement(this.estate, this.estate.proceedings.get(writ)!);
    const key = testKey("journal");
    const signature = key.sign(preAuthenticationEncoding(statementPayloadType, payload));
    const statement = this.keep(
      encodeEnvelope({
        payloadType: statementPayloadType,
        payload,
        signatures: [{ key: key.id, signature }],
      }),
    );
    return this.say("journal", { kind: "certificate", writ, statement });
  }

  state(writ: Digest): WritState {
    return currentState(this.estate.proceedings.get(writ)!);
  }
}

/** An entry's bytes, signed by the given keys over the payload. */
export function signEntry(payload: Uint8Array, keys: readonly TestKey[]): Uint8Array {
  const message = preAuthenticationEncoding(entryPayloadType, payload);
  return sealEntry(
    payload,
    keys.map((key) => ({ key: key.id, signature: key.sign(message) })),
  );
}

/** The bytes of a trust root entry. */
export function rootEntryBytes(
  document: TrustRootDocument,
  people: readonly string[],
  estate?: Digest,
): Uint8Array {
  const checked = trustRoot(document);
  const id = estate ?? (isRefused(checked) ? digestOf(new Uint8Array()) : checked.digest);
  const payload = encodeStatement({
    version: 1,
    estate: id,
    at: new Date(testInstant).toISOString(),
    body: { kind: "root", root: document },
  });
  return signEntry(payload, people.map(testKey));
}
