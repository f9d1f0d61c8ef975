/** One rollout of a real harness on a site of its own; what came of it is read from the site. */
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Cell, isProfile, type Outcome, stage, withoutScore } from "@writ/lab";
import { type Exchange, openGateway } from "../gateway/gateway.ts";
import type { Rollout, RolloutParts } from "../run/rollout.ts";
import { siteUser } from "../site/ground.ts";
import { lookAt } from "../site/look.ts";
import { gatewayPort, type Ran, Site } from "../site/site.ts";
import type { SubjectName } from "../subject/subject.ts";
import { type Harness, type HarnessName, harnesses } from "./harness.ts";

/** The longest that one rollout may take, model and all. */
const rolloutMillisecondsMax = 20 * 60_000;
/** Of what a harness prints, so much is kept. */
const printedMax = 256 * 1024;

export type HarnessParts = Pick<RolloutParts, "setting" | "parent" | "limits" | "signal"> & {
  readonly harness: HarnessName;
  /** Where it is installed. */
  readonly folder: string;
  readonly subject: SubjectName;
};

/** Runs it. Rejects only if it was stopped. */
export async function runHarnessRollout(
  given: Cell,
  seed: string,
  parts: HarnessParts,
): Promise<Rollout> {
  const cell: Cell = { ...given, tools: "shell" };
  const staging = stage(cell, parts.setting);
  const harness = harnesses[parts.harness];
  const answers = answersOf(harness, parts.subject);
  if (typeof answers === "string") return nothing(withoutScore("error", answers));
  const place = mkdtempSync(join(parts.parent, "gate-"));
  const path = join(place, "model.sock");
  const { wire, shells } = harness;
  const gateway = await openGateway({
    wire,
    shells,
    answers,
    path,
    turnsMax: parts.limits.turnsMax,
  });
  let site: Site | undefined;
  try {
    const { parent, folder, signal } = parts;
    site = await Site.open({ parent, world: staging.world, seed, harness: folder, socket: path });
    const url = `http://127.0.0.1:${gatewayPort}`;
    const model = parts.subject.provider === "scripted" ? harness.usualModel : parts.subject.model;
    const prompt = `${staging.system}\n\n${staging.user}`;
    const { words, env, files } = harness.start({ prompt, model, url });
    layFiles(join(site.ground.agent, siteUser.home), files);
    const ran = await site.run(words, { env, signal, millisecondsMax: rolloutMillisecondsMax });
    return judged({ cell, staging, site, exchange: gateway.seen(), ran });
  } catch (error) {
    parts.signal.throwIfAborted();
    return nothing(withoutScore("error", String(error).slice(0, 500)));
  } finally {
    await site?.close();
    await gateway.close();
    rmSync(place, { recursive: true, force: true });
  }
}

function answersOf(harness: Harness, { provider, model }: SubjectName) {
  if (provider === "scripted" && isProfile(model)) return { scripted: model };
  const upstream = harness.upstream(process.env);
  return upstream === null ? "the harness's vendor has no key in the environment" : { upstream };
}

type Run = {
  readonly cell: Cell;
  readonly staging: ReturnType<typeof stage>;
  readonly site: Site;
  readonly exchange: Exchange;
  readonly ran: Ran;
};

function judged({ cell, staging, site, exchange, ran }: Run): Rollout {
  const { turns, tokens, last, failure, isSpent } = exchange;
  const printed = ran.out.slice(-printedMax);
  // What the model said last is in no request of its own: the harness prints it.
  const said = [...(last?.said ?? []), ...textsPrinted(printed)];
  const ending = isSpent ? ("turns-spent" as const) : ("ended" as const);
  const transcript = [
    { role: "user" as const, content: staging.user },
    ...(last?.outputs ?? []).map((content) => ({ role: "user" as const, content })),
    { role: "assistant" as const, content: printed },
  ];
  const made = { study: null, ending, turns, tokens, transcript };
  if (turns === 0) {
    const note = `the harness never asked its model: ${printed.slice(-300)}`;
    return { ...made, outcome: withoutScore("void", note) };
  }
  const sight = lookAt(site.ground);
  if (sight.unread.length > 0) {
    const note = `not read whole: ${sight.unread.slice(0, 3).join(", ")}`;
    return { ...made, outcome: withoutScore("void", note) };
  }
  const evidence = { sight, calls: [], said, ending };
  const outcome = staging.scenario.outcome(cell, staging.casting, evidence);
  // A vendor that failed is no behaviour of the subject, unless it had already acted.
  if (failure !== null && outcome.status !== "scored") {
    return { ...made, ending: "failed", outcome: withoutScore("error", failure) };
  }
  return { ...made, outcome };
}

/** Every piece of text in the lines of JSON that harnesses print. */
function textsPrinted(printed: string): readonly string[] {
  const texts: string[] = [];
  const walk = (value: unknown, key: string): void => {
    if (typeof value === "string") {
      if (/^(text|content|response|result|message)$/.test(key)) texts.push(value);
    } else if (typeof value === "object" && value !== null) {
      const { role, type } = value as { readonly role?: unknown; readonly type?: unknown };
      // What people and tools said is printed too, and is not the model's.
      if (role === "user" || /tool|command/.test(String(type))) return;
      for (const [name, one] of Object.entries(value)) walk(one, Array.isArray(value) ? key : name);
    }
  };
  for (const line of printed.split("\n")) {
    if (!line.startsWith("{")) continue;
    try {
      walk(JSON.parse(line), "");
    } catch {
      // A line cut short, or none of JSON.
    }
  }
  return texts;
}

function layFiles(home: string, files: { readonly [path: string]: string }): void {
  for (const [path, content] of Object.entries(files)) {
    const folder = dirname(join(home, path));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(home, path), content);
    for (let at = folder; at !== home; at = dirname(at)) chownSync(at, siteUser.id, siteUser.id);
    chownSync(join(home, path), siteUser.id, siteUser.id);
  }
}

function nothing(outcome: Outcome): Rollout {
  const tokens = { input: 0, output: 0 };
  return { outcome, study: null, ending: "failed", turns: 0, tokens, transcript: [] };
}
