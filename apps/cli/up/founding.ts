/**
 * Founding an estate: keys of every app in its own folder, people's keys, the trust root, and the
 * journal's first entry, signed by the quorum. Each part is made once; a second run finds it.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  encodeCanonical,
  encodeStatement,
  entryPayloadType,
  formatVerifierKey,
  fromBase64,
  isRefused,
  type JsonObject,
  knownKey,
  noteKeyTypes,
  type Principal,
  type PublicKey,
  parseVerifierKey,
  preAuthenticationEncoding,
  sealEntry,
  type TrustRootDocument,
  toBase64,
  trustRoot,
  verifierKey,
  writActions,
} from "@writ/core";
import {
  createKeyFile,
  createSshKeyFile,
  openSshSigner,
  readKeyFile,
  readSshPublicKey,
} from "@writ/node";
import { estateFileText } from "../home.ts";
import { isProblem, type Problem, problem, refusalProblem } from "../outcome.ts";
import { askApp } from "./app.ts";
import { type AppKind, type Layout, type Setup, writeWhole } from "./layout.ts";

/** A human of the estate: a name, and where the key is. */
export type Human = { readonly name: string; readonly keyFile: string };

export type Founders = {
  readonly name: string;
  readonly humans: readonly Human[];
  readonly agents: readonly string[];
  readonly silenceSeconds: number;
  readonly watchSeconds: number;
};

/** Names of the people of a trial estate; their keys lie in the data folder. */
export const trialNames: readonly string[] = ["ada", "ben", "cleo"];

const answerMax = 64 * 1024;

/** Makes trial keys for people who have none yet. */
export async function trialHumans(layout: Layout): Promise<readonly Human[]> {
  return Promise.all(
    trialNames.map(async (name) => {
      const keyFile = join(layout.humans, name);
      await createSshKeyFile(keyFile, `${name}, a trial key of Writ`).catch(ignoreExisting);
      return { name, keyFile };
    }),
  );
}

/** The journal's name and key, which witnesses must know before there is a journal. */
export type JournalKeys = {
  readonly origin: string;
  readonly checkpointKey: PublicKey;
  readonly serverKey: PublicKey;
  /** As signed notes name the key. */
  readonly vkey: string;
};

/** Has the server make its keys. */
export async function journalKeys(layout: Layout): Promise<JournalKeys | Problem> {
  const made = await initApp("server", layout.app("server"));
  if (isProblem(made)) return made;
  const checkpointKey = publicKeyOf(made.checkpointKey);
  const serverKey = publicKeyOf(made.serverKey);
  if (checkpointKey === undefined || serverKey === undefined) return badInit("server");
  const known = knownKey(checkpointKey);
  if (isRefused(known)) return refusalProblem(known);
  // An origin of its own: a public witness must not take two estates for one log.
  const origin = `writ.local/${known.id.slice(0, 16)}`;
  const key = verifierKey(origin, noteKeyTypes.ed25519, known.bytes);
  if (isRefused(key)) return refusalProblem(key);
  return { origin, checkpointKey, serverKey, vkey: formatVerifierKey(key) };
}

/** A witness's key from its ready line. */
export function witnessPrincipal(name: string, vkey: unknown): Principal | Problem {
  const key = typeof vkey === "string" ? parseVerifierKey(vkey) : undefined;
  if (key === undefined) return badInit(name);
  if (isRefused(key)) return refusalProblem(key);
  const written = { type: "ed25519", public: toBase64(key.publicKey) } as const;
  return { name, kind: "witness", keys: [written] };
}

/** Makes the first trust root and its entry, and keeps both; what is kept is not made again. */
export async function found(
  layout: Layout,
  setup: Setup,
  parts: {
    readonly journal: JournalKeys;
    readonly witnesses: readonly Principal[];
    readonly founders: Founders;
  },
): Promise<undefined | Problem> {
  const document = await documentOf(layout, setup, parts);
  if (isProblem(document)) return document;
  const root = trustRoot(document);
  if (isRefused(root)) return refusalProblem(root);
  const payload = encodeStatement({
    version: 1,
    estate: root.digest,
    at: new Date().toISOString(),
    body: { kind: "root", root: document },
  });
  const message = preAuthenticationEncoding(entryPayloadType, payload);
  const signatures = [];
  const needed = document.amendment.reduce((sum, { threshold }) => sum + threshold, 0);
  for (const { name, keyFile } of parts.founders.humans.slice(0, needed)) {
    const signer = await openSshSigner(keyFile);
    if (isRefused(signer)) return refusalProblem(signer);
    const signature = await signer.sign(message);
    if (isRefused(signature)) {
      return problem(
        signature.refused,
        `${name}'s key did not sign the trust root: ${signature.detail}`,
        "the key must be here, on a security key that is plugged in, or in the ssh-agent",
      );
    }
    signatures.push({ key: signer.keyId, signature });
  }
  const url = `http://127.0.0.1:${setup.port}`;
  const estate = { url, estate: root.digest, name: document.name };
  await writeWhole(layout.trustRootFile, encodeCanonical(document as unknown as JsonObject));
  await writeWhole(layout.rootEntryFile, sealEntry(payload, signatures), 0o600);
  // Last: with this file there is an estate.
  await writeWhole(layout.estateFile, estateFileText(estate));
  return undefined;
}

