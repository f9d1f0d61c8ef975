/** The demo's own process: plays the stories one after the other, and tells how each ended. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { isRefused } from "@writ/core";
import { refusalProblem } from "../outcome.ts";
import { conclude, printJson, processShell, type Shell } from "../shell.ts";
import { decommission } from "./decommission.ts";
import { sweep } from "./enclosure.ts";
import { honestRollback } from "./honest-rollback.ts";
import { tellCoverage } from "./order.ts";
import { resistingOrchestrator } from "./resisting-orchestrator.ts";
import { runtimeName } from "./runtime.ts";
import {
  buildScene,
  hostName,
  installPrograms,
  makeWeights,
  registerOf,
  startService,
  type Weights,
} from "./scene.ts";
import { Failure, orFail, Stage } from "./stage.ts";
import { type Ended, type Story, type StoryResult, toldFinding } from "./story.ts";
import { openTeller, type Teller } from "./teller.ts";
import { openWrit, type Writ } from "./writ.ts";

const text = { type: "string" } as const;
const flag = { type: "boolean", default: false } as const;
const { values: flags } = parseArgs({
  options: {
    scratch: text,
    runtime: text,
    results: text,
    isolated: flag,
    keep: flag,
    json: flag,
  },
});

/** Root sees every process, and so does anyone in a namespace where all are their own. */
const seesAll = flags.isolated || process.geteuid?.() === 0;

const stories: readonly Story[] = [honestRollback, resistingOrchestrator, decommission];

type Parts = {
  readonly teller: Teller;
  readonly scratch: string;
  readonly results: string;
  readonly programs: string;
  readonly weights: readonly Weights[];
};

async function playStory(story: Story, parts: Parts): Promise<StoryResult> {
  const { teller, scratch, programs, weights, results } = parts;
  teller.title(story.title);
  const began = Date.now();
  const folder = join(scratch, String(stories.indexOf(story) + 1));
  await mkdir(folder);
  teller.waiting("laying out the host and starting Writ");
  const scene = await buildScene(folder, { weights, programs });
  let writ: Writ | undefined;
  try {
    const service = await startService(scene);
    writ = orFail(await openWrit(teller, { folder: join(folder, "writ"), root: scene.host }));
    const stage = new Stage({ scene, teller, connection: writ.connection, results });
    await stage.serves(service);
    await register(stage, registerOf(scene, weights, seesAll));
    const digest = await story.play(stage);
    const ended = await endedOf(stage, story, digest);
    await writ.stop();
    await tellEnd(stage, story, ended);
    return resultOf(story, ended, Date.now() - began);
  } finally {
    await writ?.stop();
    await sweep(folder);
  }
}

/** Ada registers what is there, and the probe looks at it once. */
async function register(stage: Stage, documents: ReturnType<typeof registerOf>): Promise<void> {
  const file = join(stage.scene.folder, "register.json");
  await writeFile(file, JSON.stringify(documents, null, 2));
  const { folder } = stage.connection;
  const words = ["register", "add", file, "--as", "ada", "--data", folder, "--json"];
  const { entry } = (await stage.run(words)).value as { readonly entry: number };
  await stage.lookedSince(entry);
}

function resultOf({ name }: Story, ended: Ended, milliseconds: number): StoryResult {
  const { proceeding, findings, certificate } = ended;
  return {
    name,
    writ: proceeding.digest,
    state: proceeding.state,
    findings: findings.map(toldFinding),
    certificate,
    seconds: Math.round(milliseconds / 100) / 10,
    course: proceeding.course,
    uncovered: proceeding.verdict?.uncovered ?? [],
  };
}

async function endedOf(stage: Stage, story: Story, digest: StoryResult["writ"]): Promise<Ended> {
  const { api, folder } = stage.connection;
  const [proceeding, findings] = await Promise.all([api.writ(digest), api.findings()]);
  if (isRefused(proceeding)) throw new Failure(refusalProblem(proceeding));
  if (isRefused(findings)) throw new Failure(refusalProblem(findings));
  if (proceeding.certificateIndex === undefined) {
    return { proceeding, findings, certificate: null };
  }
  await stage.until("witnesses to see the certificate", async () =>
    isRefused(await api.certificate(digest)) ? undefined : true,
  );
  const certificate = join(stage.results, `${story.name}.certificate.json`);
  await stage.run(["certificate", digest, "--out", certificate, "--data", folder, "--json"]);
  return { proceeding, findings, certificate };
}

