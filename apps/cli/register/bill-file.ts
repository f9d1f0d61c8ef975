/** Reads a bill of materials from a file: bounded, whole, and held against its official schema. */
import { open } from "node:fs/promises";
import { type Digest, digestOf, isRefused, type Refused } from "@writ/core";
import {
  type Advisory,
  advisoryFormats,
  fromCyclonedx,
  fromHuggingFace,
  fromMlflow,
  fromSpdx,
  type Imported,
  parseOutsideJson,
  readAdvisories,
} from "@writ/core/bill";
import type { Json } from "@writ/core/encoding";
import { isProblem, type Problem, problem, refusalProblem } from "../outcome.ts";
import { parseChange } from "./change-file.ts";
import { formatOf, type ImportFormat } from "./format.ts";
import { checkSchema } from "./schema.ts";

/** A register entry is 64 KiB: of a file a hundred times as large most would be left anyway. */
export const billBytesMax = 8 << 20;

export type Bill = {
  readonly format: ImportFormat;
  /** Digest of the file's bytes. */
  readonly digest: Digest;
  readonly imported: Imported;
  /** What it says of releases that a register has to name first. */
  readonly advisories: readonly Advisory[];
};

const nothing: Imported = { documents: [], ownerless: [], lifecycles: new Map(), left: [] };

/** Reads and checks it; nothing is asked of a server. */
export async function readBill(path: string, wanted?: ImportFormat): Promise<Bill | Problem> {
  const bytes = await readBounded(path);
  if (isProblem(bytes)) return bytes;
  const text = decoded(bytes);
  if (isProblem(text)) return text;
  const json = wanted === "yaml" ? undefined : outside(text);
  if (json !== undefined && isRefused(json)) return documentProblem(json);
  const format = json === undefined ? "yaml" : formatOf(json as Json);
  if (isProblem(format)) return format;
  if (wanted !== undefined && wanted !== format) {
    return problem(
      "unknown-kind",
      `the document is ${format}, not ${wanted}`,
      "leave --format out",
    );
  }
  const digest = digestOf(bytes);
  const advisory = advisoryFormats.find((one) => one === format);
  if (advisory !== undefined) {
    const advisories = readAdvisories(json as Json, advisory);
    return { format, digest, imported: nothing, advisories };
  }
  const imported = await importedFrom(format, text, json as Json);
  if (isProblem(imported)) return imported;
  return { format, digest, imported, advisories: [] };
}

async function importedFrom(
  format: ImportFormat,
  text: string,
  json: Json,
): Promise<Imported | Problem> {
  if (format === "yaml") return parsedYaml(text);
  if (format === "hugging-face" || format === "mlflow") {
    const model = format === "mlflow" ? fromMlflow(json) : fromHuggingFace(json);
    return isRefused(model) ? documentProblem(model) : model;
  }
  const wrong = await checkSchema(text, format);
  if (wrong !== undefined) return wrong;
  const imported = format === "spdx-3.0.1" ? fromSpdx(json) : fromCyclonedx(json);
  return isRefused(imported) ? documentProblem(imported) : imported;
}

function parsedYaml(text: string): Imported | Problem {
  const change = parseChange(text);
  if (isProblem(change)) return change;
  if (change.remove.length > 0) {
    return problem("malformed", "an import removes nothing", "use ./writ register add for that");
  }
  const lifecycles = new Map(
    change.set.flatMap((one) =>
      one.document === "release"
        ? [[`${one.component}@${one.release}`, one.lifecycle] as const]
        : [],
    ),
  );
  return { documents: change.set, ownerless: [], lifecycles, left: [] };
}

/** Text that begins like JSON is held to be that; all else is YAML. */
function outside(text: string): Json | Refused | undefined {
  return /^\s*[{[]/.test(text) ? parseOutsideJson(text) : undefined;
}

function documentProblem(refusal: Refused): Problem {
  const { problem: code, detail } = refusalProblem(refusal);
  return problem(code, detail, hints[code] ?? "correct the document: nothing of it was taken");
}

const hints: { readonly [code: string]: string } = {
  oversized: "split the document in parts: nothing of it was taken",
};

async function readBounded(path: string): Promise<Uint8Array | Problem> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    // A pipe or a device says no size: it is read up to the bound all the same.
    const bytes = new Uint8Array(Math.min(size === 0 ? billBytesMax : size, billBytesMax) + 1);
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await file.read(bytes, filled, bytes.length - filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    if (size <= billBytesMax && filled <= billBytesMax) return bytes.subarray(0, filled);
    const megabytes = billBytesMax >> 20;
    return problem("oversized", `the file is over ${megabytes} MB`, "split the document in parts");
  } finally {
    await file.close();
  }
}

function decoded(bytes: Uint8Array): string | Problem {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return problem("malformed", "the file is not UTF-8 text", "save it as UTF-8");
  }
}
