/**
 * `node bench/reconcile/main.ts [--hosts 100] [--placements 100000] [--artefacts 200000]
 * [--rounds 200] [--json]`: how long one changed observation takes to become a change of the
 * findings, in an estate of so many placements, and how long the list takes to be told. It is the
 * fold and the findings alone: signatures, admission and the store are measured elsewhere.
 */
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import {
  type Admitted,
  type Census,
  type Digest,
  digestOf,
  emptyEstate,
  evolve,
  type RegisterDocument,
} from "@writ/core";
import { emptyReconciliation, reconcile, touch } from "@writ/core/finding";
import { censusOf, mass } from "../../packages/core/testing/chatbot.ts";

const { values: flags } = parseArgs({
  options: {
    hosts: { type: "string", default: "100" },
    placements: { type: "string", default: "100000" },
    artefacts: { type: "string", default: "200000" },
    rounds: { type: "string", default: "200" },
    json: { type: "boolean", default: false },
  },
});
const hosts = Number(flags.hosts);
const placedPerHost = Math.ceil(Number(flags.placements) / hosts);
const seenPerHost = Math.ceil(Number(flags.artefacts) / hosts);
const rounds = Number(flags.rounds);

/** Releases there are: each lies on many hosts, as in a fleet. */
const releases = 1000;
const documentsPerEntry = 500;
/** Of the artefacts that the register places nowhere, one in so many is a finding. */
const strayPer = 1000;

const digests = Array.from({ length: releases }, (_, at) => named(`release ${at}`));
const estate = emptyEstate();
const kept = emptyReconciliation();

function named(text: string): Digest {
  return digestOf(new TextEncoder().encode(text));
}

/** An entry as admission would hand it on: what the fold reads of one, and no signatures. */
function take(opened: "plain" | "census", body: object, more: object = {}): void {
  const signer = { principal: { name: "ada" }, key: {} };
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setUint32(0, estate.size);
  const statement = { at: "2026-11-25T00:00:00.000Z" };
  const entry = { body, bytes, statement, envelope: { signatures: [] } };
  const admitted = { opened, entry, signer, ...more } as unknown as Admitted;
  evolve(estate, admitted);
  touch(kept, admitted.entry.body);
}

function register(set: readonly RegisterDocument[]): void {
  for (let at = 0; at < set.length; at += documentsPerEntry) {
    const part = set.slice(at, at + documentsPerEntry);
    take("plain", { kind: "register", set: part, remove: [] });
  }
}

function placement(host: number, at: number): RegisterDocument {
  const release = `r${(host * 7 + at) % releases}`;
  const [name, path] = [`h${host}`, `/srv/models/${at}/model.gguf`];
  const where = { placement: `${name}-${at}`, host: name, path };
  return { document: "file", ...where, component: "fleet", release, artefact: "model.gguf" };
}

function census(host: number, changed: number): Census {
  const files = Array.from({ length: seenPerHost }, (_, at) => {
    if (at < placedPerHost) {
      const own = digests[(host * 7 + at) % releases]!;
      const digest = at === 0 && changed > 0 ? named(`changed ${changed}`) : own;
      return mass(`/srv/models/${at}/model.gguf`, digest);
    }
    const kind = at % strayPer === 0 ? "model" : "plain";
    return mass(`/srv/data/${at}/file`, digests[at % releases]!, {
      digest: named(`other ${at}`),
      kind,
    });
  });
  return { ...censusOf(`h${host}`, { runs: "nothing" }), masses: files, links: [], controls: [] };
}

function look(host: number, changed: number): void {
  const seen = census(host, changed);
  const began = performance.now();
  const since = { size: estate.size, root: "" };
  take("census", { kind: "census", host: `h${host}`, since }, { census: seen });
  reconcile(kept, estate);
  changes.push(performance.now() - began);
}

const changes: number[] = [];
register([
  { document: "component", component: "fleet", kind: "model", owner: "fleet team" },
  ...digests.map((digest, at): RegisterDocument => {
    const artefacts = [{ name: "model.gguf", digest, size: 8_000_000 }];
    const release = `r${at}`;
    return { document: "release", component: "fleet", release, artefacts, lifecycle: "active" };
  }),
]);
for (let host = 0; host < hosts; host += 1) {
  register(Array.from({ length: placedPerHost }, (_, at) => placement(host, at)));
}
for (let host = 0; host < hosts; host += 1) {
  const since = { size: estate.size, root: "" };
  take("census", { kind: "census", host: `h${host}`, since }, { census: census(host, 0) });
}
const began = performance.now();
const first = reconcile(kept, estate);
const whole = performance.now() - began;
for (let round = 1; round <= rounds; round += 1) look((round * 37) % hosts, round);
const lists = Array.from({ length: rounds }, () => {
  const start = performance.now();
  JSON.stringify(reconcile(kept, estate).slice(0, 100));
  return performance.now() - start;
});

function quantile(milliseconds: readonly number[], q: number): number {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  return Number((sorted[Math.ceil(sorted.length * q) - 1] ?? 0).toFixed(1));
}

const result = {
  hosts,
  placements: estate.register.placements.size,
  artefacts: hosts * seenPerHost,
  findings: first.length,
  wholeMilliseconds: Math.round(whole),
  changed: { p50: quantile(changes, 0.5), p95: quantile(changes, 0.95), max: quantile(changes, 1) },
  list: { p50: quantile(lists, 0.5), p95: quantile(lists, 0.95), max: quantile(lists, 1) },
  residentMegabytes: Math.round(process.memoryUsage().rss / 1e6),
  load: loadavg()[0],
};
process.stdout.write(`${JSON.stringify(result, null, flags.json ? 0 : 1)}\n`);
