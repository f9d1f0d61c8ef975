/** A command's line to the server of an estate, and what it says there under a key. */
import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import {
  type Digest,
  type EntryBody,
  encodeStatement,
  entryPayloadType,
  fromBase64,
  isRefused,
  type KeyId,
  keyIdOf,
  knownKey,
  preAuthenticationEncoding,
  type Refused,
  sealEntry,
  type TrustRootDocument,
} from "@writ/core";
import type { Api } from "@writ/node/api";
import { type EstateFile, homeFolder, readEstateFile } from "./home.ts";
import { isProblem, type Problem, problem, refusalProblem } from "./outcome.ts";
import type { Shell } from "./shell.ts";

export type Connection = {
  readonly api: Api;
  readonly estate: EstateFile;
  readonly folder: string;
};

/** A key that signs entries. */
export type Speaker = {
  readonly keyId: KeyId;
  readonly sign: (message: Uint8Array) => Promise<Uint8Array | Refused>;
};

export type SpeakerOptions = { readonly as?: string; readonly key?: string };

export const asHelp = "sign as this person: their key in the data folder's humans/";
export const keyHelp = "sign with this OpenSSH key file, or the .pub of one in the agent";

export const momentHelp =
  "as it was after this entry (its index), or by this witnessed time (2026-11-25T02:00Z)";

/** How often an entry is signed anew because another of the same key came in between. */
const attemptsMax = 3;

/** Finds the estate of a data folder. The server is not asked yet. */
export async function connect(
  shell: Shell,
  options: { readonly data?: string },
): Promise<Connection | Problem> {
  const folder = homeFolder(shell, options.data);
  const estate = await readEstateFile(folder);
  if (isProblem(estate)) return estate;
  // The API's contract takes a while to load: commands that ask no server need not wait for it.
  const { openApi } = await import("@writ/node/api");
  return { api: openApi(estate.url), estate, folder };
}

/** Opens the key of the person who speaks. */
export async function openSpeaker(
  { folder }: { readonly folder: string },
  { as, key }: SpeakerOptions,
): Promise<Speaker | Problem> {
  if (as === undefined && key === undefined) {
    return problem(
      "usage",
      "whose word is this?",
      "name a person with --as NAME, or a key file with --key PATH",
    );
  }
  const path = key ?? (await humanKeyPath(folder, as!));
  if (isProblem(path)) return path;
  const { openSshSigner } = await import("@writ/node/ssh-signer");
  const signer = await openSshSigner(path);
  return isRefused(signer) ? refusalProblem(signer) : signer;
}

/** Opens the key of an agent: a PEM file. */
export async function openAgent(path: string): Promise<Speaker | Problem> {
  const { readKeyFile } = await import("@writ/node/key-file");
  const key = await readKeyFile(path);
  if (isRefused(key)) return refusalProblem(key);
  return { keyId: keyIdOf("ed25519", key.publicKey), sign: async (message) => key.sign(message) };
}

/** Signs an entry as the next of its key's chain, and submits it. */
export async function say(
  { api, estate }: Connection,
  speaker: Speaker,
  said: { readonly body: EntryBody; readonly blobs?: readonly Uint8Array[]; readonly now: number },
): Promise<{ readonly index: number; readonly digest: Digest } | Problem> {
  let last: Refused | undefined;
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const head = await api.head(speaker.keyId);
    if (isRefused(head)) return refusalProblem(head);
    const payload = encodeStatement({
      version: 1,
      estate: estate.estate,
      at: new Date(said.now).toISOString(),
      chain: {
        sequence: head.sequence + 1,
        ...(head.digest === undefined ? {} : { previous: head.digest }),
      },
      body: said.body,
    });
    const signature = await speaker.sign(preAuthenticationEncoding(entryPayloadType, payload));
    if (isRefused(signature)) return refusalProblem(signature);
    const entry = sealEntry(payload, [{ key: speaker.keyId, signature }]);
    const submitted = await api.submit(entry, said.blobs ?? []);
    if (!isRefused(submitted)) return { index: submitted.index, digest: submitted.digest };
    if (submitted.refused !== "chain-fork" && submitted.refused !== "chain-gap") {
      return refusalProblem(submitted);
    }
    last = submitted;
  }
  return refusalProblem(last!);
}

/** The name under which the trust root knows a key, and what kind of principal it is. */
export async function nameOf(
  { api }: Connection,
  speaker: Speaker,
): Promise<{ readonly name: string; readonly kind: string } | Problem> {
  const root = await api.trustRoot();
  if (isRefused(root)) return refusalProblem(root);
  const found = root.document.principals.find(({ keys }) =>
    keys.some((written) => idOf(written) === speaker.keyId),
  );
  return (
    found ??
    problem(
      "unknown-signer",
      `the key ${speaker.keyId} is nobody's in this estate's trust root`,
      "use the key of someone whom it names; trust-root.json in the data folder lists them",
    )
  );
}

function idOf(written: TrustRootDocument["principals"][number]["keys"][number]) {
  const key = knownKey(written);
  return isRefused(key) ? undefined : key.id;
}

async function humanKeyPath(folder: string, name: string): Promise<string | Problem> {
  // A name is no path: it must not lead out of the folder of keys.
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(name) || basename(name) !== name) {
    return problem("usage", "--as is not a plain lower-case name", "as in: --as ada");
  }
  for (const path of [join(folder, "humans", name), join(folder, "humans", `${name}.pub`)]) {
    if (
      await stat(path).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return problem(
    "no-file",
    `there is no key of ${name} in ${join(folder, "humans")}`,
    "name the key file itself: --key PATH",
  );
}

/** Base64 that the server sent. */
export function bytesOf(base64: string): Uint8Array | Problem {
  return fromBase64(base64) ?? problem("malformed", "the server sent what is no base64");
}
