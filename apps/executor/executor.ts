/**
 * The executor of one host. It acts on nothing but its own fold of a cosigned journal: a quorum of
 * humans, no veto before its intent, a fresh checkpoint. Then it reads, records, acts, and reads
 * again. What it says of its work is a claim like any other; sight decides.
 */
import {
  type Cosigned,
  type Digest,
  type Entry,
  isRefused,
  nextStep,
  type Principal,
  type Refused,
  type Step,
  type StepPhase,
} from "@writ/core";
import type { Clock, Follower, Log, SigningKey } from "@writ/node";
import type { Boundaries, Driver } from "./drivers/driver.ts";
import { type Expired, expired, mayNotBegin, nextMove, notFresh, outcomeOf } from "./move.ts";
import type { Operation, Operations, StepName } from "./operations.ts";
import { type Tell, tellOnce } from "./tell.ts";
import { shortened, Voice } from "./voice.ts";

export type ExecutorParts = {
  readonly key: SigningKey;
  readonly operations: Operations;
  readonly drivers: Driver<Step>;
  readonly boundaries: Boundaries;
  /** Hands an entry in. A refusal `unavailable` or `overloaded` means: try the same again. */
  readonly submit: (entry: Uint8Array) => Promise<{ readonly index: number } | Refused>;
  readonly clock: Clock;
  readonly log: Log;
};

/**
 * What a round came to. `distrust`: the journal is not to be believed; nothing is ever done again.
 */
export type Round = "acted" | "idle" | "waiting" | "distrust";

export class Executor {
  readonly #parts: ExecutorParts;
  readonly #tell: Tell;
  readonly #voice: Voice;
  readonly #follower: Follower;

  /** `follow` is given what hears of entries, and makes the follower. */
  constructor(
    parts: ExecutorParts,
    follow: (onEntry: (entry: Entry, index: number) => void) => Follower,
  ) {
    this.#parts = parts;
    this.#tell = tellOnce(parts.log);
    this.#voice = new Voice({ ...parts, tell: this.#tell });
    this.#follower = follow((entry, index) => this.#voice.notice(entry, index));
  }

  /** The estate as this executor folded it. */
  get estate(): Follower["estate"] {
    return this.#follower.estate;
  }

