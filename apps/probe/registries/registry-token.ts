/**
 * How a probe shows a registry its secret: as the registry's challenge asks (distribution-spec and
 * the token protocol that all registries share). A token is for reading one thing.
 */

import type { Web } from "../behind/polite-web.ts";
import type { Secret } from "../behind/secrets.ts";
import { jsonIn, membersIn, textIn } from "../endpoints/outside-json.ts";

const tokenLengthMax = 16_384;

export type Challenge = {
  readonly scheme: "basic" | "bearer";
  readonly realm?: string;
  readonly service?: string;
};

/** What `WWW-Authenticate` asks for; `undefined` if it is nothing that a probe can do. */
export function challengeIn(header: string | undefined): Challenge | undefined {
  const match = /^\s*(basic|bearer)\b(.*)$/is.exec((header ?? "").slice(0, 4096));
  if (match === null) return undefined;
  const scheme = match[1]!.toLowerCase() as Challenge["scheme"];
  const value = (name: string) =>
    new RegExp(`\\b${name}="([^"]*)"`, "i").exec(match[2]!)?.[1] ?? undefined;
  const [realm, service] = [value("realm"), value("service")];
  return { scheme, ...(realm && { realm }), ...(service && { service }) };
}

/** A user and password as a header (RFC 7617). */
export function basicHeader({ user = "", password = "" }: Secret): string | undefined {
  if (user === "" && password === "") return undefined;
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

/** What a registry is to be shown for a repository, or for its list of them. */
export type Pass = (scope: string) => Promise<{ readonly [name: string]: string }>;

export type PassParts = {
  readonly challenge: Challenge | undefined;
  readonly secret: Secret;
  readonly web: Web;
  /** The registry's own. */
  readonly origin: string;
};

/** Headers by scope, each asked for once. */
export function openPass(parts: PassParts): Pass {
  const { challenge, secret } = parts;
  const basic = basicHeader(secret);
  const tokens = new Map<string, Promise<string | undefined>>();
  return async (scope) => {
    if (challenge?.scheme === "basic") return basic === undefined ? {} : { authorization: basic };
    if (challenge?.realm === undefined) return {};
    const asked = tokens.get(scope) ?? askToken(parts, scope, basic);
    tokens.set(scope, asked);
    const token = secret.token ?? (await asked);
    return token === undefined ? {} : { authorization: `Bearer ${token}` };
  };
}

async function askToken(
  { challenge, secret, web, origin }: PassParts,
  scope: string,
  basic: string | undefined,
): Promise<string | undefined> {
  const realm = challenge?.realm ?? "";
  const url = URL.canParse(realm, origin) ? new URL(realm, origin) : undefined;
  // The registry names who is to be shown the password: only itself, or whom its owner named.
  if (url === undefined || (url.origin !== origin && url.origin !== secret.tokenService)) {
    return undefined;
  }
  if (challenge?.service !== undefined) url.searchParams.set("service", challenge.service);
  url.searchParams.set("scope", scope);
  const reply = await web.get(url, basic === undefined ? {} : { shown: { authorization: basic } });
  if (typeof reply === "string" || reply.status !== 200) return undefined;
  const members = membersIn(jsonIn(reply.body.toString("utf8")));
  const token =
    textIn(members?.token, tokenLengthMax) || textIn(members?.access_token, tokenLengthMax);
  return /^[\x21-\x7e]+$/.test(token) ? token : undefined;
}