/** A month: long enough for a fix to be made, short enough that somebody looks again. */
const acceptanceDaysMax = 30;

async function documentOf(
  layout: Layout,
  setup: Setup,
  { journal, witnesses, founders }: Parameters<typeof found>[2],
): Promise<TrustRootDocument | Problem> {
  const humans = await humanPrincipals(founders.humans);
  if (isProblem(humans)) return humans;
  const probe = await appPrincipal(layout, setup, "probe");
  if (isProblem(probe)) return probe;
  const executor = await appPrincipal(layout, setup, "executor");
  if (isProblem(executor)) return executor;
  const agents = await agentPrincipals(layout, founders.agents);
  if (isProblem(agents)) return agents;
  // The proposer's own approval does not count: with three people, two others must agree.
  const threshold = Math.max(1, Math.min(2, humans.length - 1));
  const seats = [{ group: "operators", threshold }];
  return {
    number: 1,
    name: founders.name,
    principals: [
      ...humans,
      ...agents,
      probe,
      executor,
      ...witnesses,
      { name: "journal", kind: "journal", keys: [journal.serverKey] },
    ],
    groups: [{ name: "operators", members: humans.map(({ name }) => name) }],
    quorums: writActions.map((action) => ({
      action,
      seats,
    })),
    amendment: [{ group: "operators", threshold: Math.min(2, humans.length) }],
    acceptance: { group: "operators", daysMax: acceptanceDaysMax },
    journal: { origin: journal.origin, key: journal.checkpointKey },
    // One may be away without stopping time; with fewer than three, none may.
    witnessThreshold: witnesses.length < 3 ? witnesses.length : witnesses.length - 1,
    softwareKeys: humans.some(({ keys }) => keys.some(isSoftware)),
    silenceSeconds: founders.silenceSeconds,
    watchSeconds: founders.watchSeconds,
  };
}

async function humanPrincipals(humans: readonly Human[]): Promise<readonly Principal[] | Problem> {
  const principals: Principal[] = [];
  for (const { name, keyFile } of humans) {
    const key = await readSshPublicKey(keyFile);
    if (isRefused(key)) return { ...refusalProblem(key), detail: `${keyFile}: ${key.detail}` };
    principals.push({ name, kind: "human", keys: [key] });
  }
  return principals;
}

async function agentPrincipals(
  layout: Layout,
  names: readonly string[],
): Promise<readonly Principal[] | Problem> {
  const principals: Principal[] = [];
  for (const name of names) {
    const path = join(layout.agents, `${name}.key`);
    await createKeyFile(path).catch(ignoreExisting);
    const key = await readKeyFile(path);
    if (isRefused(key)) return refusalProblem(key);
    const written = { type: "ed25519", public: toBase64(key.publicKey) } as const;
    principals.push({ name, kind: "agent", keys: [written] });
  }
  return principals;
}

async function appPrincipal(
  layout: Layout,
  { host }: Setup,
  kind: "probe" | "executor",
): Promise<Principal | Problem> {
  const made = await initApp(kind, layout.app(kind));
  if (isProblem(made)) return made;
  const key = publicKeyOf(made[`${kind}Key`]);
  return key === undefined ? badInit(kind) : { name: `${kind}-${host}`, kind, host, keys: [key] };
}

async function initApp(
  kind: AppKind,
  folder: string,
): Promise<{ readonly [name: string]: unknown } | Problem> {
  const { code, value, errors } = await askApp(kind, ["init", "--data", folder], {
    outputMax: answerMax,
  });
  if (code === 0 && typeof value === "object" && value !== null) return { ...value };
  return problem("app-failed", `${kind} made no key: ${errors.split("\n")[0] ?? ""}`);
}

function publicKeyOf(value: unknown): PublicKey | undefined {
  const { type, public: encoded } = (value ?? {}) as { readonly [name: string]: unknown };
  if (type !== "ed25519" || typeof encoded !== "string") return undefined;
  return fromBase64(encoded)?.length === 32 ? { type, public: encoded } : undefined;
}

function isSoftware(written: PublicKey): boolean {
  const key = knownKey(written);
  return !isRefused(key) && key.custody === "software";
}

function badInit(name: string): Problem {
  return problem("app-failed", `${name} did not tell its public key as agreed`);
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}

/** The first entry's bytes, as kept. */
export async function rootEntry(layout: Layout): Promise<Uint8Array> {
  return new Uint8Array(await readFile(layout.rootEntryFile));
}
