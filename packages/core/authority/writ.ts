/**
 * A writ: an order in exact bytes. What a human signs is the digest of this document, and this
 * document holds everything: what, where, by which steps, and what must be seen afterwards.
 */
import {
  encodeCanonical,
  type JsonObject,
  parseCanonicalObject,
} from "../encoding/canonical-json.ts";
import { type Digest, digestOf } from "../encoding/digest.ts";
import { isRefused, type Refused } from "../encoding/refusal.ts";
import {
  digest,
  integer,
  list,
  matching,
  object,
  oneOf,
  optional,
  read,
  type Shaped,
  text,
} from "../encoding/shape.ts";
import { placePath } from "../register/document.ts";
import { blindSpotShape } from "../sight/blind-spot.ts";
import { vantages } from "../sight/census.ts";
import { stepShape } from "./step.ts";
import { nameShape, writActions } from "./trust-root.ts";

/** Steps of one writ, places of one component: a human must be able to read them all. */
export const stepsMax = 10_000;
export const placesMax = 100_000;
/** Bytes of a writ's document. */
export const writBytesMax = 16 * 1024 * 1024;

/** RFC 3339 in UTC with milliseconds: one text for one instant, and text order is time order. */
export const instantShape = matching(
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  "an instant such as 2026-11-25T02:00:00.000Z",
);

const release = object({
  release: text(128),
  artefacts: list(
    object({ name: text(512), digest, size: integer(0, Number.MAX_SAFE_INTEGER) }),
    10_000,
  ),
});

/** One place that the register names for the component when the writ was drawn. */
const place = object({
  placement: text(128),
  kind: oneOf("file", "link", "service", "deployment", "control"),
  host: text(128),
  release: optional(text(128)),
  path: optional(placePath),
  /** Digest of the whole register document of this place. */
  document: digest,
});

export const writShape = object({
  version: integer(1, 1),
  /** Digest of the estate's first trust root: a writ of one estate is nothing in another. */
  estate: digest,
  /** Digest of the trust root in force: a changed root disarms the writ. */
  root: digest,
  action: oneOf(...writActions),
  component: text(128),
  from: list(release, 1000),
  to: optional(release),
  reason: text(4096),
  inventory: list(place, placesMax),
  steps: list(stepShape, stepsMax),
  verification: object({
    hosts: list(text(128), 10_000),
    vantages: list(oneOf(...vantages), vantages.length),
    /** Where probes cannot look, as humans accepted in the register when the writ was drawn. */
    blindSpots: list(object({ host: text(128), spot: blindSpotShape }), 10_000),
    watchSeconds: integer(1, 31_536_000),
  }),
  proposer: nameShape,
  nonce: matching(/^[0-9a-f]{32}$/, "32 hex digits of chance"),
  expires: instantShape,
});

export type Writ = Shaped<typeof writShape>;
export type Place = Writ["inventory"][number];
export type WritRelease = Writ["from"][number];

/** The exact bytes that are signed. */
export function encodeWrit(writ: Writ): Uint8Array {
  return encodeCanonical(writ as unknown as JsonObject);
}

/** The digest that approvals name. */
export function writDigest(writ: Writ): Digest {
  return digestOf(encodeWrit(writ));
}

/** Reads a writ's bytes. Its sense in an estate is for admission to say. */
export function parseWrit(bytes: Uint8Array): Writ | Refused {
  const json = parseCanonicalObject(bytes);
  return isRefused(json) ? json : read(writShape, json, "writ");
}
