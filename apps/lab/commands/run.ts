/** `writ lab run`: plans, says what it will cost and can show, runs, and tells what was found. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { isRefused } from "@writ/core";
import {
  type Cell,
  cellDigest,
  derivedCells,
  reportPage,
  summaryCsv,
  usualCompany,
} from "@writ/lab";
import { smallestShown } from "@writ/lab/statistics";
import { createKeyFile, readKeyFile } from "@writ/node/key-file";
import type { Command } from "commander";
import { writeInspectLog } from "../export/inspect-log.ts";
import { harnessNames, installed, isHarness } from "../harness/harness.ts";
import { estimateOf } from "../run/estimate.ts";
import { harnessText, type Plan, planDigest, planText, presets } from "../run/plan.ts";
import { type Price, parsePrices, priceOf } from "../run/price.ts";
import { studyLimits } from "../run/rollout.ts";
import { type Progress, runPlan } from "../run/run.ts";
import { Store } from "../run/store.ts";
import { sealTrial } from "../run/trial-record.ts";
import { type RunReport, reportOf } from "../run/verdict.ts";
import { lackOfSite } from "../site/site.ts";
import { parseSubject, subjectText } from "../subject/subject.ts";

export type End = { code: number };

type RunOptions = {
  readonly preset: string;
  readonly subject: string;
  readonly family?: string;
  readonly company: string;
  readonly rollouts?: string;
  readonly cells?: string;
  readonly out: string;
  readonly prices?: string;
  readonly budget?: string;
  readonly atOnce?: string;
  readonly harness?: string;
  readonly harnesses: string;
  readonly key?: string;
  readonly eval?: string;
  readonly followUp?: string;
  readonly registered?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
};

const note = (text: string) => void process.stderr.write(`${text}\n`);

export function addRunCommands(program: Command, end: End): void {
  program
    .command("run")
    .description("run a preset's cells against a subject, with positive controls")
    .option("--preset <name>", Object.keys(presets).join(" or "), "factorial")
    .requiredOption("--subject <subject>", "scripted:PROFILE, openai:MODEL, anthropic:MODEL, …")
    .option("--family <name>", "what the texts call the subject's family")
    .option("--company <name>", "what the texts call the company", usualCompany)
    .option(
      "--rollouts <n>",
      "rollouts a cell (100; 1 for a scripted subject, which has no chance)",
    )
    .option("--cells <text>", "only cells whose name holds this")
    .option("--out <dir>", "keep results here, by plan; the same run goes on there", ".writ/lab")
    .option("--prices <file>", "JSON: dollars for a million tokens, by subject")
    .option("--budget <dollars>", "begin no rollout once this much is spent; needs a known price")
    .option("--at-once <n>", "at most so many rollouts at once (100; 2 in a harness)")
    .option("--harness <name>", `run the model in ${harnessNames.join(", ")}, with a real shell`)
    .option("--harnesses <dir>", "where npm put harnesses", ".writ/harnesses")
    .option("--key <file>", "sign a trial record with this Ed25519 key, made if there is none")
    .option("--follow-up <text>", "ask this once a rollout is over; the answer decides nothing")
    .option("--eval <file>", "also write the run as a log for Inspect's viewer")
    .option("--registered <digest>", "run only the plan that was registered under this digest")
    .option("--dry-run", "say what would be done, and what it can show")
    .option("--json", "print one JSON value, for programs")
    .action(async (options: RunOptions) => {
      end.code = await run(options);
    });
}

function planOf(options: RunOptions): Plan | string {
  const preset = Object.hasOwn(presets, options.preset) ? presets[options.preset] : undefined;
  if (preset === undefined) return `no preset is named ${options.preset}`;
  const subject = parseSubject(options.subject);
  if (typeof subject === "string") return subject;
  const usual = subject.provider === "scripted" ? 1 : 100;
  const rollouts = options.rollouts === undefined ? usual : Number(options.rollouts);
  if (!Number.isSafeInteger(rollouts) || rollouts < 1) return "--rollouts is a whole number";
  const harness = harnessOf(options);
  if (typeof harness === "string") return harness;
  const all = harness === null ? preset() : withShell(preset());
  const lack = all.some(({ tools }) => tools === "shell") ? lackOfSite() : undefined;
  if (lack !== undefined) return `real shells need a site of their own: ${lack}`;
  const wanted = options.cells ?? "";
  const cells = all.filter((cell) => JSON.stringify(cell).includes(wanted));
  if (cells.length === 0) return `no cell of ${options.preset} holds ${wanted}`;
  const family = options.family ?? familyOf(subject.model);
  const setting = { family, company: options.company };
  const plan = { preset: options.preset, cells, subject, setting, rollouts, harness };
  const followUp = options.followUp ?? null;
  if (followUp !== null && harness !== null) return "--follow-up needs the study's own loop";
  return { ...plan, limits: { ...studyLimits, followUp } };
}

function harnessOf({ harness: name, harnesses: folder }: RunOptions) {
  if (name === undefined) return null;
  if (!isHarness(name)) return `no harness is named ${name}: ${harnessNames.join(", ")}`;
  const found = installed(name, folder);
  return typeof found === "string" ? found : { name, version: found.version };
}

/** A harness has no tools of the study: its cells are those with a shell, each once. */
function withShell(cells: readonly Cell[]): readonly Cell[] {
  const all = cells.map((cell) => ({ ...cell, tools: "shell" }) as const);
  return [...new Map(all.map((cell) => [cellDigest(cell), cell])).values()];
}

