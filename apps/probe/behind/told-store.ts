/** Stores behind the host that a probe is told to look into. */
import { isRefused, type Refused, refused, type Vantage } from "@writ/core";
import { noSecret, readSecrets, type Secret } from "./secrets.ts";

export const storeKinds = ["registry", "bucket", "hub", "mlflow", "ssh"] as const;
export type StoreKind = (typeof storeKinds)[number];

export type ToldStore = {
  readonly kind: StoreKind;
  /** As it was told; without a password. */
  readonly at: string;
  readonly url: URL;
  readonly secret: Secret;
};

/** By which vantage each kind is seen. */
export const vantageOf: { readonly [K in StoreKind]: Vantage } = {
  registry: "registries",
  hub: "registries",
  mlflow: "registries",
  bucket: "object-stores",
  ssh: "remote-hosts",
};

/** What each kind is told by, for the command line. */
export const storeOptions = {
  registry: { type: "string", multiple: true },
  bucket: { type: "string", multiple: true },
  hub: { type: "string", multiple: true },
  mlflow: { type: "string", multiple: true },
  ssh: { type: "string", multiple: true },
  secrets: { type: "string" },
} as const;

export type ToldTexts = { readonly [K in StoreKind]?: readonly string[] | undefined } & {
  readonly secrets?: string | undefined;
};

/** Reads what was told, and the secrets that go with it. */
export function storesOf(told: ToldTexts): readonly ToldStore[] | Refused {
  const secrets = told.secrets === undefined ? new Map() : readSecrets(told.secrets);
  if (isRefused(secrets)) return secrets;
  const stores: ToldStore[] = [];
  for (const kind of storeKinds) {
    for (const at of told[kind] ?? []) {
      const url = URL.canParse(at) ? new URL(at) : undefined;
      const secret: Secret = secrets.get(at) ?? noSecret;
      const wrong = url === undefined ? "is no URL" : wrongWith(kind, url, secret);
      if (url === undefined || wrong !== undefined) {
        // Not the URL itself: a password in it would be told on.
        return refused("malformed", `--${kind} ${stores.length + 1}: ${wrong}`);
      }
      stores.push({ kind, at, url, secret });
    }
  }
  return stores;
}

function wrongWith(kind: StoreKind, url: URL, secret: Secret): string | undefined {
  if (url.password !== "") return "a password belongs into the file of --secrets";
  if (kind === "ssh") {
    if (url.protocol !== "ssh:" || url.username === "")
      return "must be ssh://USER@HOST[:PORT]/PATH";
    // Without a pinned key whoever answers first would be taken for the host.
    return secret.hostKeys.length === 0 ? "needs host-keys in the file of --secrets" : undefined;
  }
  if (!/^https?:$/.test(url.protocol) || url.username + url.search + url.hash !== "") {
    return "must be an http(s) URL without a user, query or fragment";
  }
  if (kind === "bucket" && !/^\/[^/]+/.test(url.pathname)) return "must be https://HOST/BUCKET";
  const hasSecret = Object.keys(secret).some((name) => name !== "hostKeys" && name !== "also");
  return hasSecret && url.protocol === "http:" && !isLoopback(url)
    ? "secrets are not sent without TLS, but to this host itself"
    : undefined;
}

function isLoopback({ hostname }: URL): boolean {
  return /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}
