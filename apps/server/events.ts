/**
 * News of the fold for whoever waits: event streams, and probes that wait for an assignment. It is
 * a hint to look again. A listener that does not keep up is let go, never waited for.
 */
import { type Admitted, currentState, type Digest, type Estate } from "@writ/core";
import type { EstateFold } from "./fold.ts";

export type News =
  | {
      readonly event: "entry";
      readonly data: { readonly index: number; readonly kind: string; readonly digest: Digest };
    }
  | {
      readonly event: "writ";
      readonly data: { readonly digest: Digest; readonly state: string; readonly index: number };
    }
  | {
      readonly event: "findings";
      readonly data: { readonly count: number; readonly critical: number; readonly size: number };
    };

export type Subscriber = (news: News) => void;

/** Findings are derived from the whole estate: once for many entries is often enough. */
const findingsMilliseconds = 500;

export class Events {
  readonly #fold: EstateFold;
  readonly #subscribers = new Set<Subscriber>();
  /** States last told of writs that can still change. */
  readonly #states = new Map<Digest, string>();
  #findingsTold = "";
  #timer: NodeJS.Timeout | undefined;

  constructor(fold: EstateFold) {
    this.#fold = fold;
    fold.listen((admitted, index, estate) => this.#hear(admitted, index, estate));
  }

  /** Hears news until the returned function is called. */
  subscribe(subscriber: Subscriber): () => void {
    this.#subscribers.add(subscriber);
    return () => {
      this.#subscribers.delete(subscriber);
    };
  }

  get listeners(): number {
    return this.#subscribers.size;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#subscribers.clear();
  }

  #hear({ entry }: Admitted, index: number, estate: Estate): void {
    const { kind } = entry.body;
    this.#tell({ event: "entry", data: { index, kind, digest: entry.digest } });
    this.#tellStates(index, estate);
    if (this.#subscribers.size === 0 || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => void this.#tellFindings(), findingsMilliseconds).unref();
  }

  #tellStates(index: number, estate: Estate): void {
    for (const digest of new Set([...this.#states.keys(), ...estate.open])) {
      const state = currentState(estate.proceedings.get(digest)!);
      const told = this.#states.get(digest);
      if (estate.open.has(digest)) this.#states.set(digest, state);
      else this.#states.delete(digest);
      if (told !== state) this.#tell({ event: "writ", data: { digest, state, index } });
    }
  }

  async #tellFindings(): Promise<void> {
    const { size } = this.#fold.estate;
    const found = await this.#fold.findings();
    this.#timer = undefined;
    const names = found.map(({ rule, host, where, since }) => [rule, host, where, since.index]);
    const told = JSON.stringify(names);
    if (told === this.#findingsTold) return;
    this.#findingsTold = told;
    const critical = found.filter(({ severity }) => severity === "critical").length;
    this.#tell({ event: "findings", data: { count: found.length, critical, size } });
  }

  #tell(news: News): void {
    for (const subscriber of this.#subscribers) subscriber(news);
  }
}
