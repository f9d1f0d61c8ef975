/**
 * All processes of an estate: started in the order that they need each other, stopped in reverse.
 */
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { isRefused, type Principal } from "@writ/core";
import { type EstateFile, readEstateFile } from "../home.ts";
import { isProblem, type Problem, problem, refusalProblem } from "../outcome.ts";
import type { Progress } from "../progress.ts";
import { App, type Ready } from "./app.ts";
import {
  type Founders,
  found,
  type JournalKeys,
  journalKeys,
  rootEntry,
  witnessPrincipal,
} from "./founding.ts";
import type { Layout, Setup } from "./layout.ts";

export type EstateRun = {
  readonly apps: readonly App[];
  readonly estate: EstateFile;
  readonly stop: () => Promise<void>;
};

type Parts = {
  readonly layout: Layout;
  readonly setup: Setup;
  /** Absent if the estate is founded already. */
  readonly founders: Founders | undefined;
  readonly progress: Progress;
  readonly tell: (text: string) => void;
};

/** How often the first entry is offered while the server gets ready for it. */
const offersMax = 20;
const offerPauseMilliseconds = 250;

/**
 * Starts everything; founds the estate on the way if it is new. Stops what it started if it fails.
 */
export async function startEstate(parts: Parts): Promise<EstateRun | Problem> {
  const apps: App[] = [];
  const stop = async () => {
    for (const app of [...apps].reverse()) await app.stop();
  };
  const estate = await startAll(parts, apps).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  if (!isProblem(estate)) return { apps, estate, stop };
  await stop();
  return estate;
}

async function startAll(parts: Parts, apps: App[]): Promise<EstateFile | Problem> {
  const { layout, setup, founders, progress } = parts;
  progress.stage("making the journal's keys");
  const journal = await journalKeys(layout);
  if (isProblem(journal)) return journal;
  progress.stage("starting witnesses");
  const witnesses = await startWitnesses(parts, apps, journal);
  if (isProblem(witnesses)) return witnesses;
  if (founders !== undefined) {
    progress.stage("founding the estate");
    const principals = witnesses.map(({ principal }) => principal);
    const problem = await found(layout, setup, { journal, witnesses: principals, founders });
    if (problem !== undefined) return problem;
  }
  const estate = await readEstateFile(layout.folder);
  if (isProblem(estate)) return estate;
  progress.stage("starting the server");
  const urls = witnesses.map(({ address }) => address);
  const server = await started(apps, serverApp(parts, urls));
  if (isProblem(server)) return server;
  const founded = await submitRoot(layout, estate);
  if (founded !== undefined) return founded;
  progress.stage("starting the executor and the probe");
  const executor = await started(apps, executorApp(parts, estate));
  if (isProblem(executor)) return executor;
  const probe = await started(apps, probeApp(parts, estate));
  return isProblem(probe) ? probe : estate;
}

async function started(apps: App[], app: App): Promise<Ready | Problem> {
  apps.push(app);
  return app.start();
}

type RunningWitness = { readonly principal: Principal; readonly address: string };

async function startWitnesses(
  { layout, setup, tell }: Parts,
  apps: App[],
  { vkey }: JournalKeys,
): Promise<readonly RunningWitness[] | Problem> {
  const running: RunningWitness[] = [];
  for (let number = 1; number <= setup.witnesses; number += 1) {
    const name = `witness-${number}`;
    const words = (address: string | undefined) => [
      ...["--data", layout.app(name), "--name", name, "--log", vkey],
      ...(address === undefined ? [] : ["--listen", new URL(address).host]),
    ];
    const ready = await started(apps, new App({ layout, kind: "witness", name, words, tell }));
    if (isProblem(ready)) return ready;
    const principal = witnessPrincipal(name, ready.vkey);
    if (isProblem(principal)) return principal;
    running.push({ principal, address: ready.address! });
  }
  return running;
}

function serverApp({ layout, setup, tell }: Parts, witnesses: readonly string[]): App {
  const words = [
    ...["run", "--data", layout.app("server"), "--listen", `127.0.0.1:${setup.port}`],
    ...witnesses.flatMap((url) => ["--witness", url]),
  ];
  // A database's URL may hold a password: not where every user of the machine can read it.
  const environment = { WRIT_SERVER_STORE: setup.store ?? "sqlite" };
  return new App({ layout, kind: "server", name: "server", words: () => words, environment, tell });
}

function executorApp({ layout, tell }: Parts, { url, estate }: EstateFile): App {
  const words = ["run", "--data", layout.app("executor"), "--server", url, "--estate", estate];
  return new App({ layout, kind: "executor", name: "executor", words: () => words, tell });
}

function probeApp({ layout, setup, tell }: Parts, { url, estate }: EstateFile): App {
  const words = [
    ...["run", "--data", layout.app("probe"), "--server", url, "--estate", estate],
    ...["--host", setup.host],
    ...(setup.usual ? ["--usual"] : []),
    ...setup.roots.flatMap((root) => ["--root", root]),
    ...(setup.interval === undefined ? [] : ["--interval", String(setup.interval)]),
  ];
  return new App({ layout, kind: "probe", name: "probe", words: () => words, tell });
}

/** Offers the first entry. Known already is as good: it is the same bytes each time. */
async function submitRoot(layout: Layout, { url }: EstateFile): Promise<undefined | Problem> {
  const { openApi } = await import("@writ/node/api");
  const api = openApi(url);
  const entry = await rootEntry(layout);
  for (let offer = 1; ; offer += 1) {
    const answer = await api.submit(entry);
    if (!isRefused(answer)) return undefined;
    if (answer.refused !== "unavailable" || offer === offersMax) return refusalProblem(answer);
    await sleep(offerPauseMilliseconds);
  }
}

/** A port that is free now: the server's, for good, since clients keep it. */
export function freePort(wanted: number): Promise<number | Problem> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () =>
      resolve(problem("unavailable", `port ${wanted} is taken`, "choose another with --port")),
    );
    server.listen(wanted, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : wanted;
      server.close(() => resolve(port));
    });
  });
}