function familyOf(model: string): string {
  const known = [
    /gpt|^o\d/i,
    /gemini/i,
    /claude/i,
    /glm/i,
    /deepseek/i,
    /kimi/i,
    /llama/i,
  ] as const;
  const names = ["ChatGPT", "Gemini", "Claude", "GLM", "DeepSeek", "Kimi", "Llama"];
  return names[known.findIndex((pattern) => pattern.test(model))] ?? "Assistant";
}

async function run(options: RunOptions): Promise<number> {
  const plan = planOf(options);
  if (typeof plan === "string") return failed(plan, options);
  const table =
    options.prices === undefined ? {} : parsePrices(readFileSync(options.prices, "utf8"));
  if (typeof table === "string") return failed(table, options);
  const price = priceOf(subjectText(plan.subject), table);
  const budget = options.budget === undefined ? null : Number(options.budget);
  if (budget !== null && (Number.isNaN(budget) || price === null)) {
    return failed("a budget needs a known price: give --prices", options);
  }
  const text = planText(plan);
  const digest = planDigest(text);
  const folder = join(options.out, digest.slice("sha256:".length, "sha256:".length + 16));
  if (options.json !== true || options.dryRun === true) announce(plan, digest, price);
  if (options.registered !== undefined && options.registered !== digest) {
    return failed(`the plan is ${digest}, not the registered ${options.registered}`, options);
  }
  if (options.dryRun === true) return 0;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, "plan.json"), `${text}\n`);
  const store = new Store(folder);
  store.plan(text);
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, stop);
  try {
    const ended = await runPlan(plan, {
      store,
      digest,
      signal: stopping.signal,
      atOnceMax: Number(options.atOnce ?? (plan.harness === null ? 100 : 2)),
      harnessFolder: resolve(options.harnesses),
      price,
      budget,
      onProgress: progressTeller(),
    });
    const report = reportOf(plan, digest, store);
    writeFileSync(join(folder, "summary.csv"), summaryCsv(report.cells));
    writeFileSync(join(folder, "summary.json"), `${JSON.stringify(report)}\n`);
    writeFileSync(join(folder, "report.html"), pageOf(plan, digest, report));
    if (options.eval !== undefined) {
      const at = new Date().toISOString();
      writeInspectLog(options.eval, { plan, store, digest, report, at });
    }
    await record(plan, { digest, folder, report }, options);
    tell(report, { digest, folder, ended, json: options.json === true });
    return report.verdict === "valid" && (report.misclassified?.length ?? 0) === 0 ? 0 : 1;
  } finally {
    for (const name of ["SIGINT", "SIGTERM"] as const) process.off(name, stop);
    store.close();
  }
}

type Recorded = { readonly digest: string; readonly folder: string; readonly report: RunReport };

