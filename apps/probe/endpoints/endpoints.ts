/**
 * The `endpoints` vantage: what on this host, or at a URL that the probe was told of, speaks a
 * model API, and what it says it serves. Reading only, by short GETs. What it says is its own
 * claim, told with the processes that listen there, so that their bytes can be held against it.
 */
import type { SeenEndpoint, SeenProcess } from "@writ/core";
import { gapOf, type Ledger } from "../coverage.ts";
import { type Listener, parseListening, readProc, readProcLink } from "../processes/proc.ts";
import { joined, membersIn, questions, type Word } from "./model-api.ts";
import { getShortly } from "./short-get.ts";

/** Asked at a time: enough that slow ones do not add up, few enough not to be felt. */
const askedAtOnce = 8;
/**
 * What spoke no model API is not asked again for so long: it may be a database, and keeps a log.
 */
const forgetMilliseconds = 600_000;
/** Listeners asked in one look; a host with more gets a gap. */
const listenersMax = 4096;

/**
 * When each listener is to be asked again: what spoke no model API, not so soon. What did speak one
 * is kept with {@link always}: silence for once does not make it forgotten.
 */
export type EndpointMemory = Map<string, number>;
const always = 0;

export type EndpointsParts = {
  readonly proc: string;
  readonly processes: readonly SeenProcess[];
  /** Besides the listeners of this host. */
  readonly urls: readonly URL[];
  readonly memory: EndpointMemory;
  readonly now: () => number;
  readonly ledger: Ledger;
  readonly onProgress: (place: string) => void;
};

type Asked = {
  readonly url: URL;
  readonly port: number | undefined;
  readonly by: SeenEndpoint["by"];
  /** Names this listener until its process ends. */
  readonly key: string;
};

/** Asks everything that listens, and every URL told. */
export async function lookAtEndpoints(parts: EndpointsParts): Promise<SeenEndpoint[]> {
  const { ledger, memory, now } = parts;
  const here = listenersAsked(parts);
  const known = new Set(here.map(({ url }) => url.href));
  const all = [...here, ...parts.urls.map(told).filter(({ url }) => !known.has(url.href))];
  const due = all.filter(({ key }) => now() >= (memory.get(key) ?? always));
  ledger.entries += all.length;
  const keys = new Set(all.map(({ key }) => key));
  for (const key of memory.keys()) if (!keys.has(key)) memory.delete(key);
  const seen: SeenEndpoint[] = [];
  const next = due[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (const asked of next) {
      parts.onProgress(asked.url.href);
      const word = await ask(parts, asked);
      if (word === undefined) continue;
      const { url, port, by } = asked;
      const where = port === undefined ? {} : { port };
      seen.push({ url: url.href.slice(0, 2048), ...where, by, ...word });
    }
  };
  await Promise.all(Array.from({ length: askedAtOnce }, worker));
  return seen.sort((a, b) => (a.url < b.url ? -1 : a.url > b.url ? 1 : 0));
}

async function ask(parts: EndpointsParts, asked: Asked): Promise<Word | undefined> {
  const { ledger } = parts;
  const words: Word[] = [];
  for (const question of questions) {
    const answer = await getShortly(new URL(question.path, asked.url));
    if (answer.is !== "answer") {
      // One that keeps silent in the middle was heard before: that is told.
      if (words.length > 0) break;
      if (asked.port === undefined) ledger.gap(asked.url.href, "unreadable");
      else noteSilence(parts, asked);
      return undefined;
    }
    ledger.bytes += answer.body.length;
    const members = answer.status === 200 ? membersIn(answer.body) : undefined;
    const word = members === undefined ? undefined : question.read(members);
    if (word !== undefined) words.push(word);
  }
  if (asked.port !== undefined) {
    parts.memory.set(asked.key, words.length > 0 ? always : parts.now() + forgetMilliseconds);
  }
  return words.length > 0 ? joined(words) : undefined;
}

/** A model server under load keeps silent for a moment, and is no database for that. */
function noteSilence({ memory, now, ledger }: EndpointsParts, { key, url }: Asked): void {
  if (memory.get(key) === always) ledger.gap(url.href, "vanished-while-read");
  else memory.set(key, now() + forgetMilliseconds);
}

function told(url: URL): Asked {
  const folder = new URL(url.href.endsWith("/") ? url.href : `${url.href}/`);
  return { url: folder, port: undefined, by: [], key: folder.href };
}

function listenersAsked(parts: EndpointsParts): readonly Asked[] {
  const { proc, processes, ledger } = parts;
  const here = readProcLink(`${proc}/self/ns/net`);
  const byPort = new Map<number, { pid: number; started: number }[]>();
  for (const { pid, started, listens } of processes) {
    if (listens.length === 0) continue;
    if (readProcLink(`${proc}/${pid}/ns/net`) !== here) {
      // Its ports are in a network of its own, which is not entered from here.
      ledger.gap(`${proc}/${pid}/ns/net`, "not-supported");
      continue;
    }
    for (const port of listens) byPort.set(port, [...(byPort.get(port) ?? []), { pid, started }]);
  }
  const asked = new Map<string, Asked>();
  for (const { address, port } of listenersHere(parts)) {
    const url = new URL(`http://${reachable(address)}:${port}/`);
    if (asked.size >= listenersMax) {
      ledger.gap(url.href, "limit");
      continue;
    }
    const by = (byPort.get(port) ?? []).slice(0, 64);
    const key = `${url.href} ${by.map(({ pid, started }) => `${pid}.${started}`).join()}`;
    asked.set(url.href, { url, port, by, key });
  }
  return [...asked.values()];
}

function listenersHere({ proc, ledger }: EndpointsParts): readonly Listener[] {
  return ["tcp", "tcp6"].flatMap((table) => {
    try {
      return parseListening(readProc(`${proc}/self/net/${table}`));
    } catch (error) {
      // A host without IPv6 has no tcp6.
      const why = gapOf(error);
      if (why !== "vanished-while-read") ledger.gap(`${proc}/self/net/${table}`, why);
      return [];
    }
  });
}

/** The address to ask of one that may stand for all addresses. */
function reachable(address: string): string {
  if (address === "0.0.0.0") return "127.0.0.1";
  if (address === "[::]") return "[::1]";
  return address;
}
