/**
 * What the probe may show to the stores that it was told of: one TOML file of the probe's own, a
 * table for each store under the very URL it was told by. Nothing of it is logged or told.
 *
 *   ["https://registry.example:5000"]
 *   user = "probe"
 *   password = "…"
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { isRefused, type Refused, refused } from "@writ/core";
import { parse } from "smol-toml";
import { type Members, membersIn, textIn, textsIn } from "../endpoints/outside-json.ts";

/** Tables for a few hundred stores. */
const fileBytesMax = 1024 * 1024;
const valueLengthMax = 8192;

export type Secret = {
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  readonly accessKey?: string;
  readonly secretKey?: string;
  readonly sessionToken?: string;
  readonly region?: string;
  /** PEM file of a private SSH key. */
  readonly privateKey?: string;
  readonly passphrase?: string;
  /** `SHA256:…`, as `ssh-keygen -l` prints it: one of these must be the host's. */
  readonly hostKeys: readonly string[];
  /** PEM file of the authority that the store's certificate is from, if none of the usual ones. */
  readonly authority?: string;
  /** Origin that gives a registry's tokens for the password, if not the registry itself. */
  readonly tokenService?: string;
  /** Origins that the store may send the probe on to. They are shown no secret. */
  readonly also: readonly string[];
};

export const noSecret: Secret = { hostKeys: [], also: [] };

/** Members of a table, as people write them. */
const names = {
  user: "user",
  password: "password",
  token: "token",
  accessKey: "access-key",
  secretKey: "secret-key",
  sessionToken: "session-token",
  region: "region",
  privateKey: "private-key",
  passphrase: "passphrase",
  authority: "authority",
  tokenService: "token-service",
} as const;

/** By URL, as it was told. */
export type Secrets = ReadonlyMap<string, Secret>;

/** Reads the file. Refused if anybody but its owner may read it. */
export function readSecrets(path: string): Secrets | Refused {
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(file);
    const isOwn = stat.isFile() && (stat.mode & 0o077) === 0 && stat.uid === process.getuid?.();
    if (!isOwn) return refused("malformed", "--secrets: not a file of this user alone (0600)");
    if (stat.size > fileBytesMax) return refused("oversized", "--secrets: too large");
    return secretsIn(readFileSync(file, "utf8"));
  } catch (error) {
    return refused("malformed", `--secrets: ${(error as NodeJS.ErrnoException).code ?? "unread"}`);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** The secrets in a TOML text. A refusal names a store and a member, never a value. */
export function secretsIn(text: string): Secrets | Refused {
  let tables: Members | undefined;
  try {
    tables = membersIn(parse(text));
  } catch {
    // The parser's message quotes the line, which may be a password.
    return refused("malformed", "--secrets is not TOML");
  }
  const secrets = new Map<string, Secret>();
  for (const [url, table] of Object.entries(tables ?? {})) {
    const secret = secretOf(url, membersIn(table));
    if (isRefused(secret)) return secret;
    secrets.set(url, secret);
  }
  return secrets;
}

function secretOf(url: string, table: Members | undefined): Secret | Refused {
  if (table === undefined) return refused("malformed", `--secrets: ${url} is no table`);
  const known = new Set<string>([...Object.values(names), "host-keys", "also"]);
  const unknown = Object.keys(table).find((name) => !known.has(name));
  if (unknown !== undefined) {
    return refused("malformed", `--secrets: ${url} has an unknown member ${unknown}`);
  }
  const texts = Object.entries(names).flatMap(([member, name]) => {
    const value = textIn(table[name], valueLengthMax);
    return value === "" ? [] : [[member, value] as const];
  });
  const hostKeys = textsIn(table["host-keys"], 256, 64);
  const also = textsIn(table.also, 2048, 64);
  if (!also.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin)) {
    return refused("malformed", `--secrets: ${url}: also takes origins such as https://host:port`);
  }
  return { ...Object.fromEntries(texts), hostKeys, also };
}
