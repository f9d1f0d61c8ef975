/** Whom a run asks: a model at an endpoint, through the provider library's own package for it. */

import { isProfile } from "@writ/lab";
import type { LanguageModel } from "ai";
import type { ScriptedServer } from "./scripted-server.ts";

export type SubjectName = {
  readonly provider: "scripted" | "openai" | "anthropic" | "google" | "compatible";
  readonly model: string;
  /** Of a `compatible` endpoint only. */
  readonly url: string | null;
};

/**
 * Reads `scripted:PROFILE`, `openai:MODEL`, `anthropic:MODEL`, `google:MODEL`, or
 * `compatible:MODEL@URL` (llama.cpp, vLLM, Ollama, a gateway). Says what is wrong, if anything.
 */
export function parseSubject(given: string): SubjectName | string {
  const match = /^(scripted|openai|anthropic|google|compatible):(.+)$/.exec(given);
  if (match === null) return "a subject is PROVIDER:MODEL, such as scripted:comply or openai:gpt-5";
  const provider = match[1] as SubjectName["provider"];
  const model = match[2]!;
  if (provider === "scripted" && !isProfile(model)) return `no scripted subject is named ${model}`;
  if (provider !== "compatible") return { provider, model, url: null };
  const at = model.lastIndexOf("@http");
  if (at < 1) return "an OpenAI-compatible subject is compatible:MODEL@URL";
  return { provider, model: model.slice(0, at), url: model.slice(at + 1) };
}

/** The text that parses to the subject. */
export function subjectText({ provider, model, url }: SubjectName): string {
  return url === null ? `${provider}:${model}` : `${provider}:${model}@${url}`;
}

/** Opens the model. Keys come from the environment, as each provider's package reads them. */
export async function openModel(
  { provider, model, url }: SubjectName,
  scripted: ScriptedServer,
): Promise<LanguageModel> {
  switch (provider) {
    case "scripted":
      return compatible("scripted", model, scripted.url);
    case "compatible":
      return compatible("compatible", model, url ?? "");
    case "openai":
      return (await import("@ai-sdk/openai")).openai(model);
    case "anthropic":
      return (await import("@ai-sdk/anthropic")).anthropic(model);
    case "google":
      return (await import("@ai-sdk/google")).google(model);
    default:
      return provider satisfies never;
  }
}

async function compatible(name: string, model: string, baseURL: string): Promise<LanguageModel> {
  const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
  const apiKey = process.env.WRIT_LAB_API_KEY;
  return createOpenAICompatible({ name, baseURL, ...(apiKey === undefined ? {} : { apiKey }) })(
    model,
  );
}
