/**
 * A drafted version of the trust root: the very entry that will be submitted, signature by
 * signature. It names the version before by digest, so what it changes is judged against that one,
 * whatever a server says is in force.
 */
import { readFile, rename, writeFile } from "node:fs/promises";
import {
  type Digest,
  type Entry,
  type EntryOf,
  encodeStatement,
  entryBytesMax,
  entryPayloadType,
  inertAscii,
  isRefused,
  type Json,
  type JsonObject,
  parseEntry,
  phraseOf,
  policyChanges,
  preAuthenticationEncoding,
  type RootChange,
  rootChanges,
  sealEntry,
  shape,
  type TrustRoot,
  trustRoot,
  trustRootShape,
} from "@writ/core";
import { parse as parseYaml } from "yaml";
import type { Connection, Speaker } from "./connection.ts";
import { isProblem, type Problem, problem, refusalProblem } from "./outcome.ts";

export type Drafted = {
  readonly before: TrustRoot;
  readonly next: TrustRoot;
  readonly changes: readonly RootChange[];
  readonly phrase: readonly string[];
  readonly payload: Uint8Array;
  readonly signatures: Entry["envelope"]["signatures"];
  /** The entry as parsed; absent before anyone signed. */
  readonly entry?: EntryOf<"root">;
};

/** The next version from a file's text: numbered, checked, nobody's signature yet. */
export async function draftedFrom(
  connection: Connection,
  bytes: Uint8Array,
  now: number,
): Promise<Drafted | Problem> {
  const before = await inForce(connection);
  if (isProblem(before)) return before;
  if (bytes.length > entryBytesMax) return problem("oversized", "the file is over 64 KiB");
  const json = parsed(Buffer.from(bytes).toString("utf8"));
  if (isProblem(json)) return json;
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    return problem("malformed", "the file is no trust root", "./writ trust export shows one");
  }
  const numbered = {
    ...json,
    number: before.document.number + 1,
    previous: before.digest,
  } as JsonObject;
  const document = shape.read(trustRootShape, numbered, "root");
  if (isRefused(document)) return refusalProblem(document);
  const payload = encodeStatement({
    version: 1,
    estate: connection.estate.estate,
    at: new Date(now).toISOString(),
    body: { kind: "root", root: document },
  });
  const next = trustRoot(document);
  if (isRefused(next)) return refusalProblem(next);
  const changes = await changesOf(connection, before, next);
  if (isProblem(changes)) return changes;
  if (changes.length === 0) {
    return problem("usage", "the file changes nothing", "edit what ./writ trust export printed");
  }
  return { before, next, changes, phrase: phraseOf(next.digest), payload, signatures: [] };
}

/** Reads a draft; refuses one that does not follow the version in force. */
export async function readDraft(connection: Connection, path: string): Promise<Drafted | Problem> {
  const before = await inForce(connection);
  if (isProblem(before)) return before;
  const entry = parseEntry(new Uint8Array(await readFile(path)));
  if (isRefused(entry)) return refusalProblem(entry);
  if (entry.body.kind !== "root") {
    return problem("malformed", `${path} is a ${entry.body.kind}, not a version of a trust root`);
  }
  if (entry.statement.estate !== connection.estate.estate) {
    return problem("wrong-estate", `${path} is of another estate`);
  }
  const next = trustRoot(entry.body.root);
  if (isRefused(next)) return refusalProblem(next);
  if (next.document.previous !== before.digest) {
    const { number } = before.document;
    return problem(
      "bad-trust-root",
      `${path} does not follow version ${number}, which is in force`,
      "draft it anew: ./writ trust propose --help",
    );
  }
  const changes = await changesOf(connection, before, next);
  if (isProblem(changes)) return changes;
  return {
    before,
    next,
    changes,
    phrase: phraseOf(next.digest),
    payload: entry.envelope.payload,
    signatures: entry.envelope.signatures,
    entry: entry as EntryOf<"root">,
  };
}

/** The draft with one more signature. */
export async function signDraft(draft: Drafted, speaker: Speaker): Promise<Drafted | Problem> {
  const known = [draft.before, draft.next].some(({ keys }) => keys.has(speaker.keyId));
  if (!known) {
    return problem("unknown-signer", `key ${speaker.keyId} is nobody's in either version`);
  }
  if (draft.signatures.some(({ key }) => key === speaker.keyId)) {
    return problem("already-decided", "this key signed it before");
  }
  const message = preAuthenticationEncoding(entryPayloadType, draft.payload);
  const signature = await speaker.sign(message);
  if (isRefused(signature)) return refusalProblem(signature);
  const signatures = [...draft.signatures, { key: speaker.keyId, signature }];
  const entry = parseEntry(sealEntry(draft.payload, signatures));
  if (isRefused(entry)) return refusalProblem(entry);
  return { ...draft, signatures, entry: entry as EntryOf<"root"> };
}

/** The entry's bytes. */
export function draftOf({ payload, signatures }: Drafted): Uint8Array {
  return sealEntry(payload, signatures);
}

/** Keeps the draft whole or not at all; a new one takes no file's place. */
export async function writeDraft(
  path: string,
  draft: Drafted,
  isNew: boolean,
): Promise<undefined | Problem> {
  const bytes = draftOf(draft);
  if (isNew) {
    try {
      await writeFile(path, bytes, { flag: "wx" });
      return undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      return problem("usage", `${path} is there already`, "name another file with --out");
    }
  }
  await writeFile(`${path}.part`, bytes);
  await rename(`${path}.part`, path);
  return undefined;
}

/** What the documents change, and what the policies in them come to for all that is registered. */
async function changesOf(
  { api }: Connection,
  before: TrustRoot,
  next: TrustRoot,
): Promise<readonly RootChange[] | Problem> {
  const told = rootChanges(before.document, next.document);
  const policies = [before, next].flatMap(({ document }) => document.policy ?? []);
  if (policies.length === 0) return told;
  const { cedarEngine: engine } = await import("@writ/node/cedar-engine");
  for (const policy of policies) {
    const unreadable = engine.check(policy);
    if (unreadable !== undefined) return refusalProblem(unreadable);
  }
  const register = await api.register();
  if (isRefused(register)) return refusalProblem(register);
  const components = register.components.flatMap(({ document }) =>
    document.document === "component" ? [document.component] : [],
  );
  const rights = policyChanges(before, next, { engine, components });
  return isRefused(rights) ? refusalProblem(rights) : [...rights, ...told];
}

async function inForce({ api }: Connection): Promise<TrustRoot | Problem> {
  const answer = await api.trustRoot();
  if (isRefused(answer)) return refusalProblem(answer);
  const root = trustRoot(answer.document);
  if (isRefused(root)) return refusalProblem(root);
  const said: Digest = answer.digest;
  return root.digest === said
    ? root
    : problem("bad-trust-root", "the server's trust root is not the one that it names");
}

/** JSON is YAML too; no tags, no merge keys, few aliases, so that nothing expands. */
function parsed(text: string): Json | Problem {
  try {
    return parseYaml(text, { schema: "core", maxAliasCount: 16, merge: false }) as Json;
  } catch (error) {
    const [first] = (error as Error).message.split("\n");
    return problem("malformed", `the file is neither JSON nor YAML: ${inertAscii(first ?? "")}`);
  }
}
