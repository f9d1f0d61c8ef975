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
import { buildScene, hostName, installPrograms, makeWeights, registerOf } from "./scene.ts";
import { Failure, orFail, Stage } from "./stage.ts";
import { type Ended, type Story, type StoryResult, toldFinding } from "./story.ts";
import { openTeller, type Teller } from "./teller.ts";
import { openWrit } from "./writ.ts";

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

const stories: readonly Story[] = [honestRollback, resistingOrchestrator, decommission];

type Parts = {
  readonly teller: Teller;
  readonly scratch: string;
  readonly results: string;
  readonly programs: string;
  readonly weights: ReturnType<typeof makeWeights>;
};

async function playStory(story: Story, parts: Parts): Promise<StoryResult> {
  const { teller, scratch, programs, weights, results } = parts;
  teller.title(story.title);
  const began = Date.now();
  const folder = join(scratch, story.name);
  await mkdir(folder);
  teller.waiting("laying out the host and starting Writ");
  const scene = await buildScene(folder, { weights, programs });
  const writ = orFail(await openWrit(teller, { folder: join(folder, "writ"), root: scene.host }));
  try {
    const stage = new Stage({ scene, teller, connection: writ.connection, results });
    const register = join(folder, "register.json");
    await writeFile(register, JSON.stringify(registerOf(scene, weights), null, 2));
    await stage.startService();
    const added = await stage.run([
      ...["register", "add", register, "--as", "ada"],
      ...["--data", writ.connection.folder, "--json"],
    ]);
    await stage.lookedSince((added.value as { readonly entry: number }).entry);
    const digest = await story.play(stage);
    const ended = await endedOf(stage, story, digest);
    await writ.stop();
    const { proceeding, findings, certificate } = ended;
    await tellEnd(stage, story, ended);
    const seconds = Math.round((Date.now() - began) / 100) / 10;
    return {
      name: story.name,
      writ: digest,
      state: proceeding.state,
      findings: findings.map(toldFinding),
      certificate,
      seconds,
      course: proceeding.course,
      uncovered: proceeding.verdict?.uncovered ?? [],
    };
  } finally {
    await writ.stop();
    await sweep(folder);
  }
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
  teller.say(
    "a chatbot in two releases, 15 MB of weights each, served by llama.cpp on this machine;",
  );
  teller.say("a server, two witnesses, a probe and an executor, each a process with its own key;");
  teller.say(
    "ada, ben and cleo, with software keys: two must sign, and who orders does not count.",
  );
  const fate = flags.keep ? "stays when the demo ends" : "goes away with the demo";
  teller.say(`All of it is in ${scratch}, and ${fate}.`, "faint");
  const where = flags.isolated
    ? "The host is a process namespace of its own: its probe sees all of it, and nothing else."
    : "The host is this machine itself: its probe looks at every process here.";
  teller.say(where, "faint");
}

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
    const parts = { teller, scratch, programs, results: results!, weights: makeWeights() };
    for (const story of stories) told.push(await playStory(story, parts));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    failure = error;
  }
  teller.done();
  const seconds = Math.round((Date.now() - began) / 100) / 10;
  const good = told.length === stories.length && told.every(endedAsItOught);
  if (json) {
    const host = { name: hostName, isolated, user: process.geteuid?.() };
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
process.exitCode = await play(processShell(), scratch);
process.stdin.destroy();
