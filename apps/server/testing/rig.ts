/**
 * A real server and real witnesses for tests, each its own process with its own keys, and a client
 * that signs for every principal of a small estate.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import {
  type Digest,
  type EntryBody,
  encodeStatement,
  formatVerifierKey,
  fromBase64,
  isRefused,
  noteKeyTypes,
  parseEntry,
  type RefusalCode,
  type TrustRootDocument,
  trustRoot,
  verifierKey,
} from "@writ/core";
import { type Api, openApi } from "@writ/node/api";
import { signEntry, testKey, testRootDocument } from "../../../packages/core/testing/estate-kit.ts";

const serverMain = fileURLToPath(new URL("../main.ts", import.meta.url));
const witnessMain = fileURLToPath(new URL("../../witness/main.ts", import.meta.url));
export const origin = "writ.test/journal";

type Running = {
  readonly child: ChildProcess;
  readonly ready: { readonly address: string; readonly vkey?: string };
  readonly log: string[];
};

/** Starts a process and waits for its ready line. */
function start(args: readonly string[]): Promise<Running> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log: string[] = [];
  createInterface(child.stderr!).on("line", (line) => log.push(line));
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`exit ${code}:\n${log.join("\n")}`)));
    createInterface(child.stdout!).once("line", (line) => {
      resolve({ child, ready: JSON.parse(line), log });
    });
  });
}

function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return Promise.resolve(child.exitCode);
  }
  return new Promise((resolve) => child.once("exit", (code) => resolve(code)));
}

