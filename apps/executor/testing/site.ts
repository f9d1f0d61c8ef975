/**
 * A site for tests of the executor: a journal over HTTP with real keys and admission, and a host
 * that is real as well: a folder with a release link, a config line, weights, and a service.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Digest,
  digestOf,
  keyIdOf,
  type RegisterDocument,
  type StepPhase,
  toBase64,
} from "@writ/core";
import { createKeyFile } from "@writ/node";
import { EstateKit, testRootDocument } from "../../../packages/core/testing/estate-kit.ts";
import { freshFolder } from "../../../packages/node/testing/folder.ts";
import {
  type JournalServer,
  startJournalServer,
} from "../../../packages/node/testing/journal-server.ts";
import { allProcesses, folderOf, signal } from "../drivers/process-table.ts";

export type Site = {
  readonly kit: EstateKit;
  readonly server: JournalServer;
  /** The host's folder: `current`, `chatbot.env`, `4.2/model.gguf`, `3.8/model.gguf`, `serve`. */
  readonly host: string;
  /** The executor's own folder, with its key. */
  readonly data: string;
  readonly pin: Digest;
  link(): string;
  configured(): string;
  /** How often the service was started, by its own log. */
  starts(): number;
  pids(): number[];
  /** Proposes and approves a rollback, and has it witnessed: the executor may begin. */
  order(): Promise<Digest>;
  /** What the journal says of a step. */
  phase(writ: Digest, step: number): StepPhase | undefined;
  /** Every phase that was said of a step, in order. */
  said(writ: Digest, step: number): string[];
  close(): Promise<void>;
};

const weights = { "4.2": Buffer.from("weights of 4.2"), "3.8": Buffer.from("weights of 3.8") };

/** Builds a site. `kit` may be a lax one, for a server that lies. */
export async function openSite(kit = new EstateKit()): Promise<Site> {
  const server = await startJournalServer(kit);
  server.eager = true;
  const data = freshFolder();
  const host = freshFolder();
  const key = await createKeyFile(join(data, "executor.key"));
  const document = testRootDocument();
  const own = [{ type: "ed25519" as const, public: toBase64(key.publicKey) }];
  const principals = document.principals.map((principal) =>
    principal.name === "executor-h1" ? { ...principal, keys: own } : principal,
  );
  kit.found({ ...document, principals });
  furnish(host);
  kit.register(...registerOf(host));
  await server.witnessed();
  const keyId = keyIdOf("ed25519", key.publicKey);
  const running = () => allProcesses().filter((seen) => folderOf(seen)?.toString() === host);
  return {
    kit,
    server,
    host,
    data,
    pin: kit.estate.id!,
    link: () => readlinkSync(join(host, "current")),
    configured: () => readFileSync(join(host, "chatbot.env"), "utf8"),
    starts: () => lines(join(host, "service.log")).filter((line) => line === "up").length,
    pids: () => running().map(({ pid }) => pid),
    order: async () => {
      const writ = kit.propose({
        action: "rollback",
        component: "chatbot",
        from: "4.2",
        to: "3.8",
      });
      kit.decide("ben", writ);
      kit.decide("cleo", writ);
      await server.witnessed();
      assert.equal(kit.state(writ), "armed");
      return writ;
    },
    phase: (writ, step) => kit.estate.proceedings.get(writ)?.steps.get(step)?.phase,
    said: (writ, step) =>
      kit.entries.flatMap((bytes) => {
        const envelope = JSON.parse(Buffer.from(bytes).toString("utf8"));
        const { body } = JSON.parse(Buffer.from(envelope.payload, "base64").toString("utf8"));
        const ours = body.kind === "execution" && body.writ === writ && body.step === step;
        return ours && envelope.signatures[0].keyid === keyId ? [body.phase as string] : [];
      }),
    close: async () => {
      for (const seen of running()) signal(seen, "SIGKILL");
      await server.close();
    },
  };
}

/** Steps of a rollback at this site, in the plan's order. */
export const rollbackSteps = { config: 0, link: 1, service: 2 } as const;

function furnish(host: string): void {
  for (const [release, bytes] of Object.entries(weights)) {
    mkdirSync(join(host, release));
    writeFileSync(join(host, release, "model.gguf"), bytes);
  }
  symlinkSync("4.2", join(host, "current"));
  writeFileSync(join(host, "chatbot.env"), "PORT=8080\nRELEASE=4.2 # in force\n");
  // It waits in the shell itself, on a pipe that nobody writes to: one process, no children.
  execFileSync("mkfifo", [join(host, "hold")]);
  writeFileSync(join(host, "serve"), "#!/bin/sh\necho up\nread -r _ < hold\n", { mode: 0o755 });
}

function registerOf(host: string): RegisterDocument[] {
  const release = (name: "4.2" | "3.8"): RegisterDocument => ({
    document: "release",
    component: "chatbot",
    release: name,
    artefacts: [
      { name: "model.gguf", digest: digestOf(weights[name]), size: weights[name].length },
    ],
    lifecycle: name === "4.2" ? "active" : "approved",
  });
  const place = { host: "h1", component: "chatbot", release: "4.2" };
  const targets = [
    { release: "4.2", target: "4.2" },
    { release: "3.8", target: "3.8" },
  ];
  return [
    { document: "component", component: "chatbot", kind: "model", owner: "support team" },
    release("4.2"),
    release("3.8"),
    {
      document: "link",
      placement: "h1-config",
      ...place,
      path: join(host, "chatbot.env"),
      line: { format: "env", key: "RELEASE" },
      targets,
    },
    { document: "link", placement: "h1-current", ...place, path: join(host, "current"), targets },
    {
      document: "service",
      placement: "h1-server",
      ...place,
      service: {
        manager: "process",
        command: [join(host, "serve")],
        directory: host,
        pidFile: join(host, "service.pid"),
        logFile: join(host, "service.log"),
        stopSeconds: 1,
      },
      ports: [],
    },
    {
      document: "file",
      placement: "h1-file-4.2",
      ...place,
      path: join(host, "4.2", "model.gguf"),
      artefact: "model.gguf",
    },
  ];
}

function lines(path: string): string[] {
  try {
    return readFileSync(path, "utf8").split("\n");
  } catch {
    return [];
  }
}
