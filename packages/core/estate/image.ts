/**
 * The estate's image: what a fold says, as canonical bytes. A server keeps it beside its journal as
 * a cache; an audit folds the journal again and compares. Two honest folds of the same entries have
 * the same image, so a difference is a store or a server that was tampered with.
 */
import { currentState, type Proceeding } from "../authority/proceeding.ts";
import { concatBytes, toUtf8 } from "../encoding/bytes.ts";
import { encodeCanonical, type Json, type JsonObject } from "../encoding/canonical-json.ts";
import { type Pause, pause } from "../finding/finding.ts";
import { findingsInSteps } from "../finding/findings.ts";
import type { Register } from "../register/register.ts";
import type { Estate } from "./estate.ts";

/** Under which name a store keeps the image. */
export const estateImageName = "estate-image-v1";

/** The canonical bytes of what the estate says after `estate.size` entries. */
export function estateImage(estate: Estate): Uint8Array {
  const steps = estateImageInSteps(estate);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Findings written between two pauses. */
const rowsPerPause = 500;

/**
 * The same in steps of a few milliseconds, so that a server can answer others between them. The
 * estate must not be folded on meanwhile: whoever does that works on a copy of it.
 */
export function* estateImageInSteps(estate: Estate): Generator<Pause, Uint8Array> {
  const rows = (yield* findingsInSteps(estate)).map(({ rule, severity, host, where, since }) => ({
    ...{ rule, severity, host, where },
    since: { ...since },
  }));
  const parts: Uint8Array[] = [];
  for (let at = 0; at < rows.length; at += rowsPerPause) {
    yield pause;
    if (at > 0) parts.push(toUtf8(","));
    // Without its brackets: the list is one, however many parts it is written in.
    parts.push(encodeCanonical(rows.slice(at, at + rowsPerPause)).subarray(1, -1));
  }
  yield pause;
  const { before, after } = imageAround(estate);
  return concatBytes(
    ...[encodeCanonical(before).subarray(0, -1), toUtf8(',"findings":[')],
    ...parts,
    ...[toUtf8("],"), encodeCanonical(after).subarray(1)],
  );
}

/** The image's members that come before and after the findings, as canonical JSON sorts them. */
function imageAround(estate: Estate): { readonly before: Json; readonly after: Json } {
  const { root } = estate;
  return {
    before: {
      claims: sorted(estate.claims, ({ index }) => ({ index })),
      ...present({ estate: estate.id }),
    },
    after: {
      format: estateImageName,
      size: estate.size,
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
      refusals: estate.refusals.length,
      ...(estate.dispositions.size === 0
        ? {}
        : {
            dispositions: sorted(estate.dispositions, ({ accepted, owner }) => ({
              ...(accepted === undefined ? {} : { accepted: { ...accepted } }),
              ...present({ owner }),
            })),
          }),
    },
  };
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
