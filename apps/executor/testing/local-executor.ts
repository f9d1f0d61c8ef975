/** An executor in the test's own process, with a clock that can be bent. */
import { join } from "node:path";
import { isRefused, type VerifyEd25519 } from "@writ/core";
import {
  type Clock,
  Follower,
  httpJournalSource,
  openBundleCache,
  systemClock,
  verifyNative,
} from "@writ/node";
import { openApi } from "@writ/node/api";
import { noBoundaries } from "../drivers/driver.ts";
import { hostDrivers } from "../drivers/drivers.ts";
import { Executor, type Round } from "../executor.ts";
import { type Operations, openOperations } from "../operations.ts";
import { readKey } from "../run.ts";
import type { Site } from "./site.ts";

export type LocalExecutor = {
  readonly executor: Executor;
  readonly operations: Operations;
  /** Lines that it logged. */
  readonly log: string[];
  /** Goes on until a round comes to this, at most so often; answers what the last one came to. */
  rounds(until: Round, most?: number): Promise<Round>;
};

/** Opens an executor at a site. */
export async function openExecutor(
  site: Site,
  changes: { readonly clock?: Partial<Clock>; readonly verify?: VerifyEd25519 } = {},
): Promise<LocalExecutor> {
  const key = await readKey(site.data);
  if (isRefused(key)) throw new Error(key.detail);
  const operations = openOperations(join(site.data, "operations.sqlite"));
  if (isRefused(operations)) throw new Error(operations.detail);
  const log: string[] = [];
  const api = openApi(site.server.url);
  const executor = new Executor(
    {
      key,
      operations,
      drivers: hostDrivers({
        boundaries: noBoundaries,
        key: { id: "executor-h1", sign: async (message) => key.sign(message) },
        now: () => systemClock.now(),
      }),
      boundaries: noBoundaries,
      submit: (entry) => api.submit(entry),
      clock: { ...systemClock, ...changes.clock },
      log: (level, event, facts) => log.push(`${level} ${event} ${JSON.stringify(facts ?? {})}`),
    },
    (onEntry) =>
      new Follower({
        source: httpJournalSource(`${site.server.url}/journal`),
        blob: (digest) => api.blob(digest),
        pin: site.pin,
        verify: changes.verify ?? verifyNative,
        cache: openBundleCache(join(site.data, "journal")),
        onEntry,
      }),
  );
  return {
    executor,
    operations,
    log,
    rounds: async (wanted, most = 30) => {
      let round: Round = "idle";
      for (let i = 0; i < most; i += 1) {
        round = await executor.round();
        if (round === wanted) break;
      }
      return round;
    },
  };
}
