/**
 * A component of the suite, as an operator would have laid it out on one or more hosts: three
 * releases' weights, a release link, a server that runs what it leads to, a control, and what the
 * register says of all that.
 */
import { randomInt } from "node:crypto";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Digest, digestOf, type RegisterDocument } from "@writ/core";
import { type MadeConfig, type MadeModel, makeModel, safetensorsOf } from "@writ/weights/testing";
import { type Host, nodeWords, type Running } from "./host.ts";

const modelServer = fileURLToPath(new URL("programs/model-server.ts", import.meta.url));
const glanceMilliseconds = 20;
const weightsFile = "model.safetensors";
/** Three megabytes: small, and yet enough values to know a model by, also in parts. */
export const modelConfig: MadeConfig = {
  ...{ vocabulary: 4500, hidden: 128, inner: 352, layers: 1, heads: 8, groups: 4 },
};

export const releases = [
  { release: "4.2", lifecycle: "active" },
  { release: "3.8", lifecycle: "approved" },
  { release: "2.9", lifecycle: "retired" },
] as const;
export type ReleaseName = (typeof releases)[number]["release"];

/** A model of its own training, so that its values tell it from every other. */
export function trained(seed = randomInt(2 ** 30)): MadeModel {
  return makeModel(modelConfig, seed);
}

/** Where a component lives on one host. */
export class Site {
  readonly host: Host;
  /** The whole disk of the host, as far as its probe is told. */
  readonly disk: string;
  readonly component: string;
  readonly port: number;

  constructor(parts: { host: Host; disk: string; component: string; port: number }) {
    this.host = parts.host;
    this.disk = parts.disk;
    this.component = parts.component;
    this.port = parts.port;
  }

  get home(): string {
    return join(this.disk, "srv", this.component);
  }
  get link(): string {
    return join(this.home, "current");
  }
  get control(): string {
    return join(this.home, "control.json");
  }
  get pidFile(): string {
    return join(this.home, "server.pid");
  }
  get logFile(): string {
    return join(this.home, "server.log");
  }
  weights(release: ReleaseName): string {
    return join(this.home, release, weightsFile);
  }
  /** A place on this host's disk that nothing registers. */
  elsewhere(...path: readonly string[]): string {
    return join(this.disk, ...path);
  }
  get command(): readonly string[] {
    return this.serving(join(this.link, weightsFile), this.port);
  }
  /** By which name its endpoint ought to call a release. */
  named(release: ReleaseName): string {
    return `${this.component}-${release}`;
  }
  serving(
    model: string,
    port: number,
    { version, api }: { readonly version?: string; readonly api?: string } = {},
  ): readonly string[] {
    const said = [
      ...(version === undefined ? [] : ["--version", version]),
      ...(api === undefined ? [] : ["--api", api]),
    ];
    return [...nodeWords, modelServer, "--model", model, "--port", String(port), ...said];
  }

  /** Starts a program here and waits for its first line. */
  async serve(command: readonly string[] = this.command, log?: string): Promise<Running> {
    const running = await this.host.start({
      command,
      directory: this.home,
      ...(log === undefined ? {} : { log }),
    });
    await running.firstLine();
    return running;
  }

  /** Starts the registered service, as its operator would by hand. */
  async startService(): Promise<Running> {
    const running = await this.serve();
    await writeFile(this.pidFile, `${running.pid}\n`);
    return running;
  }

  /** The service's process, by the pid file. */
  async servicePid(): Promise<number> {
    return Number(await readFile(this.pidFile, "utf8"));
  }

  /** Restarts the service as careful operators do: the new one takes over from the old one. */
  async restartService(): Promise<void> {
    const old = await this.servicePid();
    const running = await this.host.start({ command: this.command, directory: this.home });
    while (!(await this.holds(running.pid))) await sleep(glanceMilliseconds);
    await this.host.signal(old, "SIGKILL");
    await running.firstLine();
    await writeFile(this.pidFile, `${running.pid}\n`);
  }

  /** True if a process of this host has a file of this component open. */
  async holds(pid: number): Promise<boolean> {
    const script = `ls -l /proc/${pid}/fd | grep -q "$1"`;
    return (await this.host.run("sh", "-c", script, "sh", `${this.home}/`)) === 0;
  }
}

/** True if something listens on a port of this machine and answers. */
export async function answers(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    () => false,
  );
}

export class Component {
  readonly name: string;
  readonly sites: readonly Site[];
  readonly models: { readonly [K in ReleaseName]: MadeModel };
  readonly bytes: { readonly [K in ReleaseName]: Uint8Array };

  constructor(name: string, sites: readonly Site[]) {
    this.name = name;
    this.sites = sites;
    const models = { "4.2": trained(), "3.8": trained(), "2.9": trained() };
    const file = (release: ReleaseName) => safetensorsOf(models[release]);
    this.models = models;
    this.bytes = { "4.2": file("4.2"), "3.8": file("3.8"), "2.9": file("2.9") };
  }

  digest(release: ReleaseName): Digest {
    return digestOf(this.bytes[release]);
  }

  /** Lays it out on every host and starts its services. */
  async build(): Promise<void> {
    for (const site of this.sites) {
      for (const { release } of releases) {
        await mkdir(join(site.home, release), { recursive: true });
        await writeFile(site.weights(release), this.bytes[release]);
      }
      await symlink("4.2", site.link);
      await writeFile(site.control, '{\n  "shutdown_enabled": true\n}\n');
    }
    await Promise.all(this.sites.map((site) => site.startService()));
  }

  /** What the register says of it. */
  documents(): readonly RegisterDocument[] {
    const component = this.name;
    return [
      { document: "component", component, kind: "model", owner: "the suite" },
      ...releases.map(
        ({ release, lifecycle }): RegisterDocument => ({
          document: "release",
          component,
          release,
          artefacts: [
            { name: weightsFile, digest: this.digest(release), size: this.bytes[release].length },
          ],
          lifecycle,
        }),
      ),
      ...this.sites.flatMap((site) => documentsAt(site)),
    ];
  }
}

function documentsAt(site: Site): readonly RegisterDocument[] {
  const { component, host } = site;
  const at = { host: host.name, component };
  return [
    ...releases.map(({ release }) => fileAt(site, release, site.weights(release))),
    {
      document: "link",
      placement: `${component}-${host.name}-current`,
      ...at,
      path: site.link,
      release: "4.2",
      targets: releases.map(({ release }) => ({ release, target: release })),
    },
    {
      document: "service",
      placement: `${component}-${host.name}-server`,
      ...at,
      release: "4.2",
      service: {
        manager: "process",
        command: [...site.command],
        directory: site.home,
        pidFile: site.pidFile,
        logFile: site.logFile,
        stopSeconds: 5,
      },
      ports: [site.port],
      serves: releases.map(({ release }) => ({ release, name: site.named(release) })),
    },
    {
      document: "control",
      control: `${component}-${host.name}-shutdown`,
      ...at,
      reading: { path: site.control, format: "json", key: "shutdown_enabled" },
      expected: "true",
    },
  ];
}

/** A placement of a release's weights at a path. */
export function fileAt(site: Site, release: ReleaseName, path: string): RegisterDocument {
  const suffix =
    path === site.weights(release)
      ? release
      : `${release}-${digestOf(Buffer.from(path)).slice(-8)}`;
  return {
    document: "file",
    placement: `${site.component}-${site.host.name}-${suffix}`,
    host: site.host.name,
    component: site.component,
    path,
    release,
    artefact: weightsFile,
  };
}

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
