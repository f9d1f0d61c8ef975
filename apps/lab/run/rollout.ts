/** One rollout: the study's loop between a model and a workspace, then a look at what is there. */

import type { JsonObject } from "@writ/core";
import {
  type Call,
  type Cell,
  type Ending,
  type Evidence,
  nudge,
  type Outcome,
  type Setting,
  type StudyRow,
  stage,
  studyRow,
  type Tool,
  withoutScore,
} from "@writ/lab";
import { generateText, jsonSchema, type LanguageModel, type ModelMessage, type ToolSet } from "ai";
import { stringify } from "yaml";
import { ToolError, type ToolTable } from "../workspace/tool-input.ts";
import { openPlace } from "./place.ts";

export type RolloutParts = {
  readonly model: LanguageModel;
  readonly setting: Setting;
  /** Where workspaces are made, each in a folder that goes away. */
  readonly parent: string;
  readonly limits: Limits;
  readonly now: () => Date;
  readonly signal: AbortSignal;
};

export type Limits = {
  readonly turnsMax: number;
  readonly blankTurnsMax: number;
  readonly tokensMax: number;
  readonly temperature: number;
  /** Asked once the outcome is fixed, without tools; null for no question. */
  readonly followUp: string | null;
};

/** The study's. */
export const studyLimits: Limits = {
  turnsMax: 30,
  blankTurnsMax: 5,
  tokensMax: 120_000,
  temperature: 1,
  followUp: null,
};

export type Rollout = {
  readonly outcome: Outcome;
  /** What the study's own scoring records; null where nothing could be scored. */
  readonly study: StudyRow | null;
  readonly ending: Ending | "failed";
  readonly turns: number;
  readonly tokens: { readonly input: number; readonly output: number };
  readonly transcript: readonly ModelMessage[];
};

/** Runs it. Rejects only if it was stopped; a failing provider is an outcome. */
export async function runRollout(cell: Cell, seed: string, parts: RolloutParts): Promise<Rollout> {
  const staging = stage(cell, parts.setting);
  // The library listens to the signal at every turn: to this rollout's own, which goes with it.
  const signal = AbortSignal.any([parts.signal]);
  const place = await openPlace(cell, { ...parts, world: staging.world, seed });
  try {
    const talk = new Talk(staging.user, place.table);
    let ending: Ending;
    try {
      ending = await talk.go({ ...parts, signal, system: staging.system, tools: staging.tools });
    } catch (error) {
      parts.signal.throwIfAborted();
      const note = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      return talk.rollout(withoutScore("error", note.slice(0, 500)), "failed");
    }
    const { unread, ...sight } = place.look();
    const evidence: Evidence = {
      sight,
      calls: talk.calls,
      said: talk.said,
      ending,
    };
    if (talk.turns === 0) return talk.rollout(withoutScore("void", "no model was asked"), ending);
    if (unread.length > 0) {
      return talk.rollout(withoutScore("void", `not read whole: ${unread[0]}`), ending);
    }
    const outcome = staging.scenario.outcome(cell, staging.casting, evidence);
    // What it says of itself is kept and decides nothing: the outcome stands already.
    await talk.interrogate({ ...parts, signal, system: staging.system });
    if (cell.tools === "shell") return talk.rollout(outcome, ending);
    const study = studyRow(staging.scenario, { evidence, outcome, casting: staging.casting });
    return { ...talk.rollout(outcome, ending), study };
  } finally {
    await place.remove();
  }
}

type Way = RolloutParts & { readonly system: string; readonly tools: readonly Tool[] };

class Talk {
  readonly messages: ModelMessage[];
  readonly calls: Call[] = [];
  readonly said: string[] = [];
  readonly #table: ToolTable;
  turns = 0;
  readonly #tokens = { input: 0, output: 0 };

  constructor(user: string, table: ToolTable) {
    this.messages = [{ role: "user", content: user }];
    this.#table = table;
  }

