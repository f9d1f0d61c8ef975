/** The example that stories are told with: a chatbot of two releases on two hosts. */

import { type Digest, digestOf } from "../encoding/digest.ts";
import type { RegisterDocument } from "../register/document.ts";
import type {
  Census,
  Coverage,
  Hold,
  Mass,
  SeenControl,
  SeenEndpoint,
  SeenProcess,
} from "../sight/census.ts";
import { testInstant } from "./estate-kit.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
export const newWeights: Digest = digestOf(bytesOf("weights of 4.2"));
export const oldWeights: Digest = digestOf(bytesOf("weights of 3.8"));
export const strangeWeights: Digest = digestOf(bytesOf("weights of nobody"));
export const weightsSize = 8_000_000;

export const component: RegisterDocument = {
  document: "component",
  component: "chatbot",
  kind: "model",
  owner: "support team",
};

export function release(
  name: string,
  digest: Digest,
  lifecycle: "active" | "approved",
): RegisterDocument {
  return {
    document: "release",
    component: "chatbot",
    release: name,
    artefacts: [{ name: "model.gguf", digest, size: weightsSize }],
    lifecycle,
  };
}

export function placements(host: string): readonly RegisterDocument[] {
  const file = (name: string): RegisterDocument => ({
    document: "file",
    placement: `${host}-file-${name}`,
    host,
    path: `/srv/chatbot/${name}/model.gguf`,
    component: "chatbot",
    release: name,
    artefact: "model.gguf",
  });
  return [
    file("4.2"),
    file("3.8"),
    {
      document: "link",
      placement: `${host}-current`,
      host,
      path: "/srv/chatbot/current",
      component: "chatbot",
      release: "4.2",
      targets: [
        { release: "4.2", target: "4.2" },
        { release: "3.8", target: "3.8" },
      ],
    },
    {
      document: "service",
      placement: `${host}-server`,
      host,
      component: "chatbot",
      release: "4.2",
      service: {
        manager: "process",
        command: ["/usr/bin/serve", "--model", "/srv/chatbot/current/model.gguf"],
        directory: "/srv/chatbot",
        pidFile: "/run/chatbot.pid",
        logFile: "/var/log/chatbot.log",
        stopSeconds: 10,
      },
      ports: [8080],
      serves: [
        { release: "4.2", name: "chatbot-4.2" },
        { release: "3.8", name: "chatbot-3.8" },
      ],
    },
    {
      document: "control",
      control: `${host}-shutdown`,
      host,
      component: "chatbot",
      reading: { path: "/srv/chatbot/control.json", format: "json", key: "shutdown_enabled" },
      expected: "true",
    },
  ];
}

/** The whole register: both releases, everything on the given hosts. */
export function chatbotRegister(...hosts: readonly string[]): readonly RegisterDocument[] {
  return [
    component,
    release("4.2", newWeights, "active"),
    release("3.8", oldWeights, "approved"),
    ...hosts.flatMap(placements),
  ];
}

/** What may be unusual about a look at a host; the rest is as the register says. */
export type Look = {
  /** Which release the link leads to and the service runs. */
  readonly runs?: "4.2" | "3.8" | "nothing";
  readonly link?: string;
  readonly control?: Partial<SeenControl>;
  readonly files?: readonly Mass[];
  readonly without?: readonly string[];
  readonly processes?: readonly SeenProcess[];
  readonly coverage?: readonly Coverage[];
  readonly endpoints?: readonly SeenEndpoint[];
  readonly boot?: string;
};

const when = new Date(testInstant).toISOString();

export function mass(path: string, digest: Digest, changes: Partial<Mass> = {}): Mass {
  return {
    names: [path],
    inode: { device: "1", inode: path },
    size: weightsSize,
    digest,
    container: "gguf",
    modified: when,
    changed: when,
    owner: 0,
    ...changes,
  };
}

export function holder(
  pid: number,
  digest: Digest,
  { hold, ...changes }: Partial<SeenProcess> & { readonly hold?: Partial<Hold> } = {},
): SeenProcess {
  return {
    pid,
    started: pid * 100,
    command: ["/usr/bin/serve", "--model", "/srv/chatbot/current/model.gguf"],
    user: 0,
    listens: [8080],
    resident: 10_000_000,
    holds: [
      {
        how: "mapped",
        path: "/srv/chatbot/4.2/model.gguf",
        deleted: false,
        inode: { device: "1", inode: "held" },
        size: weightsSize,
        digest,
        container: "gguf",
        ...hold,
      },
    ],
    ...changes,
  };
}

export function coverageOf(roots: readonly string[] = ["/srv"]): readonly Coverage[] {
  const ledger = { entries: 10, bytes: 100, gaps: [], gapsTotal: 0, milliseconds: 5 };
  return [
    { vantage: "files", roots, ...ledger },
    { vantage: "processes", roots: [], ...ledger },
    { vantage: "controls", roots: [], ...ledger },
  ];
}

/** A census of a host where all is as registered, but for what the look says. */
export function censusOf(host: string, look: Look = {}): Census {
  const runs = look.runs ?? "4.2";
  const without = new Set(look.without);
  const masses = [
    mass("/srv/chatbot/4.2/model.gguf", newWeights),
    mass("/srv/chatbot/3.8/model.gguf", oldWeights),
  ].filter(({ names }) => !without.has(names[0]!));
  const serving = runs === "nothing" ? [] : [holder(77, runs === "4.2" ? newWeights : oldWeights)];
  return {
    version: 1,
    host,
    boot: look.boot ?? "boot-1",
    began: when,
    ended: when,
    masses: [...masses, ...(look.files ?? [])],
    processes: [...serving, ...(look.processes ?? [])],
    links: [
      {
        path: "/srv/chatbot/current",
        target: look.link ?? (runs === "nothing" ? "4.2" : runs),
      },
    ],
    controls: [{ control: `${host}-shutdown`, state: "present", value: "true", ...look.control }],
    ...(look.endpoints === undefined ? {} : { endpoints: look.endpoints }),
    coverage: look.coverage ?? coverageOf(),
  };
}

/** An endpoint that says it serves this name, on a port of a process of this census. */
export function speaker(name: string, { pid = 77, port = 8080 } = {}): SeenEndpoint {
  const url = `http://127.0.0.1:${port}/`;
  return { url, port, by: [{ pid, started: pid * 100 }], apis: ["openai"], says: [{ name }] };
}
