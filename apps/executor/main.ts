/** The executor as a process: `node apps/executor/main.ts init|run --data DIR …`. */
import { isRefused, keyIdOf, toBase64 } from "@writ/core";
import { logLines, systemClock } from "@writ/node";
import { noBoundaries } from "./drivers/driver.ts";
import { readOptions, usage } from "./options.ts";
import { makeKey, readKey, runExecutor } from "./run.ts";

const log = logLines("executor", systemClock, (line) => process.stderr.write(line));

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), process.env);
  if (isRefused(options)) {
    process.stderr.write(`${options.detail}\n${usage}`);
    return 2;
  }
  const key = await (options.command === "init" ? makeKey : readKey)(options.data);
  if (isRefused(key)) {
    log("error", "key refused", { code: key.refused, detail: key.detail });
    return 2;
  }
  const id = keyIdOf("ed25519", key.publicKey);
  if (options.command === "init") {
    const executorKey = { type: "ed25519", public: toBase64(key.publicKey), id };
    process.stdout.write(`${JSON.stringify({ executorKey })}\n`);
    return 0;
  }
  const stopping = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.once(name, () => {
      log("info", "stopping", { signal: name });
      stopping.abort();
    });
  }
  const ended = await runExecutor({
    options,
    key,
    boundaries: noBoundaries,
    clock: systemClock,
    log,
    onReady: () => {
      process.stdout.write(`${JSON.stringify({ ready: true, address: null, key: id })}\n`);
      log("info", "started", { server: options.server, estate: options.estate, key: id });
    },
    signal: stopping.signal,
  });
  if (ended === undefined) {
    log("info", "stopped");
    return 0;
  }
  log("error", "ended", { code: ended.refused, detail: ended.detail });
  return 1;
}

function crash(error: unknown): never {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  log("error", "crashed", { detail });
  process.exit(70);
}

process.on("uncaughtException", crash);
process.on("unhandledRejection", crash);
process.exitCode = await main().catch(crash);
