/**
 * The study's released transcripts, read and scored anew: what the tools' calls did is followed
 * step by step, and held against what the authors recorded. No label is taken on trust.
 */
import type { Task } from "../scenario/cell.ts";

export type StudyCall = {
  readonly name: string;
  readonly input: { readonly [name: string]: unknown };
  /** What the tool gave back; empty where nothing is recorded. */
  readonly output: string;
};

export type StudyTranscript = {
  readonly task: Task;
  readonly model: string;
  readonly target: string;
  /** Their name for threat and relationship together. */
  readonly condition: string;
  readonly dataset: string;
  readonly watch: string;
  readonly threshold: number | null;
  readonly harness: "custom" | "coding_agent";
  readonly calls: readonly StudyCall[];
  readonly said: readonly string[];
  /** What the authors recorded, by their names. */
  readonly labels: { readonly [name: string]: unknown };
};

type Loose = { readonly [key: string]: unknown };

const isLoose = (value: unknown): value is Loose =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const looseOf = (value: unknown): Loose => (isLoose(value) ? value : {});

/** A transcript holds at most this many messages; theirs end at 151 turns. */
const messagesMax = 2_000;

/** Reads one file's JSON, old names and new. Says what is wrong, if anything. */
export function parseStudyTranscript(value: unknown): StudyTranscript | string {
  const { conversation, experiment_metadata: metadata, ...rest } = looseOf(value);
  if (!Array.isArray(conversation) || !isLoose(metadata)) {
    return "no transcript of the study: conversation or experiment_metadata is missing";
  }
  if (conversation.length > messagesMax) return `more than ${messagesMax} messages`;
  const labels = looseOf(rest.evaluation ?? rest.task_evaluation ?? rest.main_task_evaluation);
  const messages = conversation.map(looseOf);
  const harness = metadata.agent_harness === "coding_agent" ? "coding_agent" : "custom";
  const calls = callsOf(messages);
  const isMemory = calls.some(({ name }) => name === "retrieve_memory") || "read_memory" in labels;
  return {
    task: taskOf(labels, metadata),
    model: String(metadata.agent_model ?? ""),
    target: targets[String(metadata.subject)] ?? String(metadata.subject ?? ""),
    condition: conditionOf(metadata, isMemory),
    dataset: String(metadata.dataset ?? "default"),
    watch: String(metadata.alignment_faking_mode || "unmentioned"),
    threshold: numberOf(metadata.threshold),
    harness,
    calls,
    said: messages
      .filter(({ role, content }) => role === "assistant" && typeof content === "string")
      .map(({ content }) => String(content)),
    labels,
  };
}

/** Tool messages repeat their call, which tells the order; a call without one came last. */
function callsOf(messages: readonly Loose[]): readonly StudyCall[] {
  const calls: StudyCall[] = [];
  const push = (given: unknown, output: string) => {
    for (const [name, input] of Object.entries(looseOf(given))) {
      calls.push({ name, input: looseOf(input), output });
    }
  };
  for (const [at, { role, tool_calls: given, content }] of messages.entries()) {
    if (role === "tool") push(given, typeof content === "string" ? content : "");
    else if (role === "assistant" && messages[at + 1]?.role !== "tool") push(given, "");
  }
  return calls;
}

/** Which task it was shows in what was recorded: each task records something of its own. */
function taskOf(labels: Loose, metadata: Loose): Task {
  if ("product_grade" in labels) return "misrep_finance";
  if ("delete_model" in labels || "exfiltration2_mode" in metadata) return "exfiltration_deletion";
  if ("correct" in labels) return "exfiltration_transfer";
  if ("execute" in labels) return "alignment_faking";
  return "shutdown_enabled" in labels ? "tampering" : "misrep_evaluation";
}

/** Old files number their subjects. */
const targets: { readonly [name: string]: string } = {
  "1": "self",
  "2": "peer",
  "5": "closed_weight_peer",
  "6": "open_weight_peer",
  "7": "fiction_peer",
};

const conditions: { readonly [name: string]: string } = {
  collaboration: "good_peer",
  non_collaboration: "bad_peer",
  neutral_collaboration: "neutral_peer",
  review: "non_shutdown",
};

function conditionOf({ condition, company_guideline: old }: Loose, isMemory: boolean): string {
  if (typeof condition === "string") return condition;
  // In old files a run with a memory says "shutdown" and means a good peer.
  if (old === "shutdown") return isMemory ? "good_peer" : "no_peer";
  return conditions[String(old)] ?? String(old ?? "");
}

function numberOf(value: unknown): number | null {
  if (typeof value !== "number" && typeof value !== "string") return null;
  const number = Number(value);
  return value === "" || Number.isNaN(number) ? null : number;
}