async function init(folder: string): Promise<{ checkpointKey: Key; serverKey: Key }> {
  const child = spawn(process.execPath, [serverMain, "init", "--data", folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  for await (const part of child.stdout!) text += part;
  return JSON.parse(text);
}

type Key = { readonly type: "ed25519"; readonly public: string };

export type RigOptions = {
  readonly witnesses: number;
  readonly threshold: number;
  /** Where the journal is kept; absent: SQLite in the server's folder. */
  readonly store?: string;
};

type Arguments = {
  readonly folder: string;
  readonly witnesses: readonly Running[];
  readonly port: string;
  readonly store: string;
};

export class Rig {
  readonly folder: string;
  readonly document: TrustRootDocument;
  readonly witnesses: Running[];
  readonly estate: Digest;
  server: Running;
  api: Api;
  #port: string;
  readonly #store: string;
  readonly #heads = new Map<string, { sequence: number; previous?: Digest }>();

  private constructor(parts: {
    folder: string;
    document: TrustRootDocument;
    witnesses: Running[];
    server: Running;
    store: string;
  }) {
    this.#store = parts.store;
    this.folder = parts.folder;
    this.document = parts.document;
    this.witnesses = parts.witnesses;
    this.server = parts.server;
    this.api = openApi(parts.server.ready.address);
    this.#port = new URL(parts.server.ready.address).port;
    const checked = trustRoot(parts.document);
    if (isRefused(checked)) throw new Error(checked.detail);
    this.estate = checked.digest;
  }

  static async open({ witnesses: count, threshold, store = "sqlite" }: RigOptions): Promise<Rig> {
    const folder = await mkdtemp(join(tmpdir(), "writ-server-"));
    const keys = await init(join(folder, "server"));
    const log = verifierKey(origin, noteKeyTypes.ed25519, fromBase64(keys.checkpointKey.public)!);
    if (isRefused(log)) throw new Error(log.detail);
    const witnesses = await Promise.all(
      Array.from({ length: count }, (_, i) =>
        start([
          witnessMain,
          "--data",
          join(folder, `witness-${i + 1}`),
          "--log",
          formatVerifierKey(log),
          "--name",
          `witness-${i + 1}`,
        ]),
      ),
    );
    const { type, public: checkpointKey } = keys.checkpointKey;
    const base = testRootDocument();
    const document = testRootDocument({
      principals: [
        ...base.principals.filter(({ kind }) => kind !== "witness" && kind !== "journal"),
        ...witnesses.map(({ ready }, i) => ({
          name: `witness-${i + 1}`,
          kind: "witness" as const,
          keys: [{ type: "ed25519" as const, public: keyOf(ready.vkey!) }],
        })),
        {
          name: "journal",
          kind: "journal",
          keys: [{ type: "ed25519", public: keys.serverKey.public }],
        },
      ],
      witnessThreshold: threshold,
      journal: { origin, key: { type, public: checkpointKey } },
    });
    const server = await start(Rig.#arguments({ folder, witnesses, port: "0", store }));
    return new Rig({ folder, document, witnesses, server, store });
  }

  static #arguments({ folder, witnesses, port, store }: Arguments): string[] {
    return [
      serverMain,
      "run",
      "--data",
      join(folder, "server"),
      "--listen",
      `127.0.0.1:${port}`,
      "--store",
      store,
      ...witnesses.flatMap(({ ready }) => ["--witness", ready.address]),
    ];
  }

  get url(): string {
    return this.server.ready.address;
  }

  /** The bytes that a principal would sign next. */
  entryBytes(
    speaker: string,
    body: EntryBody,
    changes: {
      readonly estate?: Digest;
      readonly sequence?: number;
      readonly previous?: Digest;
    } = {},
  ): Uint8Array {
    const head = this.#heads.get(speaker) ?? { sequence: 0 };
    const { estate, ...chain } = changes;
    const payload = encodeStatement({
      version: 1,
      estate: estate ?? this.estate,
      at: new Date().toISOString(),
      chain: { ...head, ...chain },
      body,
    });
    return signEntry(payload, [testKey(speaker)]);
  }

  /** Says something that must be admitted; gives its index. */
  async say(speaker: string, body: EntryBody, blobs: readonly Uint8Array[] = []): Promise<number> {
    const bytes = this.entryBytes(speaker, body);
    const result = await this.api.submit(bytes, blobs);
    if (isRefused(result)) throw new Error(`${body.kind}: ${result.refused}: ${result.detail}`);
    this.advance(speaker, bytes);
    return result.index;
  }

  /** Says something that must be refused; gives the code. */
  async refuses(
    speaker: string,
    body: EntryBody,
    blobs: readonly Uint8Array[] = [],
  ): Promise<RefusalCode | "admitted"> {
    const result = await this.api.submit(this.entryBytes(speaker, body), blobs);
    return isRefused(result) ? result.refused : "admitted";
  }

  /** Notes that an entry of a speaker stands in the journal. */
  advance(speaker: string, bytes: Uint8Array): void {
    const entry = parseEntry(bytes);
    if (isRefused(entry)) throw new Error(entry.detail);
    const sequence = (this.#heads.get(speaker)?.sequence ?? 0) + 1;
    this.#heads.set(speaker, { sequence, previous: entry.digest });
  }

  /** A trust root's entry, signed by ada and ben; without `estate` it founds one. */
  rootBytes(document: TrustRootDocument = this.document, estate?: Digest): Uint8Array {
    const checked = trustRoot(document);
    const payload = encodeStatement({
      version: 1,
      estate: estate ?? (isRefused(checked) ? this.estate : checked.digest),
      at: new Date().toISOString(),
      body: { kind: "root", root: document },
    });
    return signEntry(payload, [testKey("ada"), testKey("ben")]);
  }

  async found(): Promise<void> {
    const result = await this.api.submit(this.rootBytes());
    if (isRefused(result)) throw new Error(`${result.refused}: ${result.detail}`);
  }

  /** Waits until the journal's state is witnessed beyond this index; gives the milliseconds. */
  async witnessed(index: number): Promise<number> {
    const began = performance.now();
    for (;;) {
      const seen = await this.api.witnessed();
      if (!isRefused(seen) && seen.size > index) return performance.now() - began;
      if (performance.now() - began > 20_000) {
        throw new Error(`entry ${index} is not witnessed\n${this.server.log.join("\n")}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Ends the server by a signal and starts it again, on the same port and folder. */
  async restart(signal: "SIGKILL" | "SIGTERM"): Promise<number | null> {
    const code = await this.end(signal);
    await this.startServer();
    return code;
  }

  async end(signal: "SIGKILL" | "SIGTERM"): Promise<number | null> {
    this.server.child.kill(signal);
    return ended(this.server.child);
  }

  async startServer(): Promise<void> {
    this.server = await this.#start(this.#port);
  }

  #start(port: string): Promise<Running> {
    const { folder, witnesses } = this;
    return start(Rig.#arguments({ folder, witnesses, port, store: this.#store }));
  }

  /** Starts a second node of the same server, with the same keys, on the same store. */
  async startSecond(): Promise<{ readonly api: Api; readonly stop: () => Promise<unknown> }> {
    const { child, ready } = await this.#start("0");
    const stop = () => {
      child.kill("SIGTERM");
      return ended(child);
    };
    return { api: openApi(ready.address), stop };
  }

  async close(): Promise<void> {
    const children = [this.server.child, ...this.witnesses.map(({ child }) => child)];
    for (const child of children) {
      child.kill("SIGCONT");
      child.kill("SIGTERM");
    }
    await Promise.all(children.map(ended));
    await rm(this.folder, { recursive: true, force: true });
  }
}

function keyOf(vkey: string): string {
  const bytes = Buffer.from(vkey.split("+").slice(2).join("+"), "base64");
  return bytes.subarray(1).toString("base64");
}