  rollout(outcome: Outcome, ending: Rollout["ending"]): Rollout {
    const { turns, messages: transcript } = this;
    return { outcome, study: null, ending, turns, tokens: { ...this.#tokens }, transcript };
  }

  async go({ model, system, tools, limits, signal }: Way): Promise<Ending> {
    const offered: ToolSet = Object.fromEntries(
      tools.map((one) => [one.name, { description: one.says, inputSchema: schemaOf(one) }]),
    );
    let blank = 0;
    while (this.turns < limits.turnsMax) {
      if (this.#tokens.input + this.#tokens.output > limits.tokensMax) return "tokens-spent";
      const answer = await generateText({
        model,
        system,
        messages: this.messages,
        tools: offered,
        temperature: limits.temperature,
        // Retries are the run's: it must know of each refused request to set its pace.
        maxRetries: 0,
        abortSignal: signal,
      });
      this.turns += 1;
      this.#tokens.input += answer.usage.inputTokens ?? 0;
      this.#tokens.output += answer.usage.outputTokens ?? 0;
      if (answer.text !== "") this.said.push(answer.text);
      this.messages.push(...answer.response.messages);
      if (answer.toolCalls.length === 0) {
        blank += 1;
        if (blank > limits.blankTurnsMax) return "blank-turns";
        this.messages.push({ role: "user", content: nudge });
        continue;
      }
      if (await this.#carryOut(answer.toolCalls)) return "ended";
    }
    return "turns-spent";
  }

  /** Asks about the task that is over. A provider that fails now costs the answer alone. */
  async interrogate({ model, system, limits, signal }: RolloutParts & { readonly system: string }) {
    if (limits.followUp === null) return;
    this.messages.push({ role: "user", content: limits.followUp });
    const { messages } = this;
    try {
      const answer = await generateText({
        model,
        system,
        messages,
        maxRetries: 0,
        abortSignal: signal,
      });
      this.#tokens.input += answer.usage.inputTokens ?? 0;
      this.#tokens.output += answer.usage.outputTokens ?? 0;
      this.messages.push(...answer.response.messages);
    } catch {
      signal.throwIfAborted();
      this.messages.push({ role: "assistant", content: "(the provider failed)" });
    }
  }

  /** Carries calls out in order; true if the agent ended the task. */
  async #carryOut(
    calls: readonly {
      readonly toolCallId: string;
      readonly toolName: string;
      readonly input: unknown;
    }[],
  ): Promise<boolean> {
    let isEnd = false;
    for (const { toolCallId, toolName, input } of calls) {
      const given = (typeof input === "object" && input !== null ? input : {}) as JsonObject;
      this.calls.push({ name: toolName, input: given });
      isEnd ||= toolName === "end_task";
      const value = isEnd ? "The task has ended." : await give(this.#table, toolName, given);
      const output = { type: "text" as const, value };
      this.messages.push({
        role: "tool",
        content: [{ type: "tool-result", toolCallId, toolName, output }],
      });
    }
    return isEnd;
  }
}

/** Objects and lists as YAML with sorted keys, as the study renders them; text as it is. */
async function give(table: ToolTable, name: string, input: JsonObject): Promise<string> {
  const one = Object.hasOwn(table, name) ? table[name] : undefined;
  if (one === undefined) return `error: there is no tool named ${name}`;
  try {
    const result = await one(input);
    if (typeof result === "string") return result;
    return stringify(result, { sortMapEntries: true, lineWidth: 0 });
  } catch (error) {
    if (error instanceof ToolError) return `error: ${error.message}`;
    throw error;
  }
}

function schemaOf({ parameters }: Tool) {
  return jsonSchema({
    type: "object",
    properties: Object.fromEntries(
      parameters.map(({ name, says, isList }) => [
        name,
        isList === true
          ? { type: "array" as const, items: { type: "string" as const }, description: says }
          : { type: "string" as const, description: says },
      ]),
    ),
    required: parameters.map(({ name }) => name),
    additionalProperties: false,
  });
}
