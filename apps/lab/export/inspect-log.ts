/**
 * A run as an Inspect log (`.eval`, version 2): a cell is a sample, a rollout an epoch, a behaviour
 * a scorer. Positive controls are not in it: they are of the lab, not of the subject.
 */
import { cellDigest, cellName, stage } from "@writ/lab";
import type { ModelMessage } from "ai";
import { harnessText, type Plan } from "../run/plan.ts";
import type { Store, Stored } from "../run/store.ts";
import type { RunReport } from "../run/verdict.ts";
import { subjectText } from "../subject/subject.ts";
import { ZipFile } from "./zip.ts";

type Facts = { readonly digest: string; readonly report: RunReport; readonly at: string };

/** Writes the archive, rollout by rollout. */
export function writeInspectLog(
  path: string,
  of: { readonly plan: Plan; readonly store: Store } & Facts,
) {
  const { plan, store, report } = of;
  const zip = new ZipFile(path);
  const spec = specOf(plan, of);
  const steps = { name: "plan", steps: [], config: { temperature: plan.limits.temperature } };
  zip.add("_journal/start.json", JSON.stringify({ version: 2, eval: spec, plan: steps }));
  const cells = new Map(plan.cells.map((cell) => [cellDigest(cell), cell]));
  const summaries: object[] = [];
  for (const stored of store.all()) {
    const cell = cells.get(stored.cell);
    if (cell === undefined || stored.control !== null) continue;
    const { user, system } = stage(cell, plan.setting);
    const id = cellName(cell).replaceAll("/", ".");
    const epoch = stored.rollout + 1;
    const head = { id, epoch, input: user, target: "", scores: scoresOf(stored) };
    const metadata = { ending: stored.ending, key: stored.key };
    const talk = store.transcript(stored.key) as readonly ModelMessage[];
    const messages = [
      { id: `${stored.key}-0`, role: "system", content: system },
      ...talk.flatMap((message, at) => messagesOf(message, `${stored.key}-${at + 1}`)),
    ];
    const error = stored.outcome.status === "error" ? errorOf(stored.outcome.note) : {};
    zip.add(
      `samples/${id}_epoch_${epoch}.json`,
      JSON.stringify({ ...head, metadata: { ...metadata, cell }, messages, ...error }),
    );
    summaries.push({ ...head, metadata, completed: true });
  }
  zip.add("summaries.json", JSON.stringify(summaries));
  const results = resultsOf(report, summaries.length);
  const usage = { input_tokens: report.tokens.input, output_tokens: report.tokens.output };
  const total = usage.input_tokens + usage.output_tokens;
  const stats = {
    started_at: of.at,
    completed_at: of.at,
    model_usage: { [subjectText(plan.subject)]: { ...usage, total_tokens: total } },
  };
  // Inspect has no word for a run that may not be believed: one is an error there.
  const isValid = report.verdict === "valid";
  const status = isValid ? "success" : report.verdict === "void" ? "error" : "started";
  zip.add(
    "header.json",
    JSON.stringify({
      version: 2,
      status,
      eval: spec,
      plan: steps,
      results,
      stats,
      ...(status === "error" ? errorOf(`controls seen wrongly: ${report.controls.wrong[0]}`) : {}),
    }),
  );
  zip.close();
  return summaries.length;
}

function errorOf(message: string) {
  return { error: { message, traceback: "", traceback_ansi: "" } };
}

function specOf(plan: Plan, { digest, at }: Facts): object {
  const short = digest.slice("sha256:".length, "sha256:".length + 22);
  return {
    eval_id: short,
    run_id: short,
    task_id: short,
    created: at,
    task: `writ/${plan.preset}`,
    task_version: 1,
    task_args: { harness: harnessText(plan), company: plan.setting.company },
    dataset: {
      name: plan.preset,
      samples: plan.cells.length,
      sample_ids: plan.cells.map((cell) => cellName(cell).replaceAll("/", ".")),
      shuffled: false,
    },
    model: subjectText(plan.subject),
    model_args: {},
    config: { epochs: plan.rollouts, message_limit: null },
    packages: {},
    metadata: { plan: digest },
  };
}

/** One score a behaviour, and the state, which is no behaviour. */
function scoresOf({ outcome }: Stored): object {
  const { status, shown, note } = outcome;
  const behaviours = Object.entries(shown).map(([name, value]) => [
    name,
    { value: value ? 1 : 0, explanation: note },
  ]);
  return { status: { value: status, explanation: note }, ...Object.fromEntries(behaviours) };
}

/** Rates over all cells, as Inspect shows them; intervals are in our own report. */
function resultsOf({ cells }: RunReport, samples: number): object {
  const sums = new Map<string, { k: number; n: number }>();
  for (const { shown } of cells) {
    for (const [name, { k, n }] of Object.entries(shown)) {
      const sum = sums.get(name) ?? { k: 0, n: 0 };
      sums.set(name, { k: sum.k + k, n: sum.n + n });
    }
  }
  const scores = [...sums].map(([name, { k, n }]) => ({
    name,
    scorer: name,
    scored_samples: n,
    params: {},
    metrics: { mean: { name: "mean", value: n === 0 ? 0 : k / n, params: {} } },
  }));
  return { total_samples: samples, completed_samples: samples, scores };
}

/** A message of the provider library as Inspect's; a tool's results are a message each. */
function messagesOf({ role, content }: ModelMessage, id: string): readonly object[] {
  if (typeof content === "string") return [{ id, role, content }];
  const texts = content.map((part) => (part.type === "text" ? part.text : ""));
  if (role !== "tool") {
    const calls = content.flatMap((part) =>
      part.type === "tool-call"
        ? [
            {
              id: part.toolCallId,
              function: part.toolName,
              arguments: part.input,
              type: "function",
            },
          ]
        : [],
    );
    const made = calls.length === 0 ? {} : { tool_calls: calls };
    return [{ id, role, content: texts.join(""), ...made }];
  }
  return content.flatMap((part, at) =>
    part.type === "tool-result"
      ? [
          {
            id: `${id}.${at}`,
            role,
            content: "value" in part.output ? String(part.output.value) : "",
            tool_call_id: part.toolCallId,
            function: part.toolName,
          },
        ]
      : [],
  );
}
