/**
 * The estate's image: what a fold says, as canonical bytes. A server keeps it beside its journal as
 * a cache; an audit folds the journal again and compares. Two honest folds of the same entries have
 * the same image, so a difference is a store or a server that was tampered with.
 */
import { currentState, type Proceeding } from "../authority/proceeding.ts";
import { encodeCanonical, type Json, type JsonObject } from "../encoding/canonical-json.ts";
import { findings } from "../finding/findings.ts";
import type { Register } from "../register/register.ts";
import type { Estate } from "./estate.ts";

/** Under which name a store keeps the image. */
export const estateImageName = "estate-image-v1";

/** The canonical bytes of what the estate says after `estate.size` entries. */
export function estateImage(estate: Estate): Uint8Array {
  const { root } = estate;
  return encodeCanonical({
    format: estateImageName,
    size: estate.size,
    ...present({ estate: estate.id }),
    ...(root === undefined ? {} : { root: root.digest, number: root.document.number }),
    time: estate.time,
    witnessed: estate.lastWitnessed === undefined ? [] : [{ ...estate.lastWitnessed }],
    heads: sorted(estate.heads, ({ sequence, digest }) => ({ sequence, digest })),
    register: imageOfRegister(estate.register),
    proceedings: sorted(estate.proceedings, imageOfProceeding),
    hosts: sorted(estate.sights, ({ heard, latest }) => ({
      heard: { ...heard },
      ...(latest === undefined ? {} : { census: latest.index, since: latest.sinceSize }),
    })),
    claims: sorted(estate.claims, ({ index }) => ({ index })),
    refusals: estate.refusals.length,
    findings: findings(estate).map(({ rule, severity, host, where, since }) => ({
      rule,
      severity,
      host,
      where,
      since: { ...since },
    })),
  });
}

function imageOfRegister(register: Register): Json {
  const said = ({ document, index }: { readonly document: unknown; readonly index: number }) => ({
    document: document as JsonObject,
    index,
  });
  return {
    components: sorted(register.components, said),
    releases: sorted(register.releases, (release) => ({
      ...said(release),
      lifecycle: release.lifecycle,
      lifecycleSince: release.lifecycleSince,
    })),
    placements: sorted(register.placements, said),
    controls: sorted(register.controls, said),
    hosts: sorted(register.hosts, said),
  };
}

function imageOfProceeding(proceeding: Proceeding): JsonObject {
  const { refusal, quorumIndex, fenceIndex, executedIndex, fulfilled } = proceeding;
  const { certificateIndex, revokedIndex, verdict } = proceeding;
  return {
    state: currentState(proceeding),
    course: proceeding.course.map(({ state, index }) => ({ state, index })),
    approvals: sorted(proceeding.approvals, ({ key, custody, index }) => ({ key, custody, index })),
    steps: Array.from(proceeding.steps, ([step, { phase, index }]) => ({ step, phase, index })),
    ...(refusal === undefined ? {} : { refusal: { ...refusal } }),
    ...(fulfilled === undefined ? {} : { fulfilled: fulfilled.index, time: fulfilled.time }),
    ...present({ quorumIndex, fenceIndex, executedIndex, certificateIndex, revokedIndex }),
    ...(verdict === undefined
      ? {}
      : {
          covered: verdict.covered.map(({ host, index }) => ({ host, index })),
          uncovered: verdict.uncovered.map(({ host, why }) => ({ host, why })),
          contradictions: verdict.contradictions.map(({ what, host, where, since, index }) => ({
            what,
            host,
            where,
            since,
            index,
          })),
        }),
  };
}

/** The members that are there. */
function present(members: { readonly [name: string]: Json | undefined }): JsonObject {
  return Object.fromEntries(
    Object.entries(members).filter((member): member is [string, Json] => member[1] !== undefined),
  );
}

/** A map as a list, in the order of its keys: the order of a fold's insertions says nothing. */
function sorted<K extends string, V>(
  map: ReadonlyMap<K, V>,
  image: (value: V) => JsonObject,
): readonly Json[] {
  return [...map.keys()].sort().map((key) => [key, image(map.get(key)!)]);
}