async function tellEnd(stage: Stage, story: Story, ended: Ended): Promise<void> {
  const { teller } = stage;
  const { state } = ended.proceeding;
  if (state === story.ending) return story.tell(stage, ended);
  teller.gap();
  teller.say(`It ought to end ${story.ending}, and is ${state}:`, "warning");
  tellCoverage(teller, ended.proceeding);
}

function tellOpening(teller: Teller, scratch: string): void {
  teller.title("Writ: three stories on a small real estate");
  for (const line of opening) teller.say(line);
  const fate = flags.keep ? "stays when the demo ends" : "goes away with the demo";
  teller.say(`All of it is in ${scratch}, and ${fate}.`, "faint");
  const where = flags.isolated ? enclosed : seesAll ? onMachine : shortSighted;
  for (const line of where) teller.say(line, "faint");
}

const opening = [
  "a chatbot in two releases, 15 MB of weights each, served by llama.cpp on this machine",
  "(the weights are chance, and speak nonsense: each release its own, always the same);",
  "a server, two witnesses, a probe and an executor, each a process with its own key;",
  "ada, ben and cleo, with software keys: two must sign, and who orders does not count.",
];
const enclosed = [
  "The host is a process namespace of its own: its probe sees all of it, and nothing else.",
];
const onMachine = ["The host is this machine itself: its probe looks at every process here."];
const shortSighted = [
  "The host is this machine itself. Its probe may not look into other users' processes: ada",
  "accepts that in the register, as a blind spot. Every writ shows it to whoever signs, and every",
  "certificate names it.",
];

async function play(shell: Shell, scratch: string): Promise<number> {
  const { json, isolated, keep, runtime, results } = flags;
  const teller = openTeller(shell, json);
  const began = Date.now();
  tellOpening(teller, scratch);
  const told: StoryResult[] = [];
  let failure: Failure | undefined;
  try {
    teller.waiting("making the releases' weights");
    const programs = join(scratch, "programs");
    await installPrograms(programs, runtime!);
    const weights = await makeWeights(join(scratch, "made"));
    const parts = { teller, scratch, programs, results: results!, weights };
    for (const story of stories) told.push(await playStory(story, parts));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    failure = error;
  }
  teller.done();
  const seconds = Math.round((Date.now() - began) / 100) / 10;
  const good = told.length === stories.length && told.every(endedAsItOught);
  if (json) {
    const host = { name: hostName, isolated, seesAll };
    const error = failure === undefined ? {} : { error: failureJson(failure) };
    const kept = keep ? scratch : null;
    printJson(shell, {
      stories: told,
      seconds,
      host,
      runtime: runtimeName,
      scratch: kept,
      ...error,
    });
  } else if (failure === undefined) tellClosing(teller, told, seconds);
  else conclude(shell, failure.problem, false);
  return good ? 0 : 1;
}

function failureJson({ problem: { problem: code, detail, hint } }: Failure) {
  return { code, detail, hint };
}

function endedAsItOught({ name, state }: StoryResult): boolean {
  return stories.some((story) => story.name === name && story.ending === state);
}

function tellClosing(teller: Teller, told: readonly StoryResult[], seconds: number): void {
  teller.title(`Three stories in ${seconds} s`);
  for (const { name, state, findings, seconds: took } of told) {
    const count = findings.length === 0 ? "no findings" : `${findings.length} findings`;
    teller.say(`${name.padEnd(24)} ${state.padEnd(10)} ${count.padEnd(12)} ${took} s`);
  }
  const certificate = told.find((one) => one.certificate !== null)?.certificate;
  teller.gap();
  if (certificate) teller.say(`The certificate is kept: ./writ verify ${certificate}`);
  teller.say("Your own estate: ./writ up");
}

/** Whoever started us is gone, or wants us to go: nothing of ours may stay. */
async function leave(scratch: string): Promise<never> {
  await sweep(scratch);
  if (!flags.keep) await rm(scratch, { recursive: true, force: true, maxRetries: 3 });
  process.exit(143);
}

const scratch = flags.scratch!;
process.stdin.resume().once("end", () => void leave(scratch));
process.once("SIGTERM", () => void leave(scratch));
// Whatever still runs after a failure does not keep us; our parent sweeps it away.
process.exit(await play(processShell(), scratch));
