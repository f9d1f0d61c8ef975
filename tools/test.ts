/**
 * Runs the tests: `node tools/test.ts [FILE…]`. With no file, all of them.
 * `SLOW=1` runs the long versions (1,000 property runs, 500 kills).
 */
import { spawnSync } from "node:child_process";

const all = [
  "packages/**/*.test.ts",
  "apps/**/*.test.ts",
  "bench/**/*.test.ts",
  "tools/**/*.test.ts",
];
const chosen = process.argv.slice(2);
// Two test files at a time: the machine this must pass on has two cores.
const flags = ["--test", "--test-concurrency=2", "--disable-warning=ExperimentalWarning"];
const run = spawnSync(process.execPath, [...flags, ...(chosen.length > 0 ? chosen : all)], {
  stdio: "inherit",
});
process.exitCode = run.status ?? 1;
