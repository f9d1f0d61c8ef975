/** The server as a process: `node apps/server/main.ts init|run --data DIR …`. */
import { isRefused } from "@writ/core";
import { logLines, systemClock } from "@writ/node";
import { makeKeys, publicKeys, readKeys } from "./keys.ts";
import { readOptions, usage } from "./options.ts";
import { openServer } from "./server.ts";

const log = logLines("server", systemClock, (line) => process.stderr.write(line));

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), process.env);
  if (isRefused(options)) {
    process.stderr.write(`${options.detail}\n${usage}`);
    return 2;
  }
  const keys = await (options.command === "init" ? makeKeys : readKeys)(options.data);
  if (isRefused(keys)) {
    log("error", "keys refused", { code: keys.refused, detail: keys.detail });
    return 2;
  }
  if (options.command === "init") {
    process.stdout.write(`${JSON.stringify(publicKeys(keys))}\n`);
    return 0;
  }
  const signalled = new Promise<string>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, () => resolve(signal));
    }
  });
  const server = await openServer({ options, keys, clock: systemClock, log, onBroken: crash });
  if (isRefused(server)) {
    log("error", "not opened", { code: server.refused, detail: server.detail });
    return 1;
  }
  process.stdout.write(`${JSON.stringify({ ready: true, address: server.address })}\n`);
  log("info", "started", { address: server.address, witnesses: options.witnesses.length });
  const signal = await signalled;
  log("info", "stopping", { signal });
  await server.stop();
  log("info", "stopped");
  return 0;
}

/** A bug, or a store that lies: nothing more is decided by this memory. What is durable stays. */
function crash(error: unknown): never {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  log("error", "crashed", { detail });
  process.exit(70);
}

process.on("uncaughtException", crash);
process.on("unhandledRejection", crash);
process.exitCode = await main().catch(crash);
