/** What the probe does once and with no server: makes its key (`init`), or looks (`look`). */
import { mkdirSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { encodeCanonical, isRefused, type Json, type Refused, refused, toBase64 } from "@writ/core";
import { openDigestCache } from "./files/digest-cache.ts";
import { givenSketchKey } from "./identity/sketch-key.ts";
import type { Log } from "./log.ts";
import { isRoot, look } from "./look.ts";
import { type Usual, urlsOf } from "./options.ts";
import { openKeyFile } from "./voice/key-file.ts";

export const onceUsage = `usage: probe init --data DIR [--sketch-key FILE]
       probe look (--root PATH ... | --usual) [--exclude PATH ...] [--endpoint URL ...]
             [--engine PATH ...] [--host NAME]

  init   makes the probe's keys if there are none, and prints the public one as one JSON line;
         with --sketch-key it compares models under that key (64 hex digits), so that records of
         ./writ fingerprint made under the same key can be put into DIR/enrolled
  look   looks once, prints the census as one JSON line; progress goes to standard error
`;

/** Between lines on the progress of a look: for a person who watches. */
const progressMilliseconds = 200;

export type OnceParts = {
  readonly random: () => number;
  readonly usual: Usual;
  readonly log: Log;
  readonly print: (line: string) => void;
};

/** `init`. */
export function initOnce(args: readonly string[], { print }: OnceParts): Refused | undefined {
  const values = valuesOf(args);
  if (isRefused(values)) return values;
  if (values.data === undefined) return refused("malformed", "--data is missing");
  mkdirSync(values.data, { recursive: true, mode: 0o700 });
  const key = openKeyFile(join(values.data, "probe.key"));
  if (isRefused(key)) return key;
  const sketchKey = givenSketchKey(join(values.data, "sketch.key"), values["sketch-key"]);
  if (isRefused(sketchKey)) return sketchKey;
  const probeKey = { type: "ed25519", public: toBase64(key.publicKey), id: key.id };
  print(`${JSON.stringify({ probeKey })}\n`);
  return undefined;
}

/** `look`. */
export async function lookOnce(
  args: readonly string[],
  { random, usual, log, print }: OnceParts,
): Promise<Refused | undefined> {
  const values = valuesOf(args);
  if (isRefused(values)) return values;
  const roots = [...(values.root ?? []), ...(values.usual === true ? usual.roots() : [])];
  const engines = [...(values.engine ?? []), ...(values.usual === true ? usual.engines() : [])];
  const excluded = values.exclude ?? [];
  if (roots.length === 0) return refused("malformed", "a --root is needed, or --usual");
  if (![...roots, ...excluded, ...engines].every(isRoot)) {
    return refused("malformed", "each --root, --exclude and --engine must be an absolute path");
  }
  const urls = urlsOf(values.endpoint ?? []);
  if (isRefused(urls)) return urls;
  const host = values.host ?? hostname();
  let told = 0;
  const census = await look({
    roots,
    excluded,
    urls,
    engines,
    assignment: { host, controls: [], links: [], lines: [], artefacts: [], lookSince: 0 },
    clock: { now: Date.now },
    random,
    cache: openDigestCache(),
    rereadChance: 0,
    onProgress: (progress) => {
      if (Date.now() - told < progressMilliseconds) return;
      told = Date.now();
      log("info", "looking", progress);
    },
  });
  print(`${Buffer.from(encodeCanonical(census as unknown as Json)).toString("utf8")}\n`);
  return undefined;
}

function valuesOf(args: readonly string[]) {
  const options = {
    data: { type: "string" },
    "sketch-key": { type: "string" },
    host: { type: "string" },
    root: { type: "string", multiple: true },
    usual: { type: "boolean" },
    exclude: { type: "string", multiple: true },
    endpoint: { type: "string", multiple: true },
    engine: { type: "string", multiple: true },
  } as const;
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values;
  } catch (error) {
    return refused("malformed", (error as Error).message);
  }
}
