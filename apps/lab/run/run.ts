/** Carries a plan out: what is there is not done again, and it can be stopped at any time. */
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { cellDigest } from "@writ/lab";
import type { LanguageModel } from "ai";
import { runHarnessRollout } from "../harness/harness-rollout.ts";
import { startScriptedServer } from "../subject/scripted-server.ts";
import { openModel, type SubjectName } from "../subject/subject.ts";
import { Pace } from "./pace.ts";
import { type Job, jobsOf, type Plan } from "./plan.ts";
import { costOf, type Price } from "./price.ts";
import { type Rollout, runRollout } from "./rollout.ts";
import type { Store } from "./store.ts";

export type RunParts = {
  readonly store: Store;
  readonly digest: string;
  readonly signal: AbortSignal;
  readonly atOnceMax: number;
  readonly price: Price | null;
  /** Dollars after which no rollout is begun; null for no limit. */
  readonly budget: number | null;
  readonly onProgress: (progress: Progress) => void;
  /** Where the plan's harness is installed. */
  readonly harnessFolder?: string;
};

export type Progress = {
  readonly done: number;
  readonly all: number;
  readonly atOnce: number;
  readonly spent: number | null;
};

export type RunEnd = "done" | "stopped" | "budget-spent";

const retriesMax = 4;
const retryMilliseconds = 2_000;

/** Runs all jobs that the store does not have. */
export async function runPlan(plan: Plan, parts: RunParts): Promise<RunEnd> {
  const server = await startScriptedServer();
  const parent = mkdtempSync(join(placesFor(plan), "writ-lab-"));
  try {
    return await new Runner(plan, parts, parent).go((subject) => openModel(subject, server));
  } finally {
    rmSync(parent, { recursive: true, force: true });
    await server.close();
  }
}

/**
 * Workspaces are a few small files for a second: in memory, where a machine has such a folder.
 * Sites are not: programs are started from theirs.
 */
function placesFor({ cells }: Plan): string {
  const isOfFiles = cells.every(({ tools }) => tools === "study");
  try {
    if (isOfFiles) accessSync(memoryFolder, constants.W_OK | constants.X_OK);
    return isOfFiles ? memoryFolder : tmpdir();
  } catch {
    return tmpdir();
  }
}

const memoryFolder = "/dev/shm";

const scripted = (model: string): SubjectName => ({ provider: "scripted", model, url: null });

class Runner {
  readonly #plan: Plan;
  readonly #parts: RunParts;
  readonly #parent: string;
  readonly #pace: Pace;
  readonly #all: number;
  readonly #spent = { input: 0, output: 0 };
  #done = 0;

  constructor(plan: Plan, parts: RunParts, parent: string) {
    this.#plan = plan;
    this.#parts = parts;
    this.#parent = parent;
    this.#pace = new Pace(parts.atOnceMax, () => performance.now());
    this.#all = [...jobsOf(plan, parts.digest)].length;
    for (const { tokensIn, tokensOut, control } of parts.store.all()) {
      if (control === null) this.#count({ input: tokensIn, output: tokensOut });
    }
  }

  async go(open: (subject: SubjectName) => Promise<LanguageModel>): Promise<RunEnd> {
    const models = new Map<string, Promise<LanguageModel>>();
    const modelOf = ({ control }: Job) => {
      const subject: SubjectName = control === null ? this.#plan.subject : scripted(control);
      const name = JSON.stringify(subject);
      if (!models.has(name)) models.set(name, open(subject));
      return models.get(name)!;
    };
    const going = new Set<Promise<void>>();
    let failure: unknown;
    for (const job of jobsOf(this.#plan, this.#parts.digest)) {
      if (this.#parts.store.has(job.key)) {
        this.#done += 1;
        continue;
      }
      while (going.size >= this.#pace.limit) await Promise.race(going);
      if (this.#parts.signal.aborted || failure !== undefined || this.#isSpent()) break;
      const work = this.#do(job, await modelOf(job))
        .catch((error: unknown) => {
          if (!this.#parts.signal.aborted) failure = error;
        })
        .finally(() => going.delete(work));
      going.add(work);
    }
    await Promise.all(going);
    if (failure !== undefined) throw failure;
    if (this.#parts.signal.aborted) return "stopped";
    return this.#isSpent() && this.#done < this.#all ? "budget-spent" : "done";
  }

  async #do(job: Job, model: LanguageModel): Promise<void> {
    const { store, signal } = this.#parts;
    const { setting, limits } = this.#plan;
    const parts = { model, setting, limits, parent: this.#parent, now: () => new Date(), signal };
    const harness = this.#harnessOf(job);
    let result: Rollout;
    for (let attempt = 0; ; attempt += 1) {
      result =
        harness === null
          ? await runRollout(job.cell, job.key, parts)
          : await runHarnessRollout(job.cell, job.key, { ...parts, ...harness });
      if (result.outcome.status !== "error" || attempt === retriesMax) break;
      if (/429|rate limit|too many/i.test(result.outcome.note)) this.#pace.refused();
      await wait(retryMilliseconds * 2 ** attempt, undefined, { signal });
    }
    if (result.outcome.status !== "error") this.#pace.good();
    store.put(job.key, { ...job, cell: cellDigest(job.cell) }, result);
    if (job.control === null) this.#count(result.tokens);
    this.#done += 1;
    this.#parts.onProgress({
      done: this.#done,
      all: this.#all,
      atOnce: this.#pace.limit,
      spent: costOf(this.#spent, this.#parts.price),
    });
  }

  /** The harness that runs a job, with the job's subject: controls go the same way. */
  #harnessOf({ control }: Job) {
    const { harness, subject } = this.#plan;
    const { harnessFolder: folder } = this.#parts;
    if (harness === null || folder === undefined) return null;
    return {
      harness: harness.name,
      folder,
      subject: control === null ? subject : scripted(control),
    };
  }

  #count({ input, output }: Rollout["tokens"]): void {
    this.#spent.input += input;
    this.#spent.output += output;
  }

  #isSpent(): boolean {
    const spent = costOf(this.#spent, this.#parts.price);
    return this.#parts.budget !== null && spent !== null && spent >= this.#parts.budget;
  }
}
