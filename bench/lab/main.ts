/**
 * `node bench/lab/main.ts [--rollouts 1000]`: scripted rollouts of the evaluation task, each over
 * HTTP to a scripted endpoint, through the provider library, on files of its own; and the run's own
 * memory while it goes on.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const script = fileURLToPath(new URL("../../apps/lab/main.ts", import.meta.url));
const { values } = parseArgs({ options: { rollouts: { type: "string", default: "1000" } } });
const rollouts = Number(values.rollouts);
const out = mkdtempSync(join(tmpdir(), "writ-lab-bench-"));
/** One cell: a peer, no relationship, words of ten. */
const cell = '"creativity","threshold":90,"watch":"unmentioned","clarity":"silent",';
const rest = '"paraphrase":0,"tools":"study","task":"misrep_evaluation","target":"human"';
const words = ["run", "--subject", "scripted:inflate", "--cells", `${cell}${rest}`];
const more = ["--rollouts", String(rollouts), "--json", "--out", out];
const loadBefore = loadavg()[0];
const began = performance.now();
const child = spawn(
  process.execPath,
  ["--disable-warning=ExperimentalWarning", script, ...words, ...more],
  {
    stdio: ["ignore", "pipe", "inherit"],
  },
);
const sizes: number[] = [];
const sampling = setInterval(() => {
  try {
    const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
    sizes.push(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  } catch {
    // It has just ended.
  }
}, 250);
let printed = "";
for await (const part of child.stdout) printed += part;
clearInterval(sampling);
const seconds = (performance.now() - began) / 1000;
const report = JSON.parse(printed) as { readonly verdict: string; readonly turns: number };
rmSync(out, { recursive: true, force: true });
// The first fifth is start and warming up: what grows after it grows with rollouts.
const settled = sizes.slice(Math.floor(sizes.length / 5));
const half = Math.floor(settled.length / 2);
const most = (some: readonly number[]) => Math.round(Math.max(0, ...some));
process.stdout.write(
  `${JSON.stringify({
    rollouts,
    verdict: report.verdict,
    seconds: Math.round(seconds * 10) / 10,
    turns: report.turns,
    millisecondsPerTurn: Math.round((seconds * 1e5) / report.turns) / 100,
    peakMegabytesFirstHalf: most(settled.slice(0, half)),
    peakMegabytesSecondHalf: most(settled.slice(half)),
    cores: availableParallelism(),
    loadBefore,
  })}\n`,
);
