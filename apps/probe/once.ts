/** What the probe does once and with no server: makes its key (`init`), or looks (`look.ts`). */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { isRefused, type Refused, refused, toBase64 } from "@writ/core";
import { givenSketchKey } from "./identity/sketch-key.ts";
import type { Log } from "./log.ts";
import type { Usual } from "./options.ts";
import { openKeyFile } from "./voice/key-file.ts";

export const onceUsage = `usage: probe init --data DIR [--sketch-key FILE]
       probe look (--root PATH ... | --usual) [--exclude PATH ...] [--endpoint URL ...]
             [--engine PATH ...] [--host NAME] [--data DIR]
             [--original PATH ...] [--artefacts FILE]

  init   makes the probe's keys if there are none, and prints the public one as one JSON line;
         with --sketch-key it compares models under that key (64 hex digits), so that records of
         ./writ fingerprint made under the same key can be put into DIR/enrolled
  look   looks once, prints the census as one JSON line; progress goes to standard error; with
         --data it keeps there what it read, and goes on from it when it was stopped, and compares
         by value what it meets with the models at --original, or with those that --artefacts names:
         a JSON list of objects with digest and size
`;

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

/** The words of either command. */
export function valuesOf(args: readonly string[]) {
  const options = {
    data: { type: "string" },
    "sketch-key": { type: "string" },
    host: { type: "string" },
    root: { type: "string", multiple: true },
    usual: { type: "boolean" },
    exclude: { type: "string", multiple: true },
    endpoint: { type: "string", multiple: true },
    engine: { type: "string", multiple: true },
    original: { type: "string", multiple: true },
    artefacts: { type: "string" },
  } as const;
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values;
  } catch (error) {
    return refused("malformed", (error as Error).message);
  }
}
