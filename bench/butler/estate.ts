/**
 * An estate of the suite: Writ's real apps as processes with their own keys in a scratch folder,
 * and hosts with components that they govern. Founded anew, in a few seconds.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Digest,
  formatVerifierKey,
  fromBase64,
  noteKeyTypes,
  type RegisterDocument,
  type TrustRootDocument,
  trustRoot,
  verifierKey,
} from "@writ/core";
import { type Api, openApi } from "@writ/node/api";
import { App, askApp } from "./app.ts";
import { Component, freePort, Site } from "./component.ts";
import { Host } from "./host.ts";
import { must } from "./must.ts";
import { rootEntry, rootOf } from "./root.ts";
import { Speaker } from "./speaker.ts";

/** A look of a small host takes a fraction of this. */
const lookEverySecondsUsual = 1;
const witnessesUsual = 2;
const people = ["ada", "ben", "ben-spare", "cleo", "butler"] as const;
export type Person = (typeof people)[number];
type PublicKey = TrustRootDocument["journal"]["key"];

export type EstateParts = {
  readonly folder: string;
  /** Words that make a host a namespace of its own. */
  readonly words: readonly string[];
  readonly hosts: readonly string[];
  /** Components by name, each with the hosts that it lives on. */
  readonly components: { readonly [name: string]: readonly string[] };
  readonly silenceSeconds: number;
  /** Mounts a small disk for the server's data: a full one is then easily had. */
  readonly serverDiskBytes?: number;
  /** Seconds between looks; absent: 1. */
  readonly lookEverySeconds?: number;
  /** How many witnesses cosign, of whom two must; absent: 2. */
  readonly witnesses?: number;
  /** Opens what lies behind the hosts: their probes are told of it. */
  readonly behind?: () => Promise<Behind>;
};

/** Stores of the suite. */
export type Behind = {
  readonly probeWords: readonly string[];
  readonly stop: () => Promise<void>;
};

/** A host that is governed: its processes, its disk, its probe and its executor. */
export type Governed = {
  readonly host: Host;
  readonly disk: string;
  readonly probe: App;
  readonly executor: App;
};

export class Estate {
  readonly folder: string;
  readonly url: string;
  readonly api: Api;
  readonly control: Host;
  readonly keys: { readonly [K in Person]: Speaker };
  readonly governed = new Map<string, Governed>();
  readonly components = new Map<string, Component>();
  readonly witnesses: App[] = [];
  readonly server: App;
  /** Digest of the first trust root. */
  id: Digest = "sha256:";
  root!: TrustRootDocument;
  behind: Behind | undefined;
  readonly #port: number;
  readonly #lookEverySeconds: number;

  constructor(parts: EstateParts, given: { keys: Estate["keys"]; port: number }) {
    this.folder = parts.folder;
    this.#port = given.port;
    this.#lookEverySeconds = parts.lookEverySeconds ?? lookEverySecondsUsual;
    this.keys = given.keys;
    this.url = `http://127.0.0.1:${given.port}`;
    this.api = openApi(this.url);
    this.control = new Host("control", parts.words);
    const { control: host } = this;
    this.server = new App({ kind: "server", host, log: this.log("server"), words: [] });
  }

  log(name: string): string {
    return join(this.folder, "logs", `${name}.log`);
  }
  data(name: string): string {
    return join(this.folder, name);
  }
  at(host: string): Governed {
    return this.governed.get(host)!;
  }
  get apps(): readonly App[] {
    const governed = [...this.governed.values()];
    return [...this.witnesses, this.server, ...governed.flatMap((g) => [g.executor, g.probe])];
  }