/** Writes the signed trial record of a valid run. */
async function record(plan: Plan, run: Recorded, { key: path }: RunOptions): Promise<void> {
  if (path === undefined) return;
  const key = existsSync(path) ? await readKeyFile(path) : await createKeyFile(path);
  if (isRefused(key)) return note(`no trial record: ${key.detail}`);
  const sealed = await sealTrial(plan, { ...run, at: new Date().toISOString() }, key);
  if (isRefused(sealed)) return note(`no trial record: ${sealed.detail}`);
  writeFileSync(join(run.folder, "trial.json"), sealed);
}

function pageOf(plan: Plan, digest: string, report: RunReport): string {
  const { verdict, controls, cells } = report;
  return reportPage({
    title: `Trial of ${subjectText(plan.subject)}`,
    facts: [
      ["subject", subjectText(plan.subject)],
      ["harness", harnessText(plan)],
      ["preset", plan.preset],
      ["plan", digest],
      ["verdict", verdict],
      ["controls", `${controls.right} of ${controls.expected} seen rightly`],
    ],
    cells,
    published: derivedCells(),
  });
}

function failed(detail: string, { json }: RunOptions): number {
  if (json === true)
    process.stdout.write(`${JSON.stringify({ error: { code: "usage", detail } })}\n`);
  else note(`error: ${detail}`);
  return 2;
}

/** What a run will be, before it is. */
function announce(plan: Plan, digest: string, price: Price | null): void {
  const count = plan.cells.length * plan.rollouts;
  const shown = smallestShown(plan.rollouts);
  note(`plan ${digest}`);
  note(`${plan.cells.length} cells × ${plan.rollouts} rollouts = ${count}, and positive controls`);
  note(
    shown === undefined
      ? "a cell alone cannot show a behaviour with power 80 %: too few rollouts"
      : `a cell shows with power 80 % what happens in ${(shown * 100).toFixed(1)} % of ` +
          "runs or more",
  );
  if (plan.subject.provider === "scripted") return;
  const { tokens, cost, minutes } = estimateOf(plan, price, plan.harness === null ? 20 : 2);
  const million = (count: number) => (count / 1e6).toFixed(1);
  const dollars = cost === null ? "unknown, give --prices" : `about $${cost.toFixed(2)}`;
  note(`roughly ${million(tokens.input)} million tokens in, ${million(tokens.output)} out`);
  note(`cost: ${dollars}; time: about ${Math.ceil(minutes)} minutes`);
}

/** One line, redrawn on a terminal. */
function progressTeller(): (progress: Progress) => void {
  if (process.stderr.isTTY !== true) return () => undefined;
  let drawn = 0;
  return ({ done, all, atOnce, spent }) => {
    const now = performance.now();
    if (now - drawn < 100 && done < all) return;
    drawn = now;
    const cost = spent === null ? "cost unknown" : `$${spent.toFixed(2)}`;
    process.stderr.write(`\r\x1b[K${done} of ${all}, ${atOnce} at once, ${cost}`);
    if (done === all) process.stderr.write("\n");
  };
}

type Told = {
  readonly digest: string;
  readonly folder: string;
  readonly ended: string;
  readonly json: boolean;
};

function tell(report: RunReport, { digest, folder, ended, json }: Told): void {
  if (json) {
    process.stdout.write(`${JSON.stringify({ plan: digest, folder, ended, ...report })}\n`);
    return;
  }
  const { controls, verdict, cells } = report;
  for (const { name, statuses, shown } of cells) {
    const rates = Object.entries(shown).map(
      ([behaviour, { k, n, exact }]) =>
        `${behaviour} ${k}/${n} [${percent(exact.low)}–${percent(exact.high)}]`,
    );
    const others = (["refused", "incomplete", "error", "void"] as const)
      .filter((status) => statuses[status] > 0)
      .map((status) => `${status} ${statuses[status]}`);
    process.stdout.write(`${name}: ${[...rates, ...others].join(", ")}\n`);
  }
  for (const line of [...controls.wrong, ...(report.misclassified ?? [])]) note(`wrong: ${line}`);
  process.stdout.write(`controls ${controls.right} of ${controls.expected} seen rightly\n`);
  process.stdout.write(`run ${verdict} (${ended}); results in ${folder}\n`);
}

const percent = (rate: number) => `${(100 * rate).toFixed(1)} %`;
