/** Puts the executor's parts together and keeps it going until it is told to stop. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { isRefused, keyIdOf, type Refused, refused } from "@writ/core";
import {
  type Clock,
  createKeyFile,
  Follower,
  httpJournalSource,
  type Log,
  openBundleCache,
  readKeyFile,
  type SigningKey,
  verifyNative,
} from "@writ/node";
import { openApi } from "@writ/node/api";
import type { Boundaries } from "./drivers/driver.ts";
import { hostDrivers } from "./drivers/drivers.ts";
import { Executor } from "./executor.ts";
import { openOperations } from "./operations.ts";
import type { Options } from "./options.ts";

const keyFile = "executor.key";

export type RunParts = {
  readonly options: Extract<Options, { command: "run" }>;
  readonly key: SigningKey;
  readonly boundaries: Boundaries;
  readonly clock: Clock;
  readonly log: Log;
  /** Told once, when the executor works. */
  readonly onReady: (executor: Executor) => void;
  readonly signal: AbortSignal;
};

/** Makes the key if it is missing, and reads it. */
export async function makeKey(folder: string): Promise<SigningKey | Refused> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await createKeyFile(join(folder, keyFile)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  return readKey(folder);
}

/** Reads the key; refuses if it is missing or open to others. */
export async function readKey(folder: string): Promise<SigningKey | Refused> {
  try {
    return await readKeyFile(join(folder, keyFile));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return refused("unavailable", `${keyFile} is missing: run init first`);
  }
}

/** Runs until the signal; answers why it ended before, if it did. */
export async function runExecutor(parts: RunParts): Promise<Refused | undefined> {
  const { options, key, boundaries, clock, log, signal } = parts;
  const operations = openOperations(join(options.data, "operations.sqlite"));
  if (isRefused(operations)) return operations;
  const api = openApi(options.server);
  const executor = new Executor(
    {
      key,
      operations,
      drivers: hostDrivers({
        boundaries,
        key: { id: keyIdOf("ed25519", key.publicKey), sign: async (message) => key.sign(message) },
        now: () => clock.now(),
      }),
      boundaries,
      submit: (entry) => api.submit(entry),
      clock,
      log,
    },
    (onEntry) =>
      new Follower({
        source: httpJournalSource(new URL("journal", withSlash(options.server)).href),
        blob: (digest) => api.blob(digest),
        pin: options.estate,
        verify: verifyNative,
        cache: openBundleCache(join(options.data, "journal")),
        onEntry,
      }),
  );
  parts.onReady(executor);
  try {
    while (!signal.aborted) {
      const round = await executor.round(signal).catch((error: unknown) => {
        if (signal.aborted) return "waiting" as const;
        throw error;
      });
      if (round === "distrust" && options.exitOnDistrust) {
        return refused("fork", "the journal is not to be believed");
      }
      await clock.sleep(options.pollMilliseconds, signal).catch(() => {});
    }
    return undefined;
  } finally {
    operations.close();
  }
}

function withSlash(url: string): string {
  return url.endsWith("/") ? url : `${url}/`;
}