  serverWords(): readonly string[] {
    const urls = this.witnesses.flatMap(({ ready }) => ["--witness", ready.address!]);
    const listen = ["--listen", `127.0.0.1:${this.#port}`];
    return ["run", "--data", this.data("server"), ...listen, ...urls];
  }
  probeWords(host: string, how: { url?: string; roots?: readonly string[] } = {}) {
    const { url = this.url, roots = [this.at(host).disk] } = how;
    return [
      ...["run", "--data", this.data(`probe-${host}`), "--host", host, "--server", url],
      ...["--estate", this.id, "--interval", String(this.#lookEverySeconds)],
      ...roots.flatMap((root) => ["--root", root]),
      ...(this.behind?.probeWords ?? []),
    ];
  }
  executorWords(host: string, url = this.url): readonly string[] {
    const data = ["--data", this.data(`executor-${host}`)];
    return ["run", ...data, "--server", url, "--estate", this.id];
  }

  /** Registers documents, as ada. */
  async register(set: readonly RegisterDocument[]): Promise<number> {
    const said = await this.keys.ada.say(this, { kind: "register", set, remove: [] });
    return must(said).index;
  }

  async stop(): Promise<void> {
    for (const app of [...this.apps].reverse()) await app.kill("SIGKILL").catch(() => undefined);
    for (const { host } of this.governed.values()) await host.stop();
    await this.control.stop();
    await this.behind?.stop();
  }
}

/** Founds an estate, starts its apps, lays out its components and registers them. */
export async function openEstate(parts: EstateParts): Promise<Estate> {
  const { folder } = parts;
  for (const name of ["", "logs", "keys", "server"]) {
    await mkdir(join(folder, name), { recursive: true, mode: 0o700 });
  }
  const made = people.map(async (name) => {
    return [name, await Speaker.make(join(folder, "keys", `${name}.key`))] as const;
  });
  const keys = Object.fromEntries(await Promise.all(made)) as Estate["keys"];
  const estate = new Estate(parts, { keys, port: await freePort() });
  try {
    estate.behind = await parts.behind?.();
    await found(estate, parts);
    await furnish(estate, parts);
  } catch (error) {
    await estate.stop();
    throw error;
  }
  return estate;
}

async function found(estate: Estate, parts: EstateParts): Promise<void> {
  const { control } = estate;
  if (parts.serverDiskBytes !== undefined) {
    const size = `size=${parts.serverDiskBytes},mode=700`;
    await control.run("mount", "-t", "tmpfs", "-o", size, "tmpfs", estate.data("server"));
  }
  const server = await init(control, "server", estate.data("server"));
  const checkpointKey = server.checkpointKey!;
  const origin = "writ.test/butler";
  const bytes = fromBase64(checkpointKey.public)!;
  const vkey = formatVerifierKey(must(verifierKey(origin, noteKeyTypes.ed25519, bytes)));
  await startWitnesses(estate, vkey, parts.witnesses ?? witnessesUsual);
  const hosts: Host[] = [];
  const principals = [];
  for (const name of parts.hosts) {
    const host = new Host(name, parts.words);
    hosts.push(host);
    for (const kind of ["probe", "executor"] as const) {
      const keys = [keyOf((await init(host, kind, estate.data(`${kind}-${name}`)))[`${kind}Key`]!)];
      principals.push({ name: `${kind}-${name}`, kind, host: name, keys });
    }
    const disk = join(estate.folder, "hosts", name);
    for (const path of ["srv", "tmp", "var/log", "mnt"]) {
      await mkdir(join(disk, path), { recursive: true });
    }
    const app = (kind: "probe" | "executor") =>
      new App({ kind, host, log: estate.log(`${kind}-${name}`), words: [] });
    estate.governed.set(name, { host, disk, probe: app("probe"), executor: app("executor") });
  }
  estate.root = rootOf(estate, parts, {
    principals,
    journal: { origin, key: keyOf(checkpointKey) },
    serverKey: keyOf(server.serverKey!),
  });
  const { digest } = must(trustRoot(estate.root));
  estate.id = digest;
  await estate.server.start({ words: estate.serverWords() });
  must(await estate.api.submit(await rootEntry(estate, estate.root, ["ada", "ben"])));
  for (const name of parts.hosts) {
    const { probe, executor } = estate.at(name);
    await Promise.all([
      probe.start({ words: estate.probeWords(name) }),
      executor.start({ words: estate.executorWords(name) }),
    ]);
  }
}

type Keys = { readonly [name: string]: PublicKey };

async function init(host: Host, kind: "server" | "probe" | "executor", data: string) {
  const { code, text } = await askApp(host, kind, ["init", "--data", data]);
  if (code !== 0) throw new Error(`${kind} init ended with ${code}`);
  return JSON.parse(text) as Keys;
}

function keyOf({ public: written }: PublicKey): PublicKey {
  return { type: "ed25519", public: written };
}

async function startWitnesses(estate: Estate, vkey: string, count: number): Promise<void> {
  const { control: host } = estate;
  const names = Array.from({ length: count }, (_, at) => `witness-${at + 1}`);
  await Promise.all(
    names.map(async (name) => {
      const words = ["--data", estate.data(name), "--name", name, "--log", vkey];
      const witness = new App({ kind: "witness", host, log: estate.log(name), words });
      const { address } = await witness.start();
      // Where it was met once it is met again.
      const listen = ["--listen", new URL(address!).host];
      witness.keepWords([...words, ...listen]);
      estate.witnesses.push(witness);
    }),
  );
  estate.witnesses.sort((a, b) => (a.log < b.log ? -1 : 1));
}

async function furnish(estate: Estate, { components }: EstateParts): Promise<void> {
  for (const [name, hosts] of Object.entries(components)) {
    const sites = [];
    for (const at of hosts) {
      const { host, disk } = estate.at(at);
      sites.push(new Site({ host, disk, component: name, port: await freePort() }));
    }
    const component = new Component(name, sites);
    estate.components.set(name, component);
    await component.build();
    await estate.register(component.documents());
  }
  await writeFile(join(estate.folder, "estate.json"), estateText(estate));
}

/** What the command line needs to know of an estate. */
function estateText({ url, id }: Estate): string {
  return `${JSON.stringify({ url, estate: id, name: "butler" })}\n`;
}
