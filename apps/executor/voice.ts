/**
 * The executor's voice: one entry at a time, signed once, on disk before it is on the wire, and
 * sent again until the verified journal shows it. What a server answers is not what makes it said.
 */
import {
  digestOf,
  type Entry,
  type Estate,
  encodeStatement,
  entryPayloadType,
  isRefused,
  type KeyId,
  keyIdOf,
  preAuthenticationEncoding,
  type Refused,
  type StepPhase,
  sealEntry,
} from "@writ/core";
import type { Clock, SigningKey } from "@writ/node";
import type { Boundaries } from "./drivers/driver.ts";
import type { Operations, StepName } from "./operations.ts";
import type { Tell } from "./tell.ts";

/** An entry's `detail` has 4096 characters; a person reads the first few hundred. */
const detailLengthMax = 1000;
/** Between two tries of one entry: no faster than what stands in its way could change. */
const patienceMilliseconds = 5000;
/** How long a server may take from publishing a checkpoint to noting it in the journal. */
const briefMilliseconds = 200;

export type VoiceParts = {
  readonly key: SigningKey;
  readonly operations: Operations;
  readonly boundaries: Boundaries;
  /** Hands an entry in. A refusal `unavailable` or `overloaded` means: try the same again. */
  readonly submit: (entry: Uint8Array) => Promise<{ readonly index: number } | Refused>;
  readonly clock: Clock;
  readonly tell: Tell;
};

export class Voice {
  readonly keyId: KeyId;
  readonly #parts: VoiceParts;
  /** When each intent of this key was signed: stands in for an operation journal that is lost. */
  readonly #intents = new Map<string, number>();
  #quietUntil = 0;

  constructor(parts: VoiceParts) {
    this.#parts = parts;
    this.keyId = keyIdOf("ed25519", parts.key.publicKey);
  }

  /** True while nothing new may be said: something is on its way, or was refused a moment ago. */
  get isBusy(): boolean {
    const { operations, clock } = this.#parts;
    return operations.waiting() !== undefined || clock.elapsed() < this.#quietUntil;
  }

  /** When the intent of a step was signed, in milliseconds by the clock of then. */
  intentTime({ writ, step }: StepName): number | undefined {
    return this.#intents.get(`${writ} ${step}`);
  }

  /** Signs, keeps and sends an entry on top of what the verified journal holds of this key. */
  async say(
    estate: Estate,
    name: StepName,
    { phase, detail }: { readonly phase: StepPhase; readonly detail: string },
  ): Promise<boolean> {
    const { key, operations, boundaries } = this.#parts;
    const head = estate.heads.get(this.keyId);
    const sequence = head === undefined ? 0 : head.sequence + 1;
    const at = new Date(this.#parts.clock.now()).toISOString();
    const payload = encodeStatement({
      version: 1,
      estate: estate.id!,
      at,
      chain: { sequence, ...(head === undefined ? {} : { previous: head.digest }) },
      body: { kind: "execution", ...name, phase, detail: shortened(detail) },
    });
    const signature = await key.sign(preAuthenticationEncoding(entryPayloadType, payload));
    const bytes = sealEntry(payload, [{ key: this.keyId, signature }]);
    operations.say({ ...name, phase, sequence, bytes, digest: digestOf(bytes) }, at);
    await boundaries.reached(`${phase}-signed`);
    return this.flush();
  }

  /** Sends what waits, if it is time; true if the server took it. */
  async flush(): Promise<boolean> {
    const { clock, submit, operations, boundaries, tell } = this.#parts;
    const said = operations.waiting();
    if (said === undefined || clock.elapsed() < this.#quietUntil) return false;
    const answer = await submit(said.bytes);
    this.#quietUntil = clock.elapsed() + patienceMilliseconds;
    if (!isRefused(answer)) {
      await boundaries.reached(`${said.phase}-sent`);
      return true;
    }
    const { refused: code, detail } = answer;
    const { writ, step, phase } = said;
    tell("warning", "not taken", { writ, step, phase, code, detail });
    if (code !== "unavailable" && code !== "overloaded") operations.markRefused(said);
    // We were faster than the server's own note of the checkpoint that we have read.
    if (code === "writ-not-armed") this.#quietUntil = clock.elapsed() + briefMilliseconds;
    return false;
  }

  /** Hears of an entry of the verified journal. */
  notice({ body, digest, statement, envelope }: Entry, index: number): void {
    if (body.kind !== "execution" || envelope.signatures[0]?.key !== this.keyId) return;
    const { writ, step, phase } = body;
    if (phase === "intent") this.#intents.set(`${writ} ${step}`, Date.parse(statement.at));
    if (this.#parts.operations.markRead(digest)) {
      this.#quietUntil = 0;
      return;
    }
    // Harmless to the host: an effect needs a quorum, not this key. But humans must hear of it.
    const facts = { writ, step, phase, index };
    this.#parts.tell("error", "an entry of this key that was not signed in this folder", facts);
  }
}

/** A detail as it fits an entry. */
export function shortened(detail: string): string {
  // A cut may part a surrogate pair, and an entry has well-formed text only.
  return detail.slice(0, detailLengthMax).toWellFormed();
}
