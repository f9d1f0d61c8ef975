/** Keeps the estate's image beside the journal at intervals: a cache that an audit holds us to. */
import { copyEstate, estateImageInSteps, estateImageName } from "@writ/core";
import { type Clock, type JournalStore, type Log, projectionBytesMax } from "@writ/node";
import type { EstateFold } from "./fold.ts";
import { inTurns } from "./turns.ts";

/** An image of a large estate takes a second to write: once a minute it costs little. */
const intervalMilliseconds = 60_000;

export type ProjectorParts = {
  readonly fold: EstateFold;
  readonly store: JournalStore;
  readonly clock: Clock;
  readonly log: Log;
};

export class Projector {
  readonly #parts: ProjectorParts;
  readonly #stop = new AbortController();
  #loop: Promise<void> | undefined;
  #size = -1;

  constructor(parts: ProjectorParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Stops, after a last image. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
    await this.#keep();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#keep();
      await this.#parts.clock.sleep(intervalMilliseconds, signal).catch(() => undefined);
    }
  }

  async #keep(): Promise<void> {
    const { fold, store, log } = this.#parts;
    const { size } = fold.estate;
    if (size === this.#size) return;
    const bytes = await inTurns(estateImageInSteps(copyEstate(fold.estate)));
    if (bytes.length > projectionBytesMax) {
      log("warning", "image too large to keep", { bytes: bytes.length });
      return;
    }
    try {
      await store.putProjection(estateImageName, { size, bytes });
      this.#size = size;
    } catch (error) {
      // It is a cache: the journal does not wait for it.
      log("warning", "image not kept", { detail: (error as Error).message });
    }
  }
}
