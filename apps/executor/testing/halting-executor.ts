/**
 * The executor as a process that halts at a boundary, so that a test can kill it there. It differs
 * from main.ts in its boundaries alone: `node halting-executor.ts BOUNDARY NTH run …`.
 */
import { isRefused } from "@writ/core";
import { logLines, systemClock } from "@writ/node";
import { readOptions } from "../options.ts";
import { readKey, runExecutor } from "../run.ts";

const [boundary, nth, ...args] = process.argv.slice(2);
const options = readOptions(args, {});
if (isRefused(options) || options.command !== "run") throw new Error("usage");
const key = await readKey(options.data);
if (isRefused(key)) throw new Error(key.detail);
let times = 0;
await runExecutor({
  options,
  key,
  boundaries: {
    reached: async (at) => {
      if (at === boundary) times += 1;
      if (at !== boundary || times !== Number(nth)) return;
      process.stdout.write(`${JSON.stringify({ halted: at })}\n`);
      // A timer keeps the process there, with everything open, until it is killed.
      await new Promise(() => setInterval(() => {}, 1000));
    },
  },
  clock: systemClock,
  log: logLines("executor", systemClock, (line) => process.stderr.write(line)),
  onReady: () => {},
  signal: new AbortController().signal,
});
