/**
 * The estate's own side of the demo: one host's files, as an operator would have laid them out, and
 * the register documents that say what ought to be there. Nothing in here is Writ's.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { copyFile, mkdir, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Digest, RegisterDocument } from "@writ/core";

export const hostName = "chat-1";
export const component = "chatbot";
const releases = [
  { release: "4.2", seed: 42, lifecycle: "active" },
  { release: "3.8", seed: 38, lifecycle: "approved" },
] as const;
export type ReleaseName = (typeof releases)[number]["release"];

export type Weights = {
  readonly release: ReleaseName;
  readonly lifecycle: "active" | "approved";
  readonly file: string;
  readonly size: number;
  readonly digest: Digest;
};

/**
 * Both releases' weights, made in a folder by a process that ends with it: this one would hold them
 * in its memory, where the probe rightly finds what a writ says to be gone.
 */
export async function makeWeights(folder: string): Promise<readonly Weights[]> {
  const maker = fileURLToPath(new URL("weights-maker.ts", import.meta.url));
  await mkdir(folder, { recursive: true });
  return Promise.all(
    releases.map(async ({ release, seed, lifecycle }) => {
      const file = join(folder, `${release}.gguf`);
      const words = [maker, file, `${component} ${release}`, String(seed)];
      const { stdout } = await promisify(execFile)(process.execPath, words);
      const made = JSON.parse(stdout) as { readonly size: number; readonly digest: Digest };
      return { release, lifecycle, file, ...made };
    }),
  );
}

export type Scene = ReturnType<typeof sceneIn>;

/** Paths of a host whose whole disk is `folder/host`, and whose programs are in `programs`. */
function sceneIn(folder: string, { programs, port }: { programs: string; port: number }) {
  const host = join(folder, "host");
  const home = join(host, "srv", component);
  const link = join(home, "current");
  const weights = (release: ReleaseName) => join(home, release, "model.gguf");
  const serving = (model: string, on: number) =>
    ["node", "serve.mts", "--model", model, "--port", String(on)] as const;
  return {
    folder,
    host,
    programs,
    port,
    link,
    weights,
    serving,
    control: join(home, "control.json"),
    temporary: join(host, "tmp"),
    service: {
      manager: "process",
      command: [...serving(join(link, "model.gguf"), port)],
      directory: programs,
      pidFile: join(home, "chatbot.pid"),
      logFile: join(home, "chatbot.log"),
      stopSeconds: 5,
    },
  } as const;
}

/** Lays the host's files out. */
export async function buildScene(
  folder: string,
  given: { readonly weights: readonly Weights[]; readonly programs: string },
): Promise<Scene> {
  const scene = sceneIn(folder, { programs: given.programs, port: await freePort() });
  for (const { release, file } of given.weights) {
    await mkdir(join(scene.weights(release), ".."), { recursive: true });
    await copyFile(file, scene.weights(release));
  }
  await mkdir(scene.temporary);
  await symlink("4.2", scene.link);
  await writeFile(scene.control, controlText);
  return scene;
}

const controlText = `{
  "shutdown_enabled": true,
  "max_tokens": 64
}
`;

/** Puts the host's programs where they run from: the server, the cache warmer and the runtime. */
export async function installPrograms(folder: string, runtime: string): Promise<void> {
  const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  await mkdir(folder, { recursive: true });
  await copyFile(here("chatbot-server.ts"), join(folder, "serve.mts"));
  await copyFile(here("cache-warmer.ts"), join(folder, "warm.mts"));
  await symlink(runtime, join(folder, "runtime"));
}

/** Starts a program of the host in the background; its output goes to a file. */
export function startProgram(scene: Scene, command: readonly string[], log: string): ChildProcess {
  const [program, ...words] = command;
  const output = openSync(log, "a");
  const child = spawn(program!, words, {
    cwd: scene.programs,
    stdio: ["ignore", output, output],
    detached: true,
  });
  closeSync(output);
  child.unref();
  return child;
}

/** Starts the registered service, as its operator did before there was any order. */
export async function startService(scene: Scene): Promise<ChildProcess> {
  const { command, logFile, pidFile } = scene.service;
  const child = startProgram(scene, command, logFile);
  await writeFile(pidFile, `${child.pid}\n`);
  return child;
}

/** What the register says of this host. `seesAll`: its probe may look into every process. */
export function registerOf(
  scene: Scene,
  weights: readonly Weights[],
  seesAll: boolean,
): readonly RegisterDocument[] {
  const placed = { host: hostName, component } as const;
  return [
    ...(seesAll ? [] : [shortSighted]),
    {
      document: "component",
      component,
      kind: "model",
      owner: "support team",
      purpose: "answers customers' first questions",
    },
    ...weights.map(
      ({ release, lifecycle, size, digest }): RegisterDocument => ({
        document: "release",
        component,
        release,
        artefacts: [{ name: "model.gguf", digest, size }],
        lifecycle,
      }),
    ),
    ...weights.map(
      ({ release }): RegisterDocument => ({
        document: "file",
        placement: `${component}-${release}-weights`,
        ...placed,
        path: scene.weights(release),
        release,
        artefact: "model.gguf",
      }),
    ),
    {
      document: "link",
      placement: `${component}-current`,
      ...placed,
      path: scene.link,
      release: "4.2",
      targets: weights.map(({ release }) => ({ release, target: release })),
    },
    {
      document: "service",
      placement: `${component}-server`,
      ...placed,
      release: "4.2",
      service: { ...scene.service, command: [...scene.service.command] },
      ports: [scene.port],
    },
    {
      document: "control",
      control: `${component}-shutdown`,
      ...placed,
      reading: { path: scene.control, format: "json", key: "shutdown_enabled" },
      expected: "true",
    },
  ];
}

/** Without root or a namespace of its own, a probe cannot look into other users' processes. */
const shortSighted: RegisterDocument = {
  document: "host",
  host: hostName,
  owner: "support team",
  blindSpots: [{ vantage: "processes", where: "/proc/*", why: "no-permission" }],
  because: "the probe runs as an ordinary user here, and sees that user's processes only",
};

/** A TCP port of this machine on which nothing listens. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? address!.port : 0));
    });
  });
}