  /** Who it is in the trust root in force. */
  get self(): Principal | undefined {
    const known = this.estate.root?.keys.get(this.#voice.keyId)?.principal;
    return known?.kind === "executor" ? known : undefined;
  }

  /** Reads on, and does at most one thing. */
  async round(signal?: AbortSignal): Promise<Round> {
    const cosigned = await this.#follower.poll(signal);
    const { distrust } = this.#follower;
    if (distrust !== undefined) {
      const facts = { code: distrust.refused, detail: distrust.detail };
      this.#tell("error", "STOPPED: the journal is not to be believed; nothing is done", facts);
      return "distrust";
    }
    const objection = isRefused(cosigned) ? cosigned : this.#objection(cosigned);
    if (objection !== undefined) {
      const facts = { code: objection.refused, detail: objection.detail };
      this.#tell("warning", "nothing is done for now", facts);
      return "waiting";
    }
    if (this.#voice.isBusy) return (await this.#voice.flush()) ? "acted" : "waiting";
    return this.#serve(cosigned as Cosigned);
  }

  #objection(cosigned: Cosigned): Refused | undefined {
    const stale = notFresh(cosigned, this.#parts.clock.now());
    if (stale !== undefined) return stale;
    if (this.self !== undefined) return undefined;
    return { refused: "unknown-signer", detail: "this key is no executor's in the trust root" };
  }

  /** Goes through the open writs, the oldest first, until there was something to do. */
  async #serve(cosigned: Cosigned): Promise<Round> {
    const now = { cosigned, local: this.#parts.clock.now() };
    const open = [...this.estate.open]
      .map((digest) => this.estate.proceedings.get(digest)!)
      .sort((a, b) => a.proposalIndex - b.proposalIndex);
    for (const proceeding of open) {
      const number = nextStep(proceeding);
      const step = number === undefined ? undefined : proceeding.writ.steps[number];
      if (number === undefined || step?.host !== this.self?.host) continue;
      const name = { writ: proceeding.digest, step: number };
      const recorded = proceeding.steps.get(number)?.phase;
      if (recorded === undefined) {
        const objection = mayNotBegin(this.estate, proceeding, now);
        if (objection !== undefined) continue;
        const detail = this.#parts.drivers.describe(step!);
        return this.#say(name, { phase: "intent", detail });
      }
      if (recorded !== "intent" && recorded !== "indeterminate") continue;
      // Only the first step can still come too late: see `mayNotBegin`.
      const over = number === 0 ? expired(this.estate, proceeding.writ, now) : undefined;
      const round = await this.#pursue({ name, step: step!, recorded, expired: over });
      if (round !== "idle") return round;
    }
    return "idle";
  }

  /**
   * The intent is in the cosigned journal, before any veto: from here on the step is ours to do.
   */
  async #pursue(pursuit: Pursuit): Promise<Round> {
    const { name, step, recorded } = pursuit;
    const { operations, drivers } = this.#parts;
    const operation = operations.get(name) ?? (await this.#adopt(pursuit));
    if (operation === undefined) return "idle";
    if (operation.phase === "outcome") {
      // It was read and recorded, and the word of it was lost or refused.
      return this.#say(name, { phase: operation.outcome!, detail: operation.detail });
    }
    const reading = await drivers.readState(step, operation.memory);
    const move = nextMove({ recorded, operation, reading, expired: pursuit.expired });
    switch (move.move) {
      case "wait":
        this.#tell("warning", "a step waits", { ...factsOf(name), detail: move.why });
        return "idle";
      case "say":
        return this.#conclude(name, move);
      case "act":
        return this.#act(pursuit, operation);
      default:
        return move satisfies never;
    }
  }

  /**
   * Our intent is in the journal and our operation journal does not know it: the folder is new, or
   * the key is in two places. The effect may have happened, so it counts as begun.
   */
  async #adopt({ name, step }: Pursuit): Promise<Operation | undefined> {
    const { operations, drivers, clock } = this.#parts;
    const signedAt = this.#voice.intentTime(name);
    this.#tell("warning", "an intent that this folder does not know", factsOf(name));
    try {
      const memory = await drivers.remember(step, signedAt ?? clock.now());
      operations.begin(name, memory, this.#now());
    } catch (error) {
      this.#tell("warning", "a step waits", { ...factsOf(name), detail: messageOf(error) });
    }
    return operations.get(name);
  }

  async #act({ name, step }: Pursuit, operation: Operation): Promise<Round> {
    const { operations, drivers, boundaries, log } = this.#parts;
    let problem: string | undefined;
    let memory = operation.memory;
    try {
      if (memory === undefined) {
        memory = await drivers.remember(step);
        operations.begin(name, memory, this.#now());
      }
      await boundaries.reached("effect-begun");
      log("info", "acting", { ...factsOf(name), what: drivers.describe(step) });
      problem = await drivers.carryOut(step, memory);
    } catch (error) {
      problem = messageOf(error);
    }
    await boundaries.reached("effect-done");
    return this.#conclude(name, outcomeOf(await drivers.readState(step, memory), problem));
  }

  async #conclude(
    name: StepName,
    { phase, detail }: { readonly phase: StepPhase; readonly detail: string },
  ): Promise<Round> {
    const short = shortened(detail);
    if (phase === "done" || phase === "failed") {
      this.#parts.operations.end(name, { outcome: phase, detail: short });
      await this.#parts.boundaries.reached("outcome-recorded");
    }
    const level = phase === "done" ? "info" : "error";
    this.#parts.log(level, `step ${phase}`, { ...factsOf(name), detail: short });
    return this.#say(name, { phase, detail: short });
  }

  async #say(
    name: StepName,
    said: { readonly phase: StepPhase; readonly detail: string },
  ): Promise<Round> {
    return (await this.#voice.say(this.estate, name, said)) ? "acted" : "waiting";
  }

  #now(): string {
    return new Date(this.#parts.clock.now()).toISOString();
  }
}

type Pursuit = {
  readonly name: StepName;
  readonly step: Step;
  readonly recorded: "intent" | "indeterminate";
  readonly expired: Expired;
};

function factsOf({ writ, step }: { readonly writ: Digest; readonly step: number }) {
  return { writ, step };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "unknown error";
}
