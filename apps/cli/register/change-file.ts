/** A register file that people write: documents in YAML or JSON. */
import { readFile } from "node:fs/promises";
import {
  type BodyOf,
  inert,
  inertAscii,
  isRefused,
  type Json,
  type RegisterDocument,
  registerDocument,
} from "@writ/core";
import { parse as parseYaml } from "yaml";
import { isProblem, type Problem, problem } from "../outcome.ts";

export type Change = Pick<BodyOf<"register">, "set" | "remove">;

/** A register file is read whole; entries are 64 KiB, so a larger one could not be said anyway. */
const textLengthMax = 1 << 20;

/** Reads and checks a file's documents, so that a mistake is told by its place in the file. */
export async function readChange(path: string): Promise<Change | Problem> {
  const bytes = await readFile(path);
  return parseChange(bytes.toString("utf8"));
}

/** Reads documents of the register from YAML or JSON. */
export function parseChange(text: string): Change | Problem {
  if (text.length > textLengthMax) {
    return problem("oversized", "the file is over a megabyte", "register it in several files");
  }
  const value = parsed(text);
  if (isProblem(value)) return value;
  const whole = Array.isArray(value) ? { set: value, remove: [] } : value;
  if (typeof whole !== "object" || whole === null) return notDocuments;
  const { set = [], remove = [] } = whole as { set?: unknown; remove?: unknown };
  if (!Array.isArray(set) || !Array.isArray(remove)) return notDocuments;
  const documents: RegisterDocument[] = [];
  for (const [at, one] of set.entries()) {
    const document = registerDocument(one as Json, `document ${at + 1}`);
    if (isRefused(document)) {
      const hint = 'in YAML, put quotes around names that look like numbers: release: "4.2"';
      return problem(document.refused, inert(document.detail), hint);
    }
    documents.push(document);
  }
  const ids = remove.filter((id): id is string => typeof id === "string");
  return ids.length === remove.length ? { set: documents, remove: ids } : notDocuments;
}

const notDocuments: Problem = problem(
  "malformed",
  "the file is neither a list of documents nor an object with set and remove",
  "./writ register export shows what one looks like",
);

/** JSON is YAML too; no tags, no merge keys, and aliases only a few, so that nothing expands. */
function parsed(text: string): unknown {
  try {
    return parseYaml(text, { schema: "core", maxAliasCount: 16, merge: false });
  } catch (error) {
    const [first] = (error as Error).message.split("\n");
    return problem("malformed", `the file is neither JSON nor YAML: ${inertAscii(first ?? "")}`);
  }
}
