/** The certifier: says of each fulfilled writ what the journal bears out, once and no more. */
import {
  currentState,
  type Digest,
  digestOf,
  encodeCertificateStatement,
  encodeEnvelope,
  isRefused,
  type Proceeding,
  refused,
  statementPayloadType,
} from "@writ/core";
import type { Log } from "@writ/node";
import type { EstateFold } from "./fold.ts";
import type { Voice } from "./voice.ts";

export type CertifierParts = {
  readonly fold: EstateFold;
  readonly voice: Voice;
  /** Makes the file of a writ's certificate and keeps it, as soon as witnesses saw its entry. */
  readonly keepFile: (writ: Digest) => Promise<unknown>;
  readonly log: Log;
};

export class Certifier {
  readonly #parts: CertifierParts;
  #started = false;
  #running: Promise<void> | undefined;
  readonly #unkept = new Set<Digest>();
  #again = false;

  constructor(parts: CertifierParts) {
    this.#parts = parts;
    parts.fold.listen((admitted) => {
      // Only sight fulfils; anything else that could is told by the next look.
      if (admitted.opened === "census" || admitted.opened === "witnessed") this.#look();
    });
  }

  /** Starts, with what was fulfilled while the server was down. */
  start(): void {
    this.#started = true;
    this.#look();
  }

  async stop(): Promise<void> {
    this.#started = false;
    await this.#running;
  }

  #look(): void {
    if (!this.#started) return;
    if (this.#running !== undefined) {
      this.#again = true;
      return;
    }
    this.#running = this.#certifyAll().finally(() => {
      this.#running = undefined;
      if (!this.#again) return;
      this.#again = false;
      this.#look();
    });
  }

  async #certifyAll(): Promise<void> {
    // Out of the fold's own turn: what is said next waits for the entry that called us.
    await Promise.resolve();
    for (const proceeding of this.#parts.fold.estate.proceedings.values()) {
      if (isDue(proceeding)) await this.#certify(proceeding);
    }
    for (const writ of this.#unkept) {
      const { certificateIndex } = this.#parts.fold.estate.proceedings.get(writ)!;
      if (!this.#isWitnessed(certificateIndex)) continue;
      this.#unkept.delete(writ);
      // It can be made again when somebody asks for it.
      await this.#parts.keepFile(writ).catch(() => undefined);
    }
  }

  async #certify(proceeding: Proceeding): Promise<void> {
    const { fold, voice, log } = this.#parts;
    const payload = encodeCertificateStatement(fold.estate, proceeding);
    const signature = await voice.sign(statementPayloadType, payload);
    const statement = encodeEnvelope({
      payloadType: statementPayloadType,
      payload,
      signatures: [{ key: voice.keyId, signature }],
    });
    const writ = proceeding.digest;
    const body = { kind: "certificate", writ, statement: digestOf(statement) } as const;
    const said = await voice
      .say(body, [statement])
      .catch(() => refused("unavailable", "the journal failed"));
    if (isRefused(said)) log("warning", "not certified", { writ, code: said.refused });
    else {
      this.#unkept.add(writ);
      log("info", "certified", { writ, index: said.index });
    }
  }

  #isWitnessed(index: number | undefined): boolean {
    return index !== undefined && index < (this.#parts.fold.estate.lastWitnessed?.size ?? 0);
  }
}

function isDue(proceeding: Proceeding): boolean {
  if (currentState(proceeding) !== "fulfilled" || proceeding.fulfilled === undefined) return false;
  return proceeding.certificateIndex === undefined || proceeding.revokedIndex !== undefined;
}
