/** One look with no server, for whoever asks on a terminal: its census goes to standard output. */
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import {
  type Assignment,
  type Census,
  encodeCanonical,
  isDigest,
  isRefused,
  type Json,
  type Refused,
  refused,
} from "@writ/core";
import { openDigestCache } from "./files/digest-cache.ts";
import { isInside } from "./files/place.ts";
import { identified } from "./identity/identified.ts";
import { openRecogniser } from "./identity/recogniser.ts";
import { openSketchKey } from "./identity/sketch-key.ts";
import { isRoot, type LookParts, look, rereadChanceUsual } from "./look.ts";
import { type OnceParts, valuesOf } from "./once.ts";
import { urlsOf } from "./options.ts";

/** Between lines on the progress of a look: for a person who watches. */
const progressMilliseconds = 200;
/** As many as a register holds, each a line of a hundred characters. */
const artefactBytesMax = 64 * 1024 * 1024;
/** Nobody waits for a person's own count but that person. */
const comparePatienceMilliseconds = 24 * 60 * 60 * 1000;

type Artefacts = Assignment["artefacts"];

/** `look`. */
export async function lookOnce(
  args: readonly string[],
  once: OnceParts,
): Promise<Refused | undefined> {
  const { random, usual, print } = once;
  const values = valuesOf(args);
  if (isRefused(values)) return values;
  const { data, host = hostname(), exclude: excluded = [], original: originals = [] } = values;
  const own = [...(values.root ?? []), ...(values.usual === true ? usual.roots() : [])];
  const engines = [...(values.engine ?? []), ...(values.usual === true ? usual.engines() : [])];
  if (own.length === 0) return refused("malformed", "a --root is needed, or --usual");
  const roots = [...own, ...originals];
  if (![...roots, ...excluded, ...engines].every(isRoot)) {
    return refused("malformed", "each --root, --exclude and --engine must be an absolute path");
  }
  const urls = urlsOf(values.endpoint ?? []);
  if (isRefused(urls)) return urls;
  const artefacts = artefactsIn(values.artefacts);
  if (isRefused(artefacts)) return artefacts;
  if (data !== undefined) mkdirSync(data, { recursive: true, mode: 0o700 });
  const assignment = { host, controls: [], links: [], lines: [], artefacts, lookSince: 0 };
  const seen = await look({
    ...{ roots, excluded, urls, engines, assignment, random },
    clock: { now: Date.now },
    cache: openDigestCache(data),
    rereadChance: data === undefined ? 0 : rereadChanceUsual,
    onProgress: progressTo(once),
  });
  const named = [...artefacts, ...originalsIn(seen, originals)];
  const census = data === undefined ? seen : await compared(seen, { named, data, once });
  if (isRefused(census)) return census;
  print(`${Buffer.from(encodeCanonical(census as unknown as Json)).toString("utf8")}\n`);
  return undefined;
}

function progressTo({ log }: OnceParts): NonNullable<LookParts["onProgress"]> {
  let told = 0;
  return (progress) => {
    if (Date.now() - told < progressMilliseconds) return;
    told = Date.now();
    log("info", "looking", progress);
  };
}

/** With what everything it met is a copy of, by value. */
async function compared(
  census: Census,
  parts: { readonly named: Artefacts; readonly data: string; readonly once: OnceParts },
): Promise<Census | Refused> {
  const { named, data, once } = parts;
  const key = openSketchKey(join(data, "sketch.key"));
  if (isRefused(key)) return key;
  const patience = comparePatienceMilliseconds;
  const recogniser = openRecogniser({ data, key, log: once.log, patience });
  try {
    const assignment = { host: census.host, controls: [], links: [], lines: [], lookSince: 0 };
    return await identified(census, {
      recogniser,
      assignment: { ...assignment, artefacts: named },
    });
  } finally {
    recogniser.close();
  }
}

/** The models that lie where originals are, each content once. */
function originalsIn({ masses }: Census, originals: readonly string[]): Artefacts {
  const found = masses.flatMap(({ kind, digest, size, names }) =>
    kind !== "plain" && names.some((name) => originals.some((root) => isInside(name, root)))
      ? [[digest, { digest, size }] as const]
      : [],
  );
  return [...new Map(found).values()];
}

function artefactsIn(path: string | undefined): Artefacts | Refused {
  if (path === undefined) return [];
  const malformed = refused("malformed", "--artefacts is no JSON list of {digest, size}");
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return malformed;
  const bytes = readFileSync(path);
  if (bytes.length > artefactBytesMax) return refused("oversized", "--artefacts is too large");
  const artefacts: { digest: Artefacts[number]["digest"]; size: number }[] = [];
  try {
    for (const row of JSON.parse(bytes.toString("utf8")) as readonly unknown[]) {
      const { digest, size } = row as { readonly [name: string]: unknown };
      if (!isDigest(digest) || !Number.isSafeInteger(size)) return malformed;
      artefacts.push({ digest, size: Number(size) });
    }
  } catch {
    return malformed;
  }
  return artefacts;
}
