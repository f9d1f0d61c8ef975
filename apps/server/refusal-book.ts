/**
 * Refusals, written into the journal: who tried what. Each kind of refusal by each signer is one
 * line a minute with a count, and there are only so many lines: a flood of bad entries is told of,
 * and neither fills the journal nor hides in it.
 */
import { type Digest, isRefused, type KeyId, type RefusalCode, type Refused } from "@writ/core";
import type { Clock, Log } from "@writ/node";
import type { Voice } from "./voice.ts";

/** A kind of refusal is told at once, and then at most this often. */
const repeatMilliseconds = 60_000;
/** Kinds kept apart; beyond it those of unlike signers are counted together, by code. */
const kindsMax = 1024;
/** Lines in the journal at once, and each second after: far above what honest clients cause. */
const burstMax = 50;
const linesPerSecond = 1;

/** Not told: the server's own state, and what an honest client does when it repeats itself. */
const untold: ReadonlySet<RefusalCode> = new Set(["overloaded", "unavailable", "no-trust-root"]);
/** Refused before it is known who signed: the key id that such an entry names is anybody's word. */
const anonymous: ReadonlySet<RefusalCode> = new Set(["unknown-signer", "bad-signature"]);

/** An entry that was well formed and refused. */
export type Turned = {
  readonly refusal: Refused;
  readonly entry: Digest;
  readonly signer: KeyId | undefined;
};

type Kind = { last: Turned; count: number; toldAt: number };

export type RefusalBookParts = {
  readonly voice: Voice;
  readonly clock: Clock;
  readonly log: Log;
};

export class RefusalBook {
  readonly #parts: RefusalBookParts;
  readonly #kinds = new Map<string, Kind>();
  readonly #stop = new AbortController();
  #tokens = burstMax;
  #loop: Promise<void> | undefined;
  #telling: Promise<void> = Promise.resolve();

  constructor(parts: RefusalBookParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Stops, after telling what was counted. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
    await this.#telling;
  }

  note(turned: Turned): void {
    const { refused: code } = turned.refusal;
    if (untold.has(code)) return;
    const signer = anonymous.has(code) ? undefined : turned.signer;
    const name = `${code} ${signer ?? ""}`;
    const kept = this.#kinds.get(name) ?? this.#open(name, code);
    kept.last = { ...turned, signer };
    kept.count += 1;
    this.#tellDue();
  }

  #open(name: string, code: RefusalCode): Kind {
    const crowded = this.#kinds.size >= kindsMax;
    const key = crowded ? `${code} ` : name;
    const kind = this.#kinds.get(key) ?? {
      last: undefined as unknown as Turned,
      count: 0,
      toldAt: Number.NEGATIVE_INFINITY,
    };
    this.#kinds.set(key, kind);
    return kind;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#parts.clock.sleep(1_000, signal).catch(() => undefined);
      this.#tokens = Math.min(burstMax, this.#tokens + linesPerSecond);
      this.#tellDue();
      this.#forget();
    }
  }

  #tellDue(): void {
    const now = this.#parts.clock.elapsed();
    for (const kind of this.#kinds.values()) {
      if (this.#tokens < 1) return;
      if (kind.count === 0 || now - kind.toldAt < repeatMilliseconds) continue;
      this.#tokens -= 1;
      kind.toldAt = now;
      const { count, last } = kind;
      kind.count = 0;
      this.#telling = this.#telling.then(() => this.#tell(last, count));
    }
  }

  #forget(): void {
    const now = this.#parts.clock.elapsed();
    for (const [name, kind] of this.#kinds) {
      if (kind.count === 0 && now - kind.toldAt > repeatMilliseconds) this.#kinds.delete(name);
    }
  }

  async #tell({ refusal, entry, signer }: Turned, count: number): Promise<void> {
    const { voice, log } = this.#parts;
    const { refused: code, detail } = refusal;
    log("warning", "refused", { code, entry, signer, count, detail });
    const said = await voice
      .say({
        kind: "refusal",
        code,
        entry,
        ...(signer === undefined ? {} : { signer }),
        count,
        detail: detail.slice(0, 1024),
      })
      .catch(() => undefined);
    if (said !== undefined && isRefused(said)) {
      log("warning", "refusal not journalled", { code: said.refused, detail: said.detail });
    }
  }
}
