/** The estate over HTTP: read off the fold at each request. */
import { randomBytes } from "node:crypto";
import type { OpenAPIHono } from "@hono/zod-openapi";
import {
  type BlindSpot,
  blockingGaps,
  type Coverage,
  copyEstate,
  digestOf,
  type Estate,
  type HostSight,
  isAccepted,
  isRefused,
  parseEntry,
  refused,
} from "@writ/core";
import { findingsBetween, registerBetween } from "@writ/core/finding";
import type { Clock, JournalStore } from "@writ/node";
import { estateRoutes } from "@writ/node/api";
import type { Chronicle } from "../chronicle.ts";
import { draftWrit } from "../drafter.ts";
import type { EstateFold } from "../fold.ts";
import type { History, Past } from "../history.ts";
import { inPortions } from "./portions.ts";
import { serveJson, serveRaw } from "./serve.ts";

export type EstateHandlerParts = {
  readonly fold: EstateFold;
  readonly chronicle: Chronicle;
  readonly history: History;
  readonly store: JournalStore;
  readonly clock: Clock;
};

export function estateHandlers(app: OpenAPIHono, parts: EstateHandlerParts): void {
  const { fold, clock } = parts;
  const started = clock.elapsed();
  serveJson(app, estateRoutes.estateRoute, async () => ({
    ...(await glance(fold, parts.chronicle)),
    uptime: Math.floor(clock.elapsed() - started),
  }));
  serveJson(app, estateRoutes.trustRootRoute, () => {
    const { root, rootIndexes } = fold.estate;
    if (root === undefined) return refused("no-trust-root", "there is no trust root yet");
    return { digest: root.digest, indexes: [...rootIndexes], document: root.document };
  });
  const { history } = parts;
  serveJson(app, estateRoutes.registerRoute, ({ query: { at } }) =>
    at === undefined ? registerOf(fold.estate) : history.at(at, ({ estate }) => registerOf(estate)),
  );
  serveRaw(app, estateRoutes.findingsRoute, async ({ query: { at } }) => {
    const found =
      at === undefined ? await fold.findings() : await history.at(at, ({ findings }) => findings);
    return isRefused(found) ? found : inPortions(found);
  });
  serveRaw(app, estateRoutes.differenceRoute, async ({ query: { from, to } }) => {
    const before = await history.at(from, keptOf);
    if (isRefused(before)) return before;
    const until = to ?? String(fold.estate.size - 1);
    const after = await history.at(until, keptOf);
    if (isRefused(after)) return after;
    return Response.json({
      from: before.moment,
      to: after.moment,
      findings: findingsBetween(before.findings, after.findings),
      register: registerBetween(before, after),
    });
  });
  serveJson(app, estateRoutes.hostsRoute, () => hostsOf(fold.estate));
  serveRaw(app, estateRoutes.censusRoute, ({ params }) => censusOf(parts, params.host));
  serveJson(app, estateRoutes.draftRoute, ({ body }) => {
    const { from, to, ...rest } = body;
    const asked = {
      ...rest,
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    };
    const writ = draftWrit(fold.estate, asked, randomBytes(16));
    if (isRefused(writ)) return writ;
    return { writ: Buffer.from(writ).toString("base64"), digest: digestOf(writ) };
  });
}

/** What is compared of a moment, as a copy: the fold that it came from goes on. */
function keptOf({ estate, findings }: Past) {
  const { size, time } = estate;
  return { moment: { size, time }, findings, register: copyEstate(estate).register };
}

function registerOf({ register }: Estate) {
  const { components, releases, placements, controls, hosts, sayings } = register;
  return {
    components: [...components.values()],
    releases: [...releases.values()],
    placements: [...placements.values()],
    controls: [...controls.values()],
    hosts: [...hosts.values()],
    sayings: Array.from(sayings, ([index, saying]) => ({ index, ...saying })),
  };
}

async function glance(fold: EstateFold, chronicle: Chronicle) {
  const found = await fold.findings();
  const { estate } = fold;
  const { register, root } = estate;
  return {
    estate: estate.id,
    name: root?.document.name,
    root: root && { number: root.document.number, digest: root.digest },
    size: estate.size,
    time: estate.time,
    witnessedSize: estate.lastWitnessed?.size ?? 0,
    counts: {
      components: register.components.size,
      releases: register.releases.size,
      placements: register.placements.size,
      controls: register.controls.size,
      hosts: hostNames(estate).length,
      writs: estate.proceedings.size,
      openWrits: estate.open.size,
      claims: estate.claims.size,
      refusals: estate.refusals.length,
      findings: found.length,
    },
    principals: [...(root?.principals.values() ?? [])].map(({ name, kind, host }) => ({
      name,
      kind,
      host,
      heard: latestOf(estate, chronicle, name),
    })),
  };
}

/** The newest entry of any of a principal's keys. */
function latestOf({ root }: Estate, chronicle: Chronicle, name: string) {
  const moments = [...(root?.keys ?? [])].flatMap(([id, { principal }]) => {
    const heard = principal.name === name ? chronicle.heard(id) : undefined;
    return heard === undefined ? [] : [heard];
  });
  return moments.sort((a, b) => b.index - a.index)[0];
}

function hostNames(estate: Estate): readonly string[] {
  const { placements, controls } = estate.register;
  const names = new Set(estate.sights.keys());
  for (const { document } of placements.values()) names.add(document.host);
  for (const { document } of controls.values()) names.add(document.host);
  return [...names].sort();
}

function hostsOf(estate: Estate) {
  return hostNames(estate).map((host) => {
    const sight = estate.sights.get(host);
    const accepted = estate.register.hosts.get(host)?.document.blindSpots ?? [];
    return {
      host,
      heard: sight && { ...sight.heard },
      census: sight && summaryOf(sight, accepted),
    };
  });
}

function summaryOf({ latest }: HostSight, accepted: readonly BlindSpot[]) {
  if (latest === undefined) return undefined;
  const { census, index, sinceSize } = latest;
  return {
    index,
    sinceSize,
    began: census.began,
    ended: census.ended,
    masses: census.masses.length,
    processes: census.processes.length,
    controls: census.controls.length,
    links: census.links.length,
    coverage: census.coverage.map((ledger) => ({
      ...gapCounts(ledger, accepted),
      vantage: ledger.vantage,
      roots: [...ledger.roots],
      entries: ledger.entries,
      bytes: ledger.bytes,
      gapsTotal: ledger.gapsTotal,
      milliseconds: ledger.milliseconds,
    })),
  };
}

/** Of the gaps that could hide a model: how many block a proof, and how many humans accepted. */
function gapCounts(ledger: Coverage, accepted: readonly BlindSpot[]) {
  const gaps = blockingGaps(ledger);
  const blocking = gaps.filter((gap) => !isAccepted(gap, ledger.vantage, accepted)).length;
  return { blockingGaps: blocking, acceptedGaps: gaps.length - blocking };
}

/** The census as its probe sent it: the blob's own bytes, not written again. */
async function censusOf({ fold, store }: EstateHandlerParts, host: string) {
  const look = fold.estate.sights.get(host)?.latest;
  if (look === undefined) return refused("unknown-reference", `no census of host ${host}`);
  const [stored] = await store.readPage(look.index, look.index + 1);
  const entry = parseEntry(stored!.bytes);
  if (isRefused(entry)) return entry;
  if (entry.body.kind !== "census") return refused("unavailable", "the entry is no census");
  const bytes = await store.getBlob(entry.body.census);
  if (isRefused(bytes)) return bytes;
  return new Response(new Uint8Array(bytes), { headers: { "content-type": "application/json" } });
}
