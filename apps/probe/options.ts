/** What a probe is told when it is started. */
import { parseArgs } from "node:util";
import { type Digest, isDigest, isRefused, type Refused, refused } from "@writ/core";
import { storeOptions, storesOf, type ToldStore } from "./behind/told-store.ts";
import { isRoot } from "./look.ts";

export const usage = `usage: probe --server URL --data DIR --host NAME --root PATH [--root PATH ...]
             [--usual] [--exclude PATH ...] [--endpoint URL ...] [--engine PATH ...]
             [--registry URL ...] [--bucket URL ...] [--hub URL ...] [--mlflow URL ...]
             [--ssh URL ...] [--secrets FILE] [--interval SECONDS] [--estate DIGEST]

  --server    where the journal is kept
  --data      the probe's own folder: its key, what it has yet to send, digests it knows
  --host      the name of this host in the register
  --root      an absolute path to look under, whole; as often as needed
  --usual     besides, all places of this host and user where models usually lie
  --exclude   a path that is not looked at; each is told in every census
  --endpoint  a URL to ask what models it serves, besides all that listens on this host
  --engine    a container engine's socket, or a folder of images: Podman's, Docker's or containerd's
              storage, an OCI layout; with --usual, the usual ones besides
  --registry  an OCI registry, https://HOST[/REPOSITORY], to look into: every tag, or that repository
  --bucket    https://HOST/BUCKET[/PREFIX], of anything that speaks S3
  --hub       https://HOST/ORGANISATION or https://HOST/OWNER/MODEL of a Hugging Face-style hub
  --mlflow    an MLflow tracking server, for its model registry and artefacts
  --ssh       ssh://USER@HOST[:PORT]/PATH: files of another host, over SFTP
  --secrets   a TOML file, 0600: what each of these is shown; see docs/stores.md
  --interval  seconds from the start of one look to the next (60)
  --estate    the estate this probe serves; else the first that the server names, for good
`;

/** Looks further apart than this would leave a host unseen for longer than anyone should accept. */
const intervalSecondsMax = 86_400;
const intervalSecondsUsual = 60;

export type Options = {
  readonly server: URL;
  readonly data: string;
  readonly host: string;
  readonly roots: readonly string[];
  readonly excluded: readonly string[];
  readonly urls: readonly URL[];
  readonly engines: readonly string[];
  readonly stores: readonly ToldStore[];
  readonly intervalMilliseconds: number;
  readonly estate: Digest | undefined;
};

/** Places to add if the usual ones are asked for: those that exist. */
export type Usual = {
  readonly roots: () => readonly string[];
  readonly engines: () => readonly string[];
};

/** Reads the command line. */
export function readOptions(args: readonly string[], usual: Usual): Options | Refused {
  const values = valuesOf(args);
  if (isRefused(values)) return values;
  const { server, data, host, exclude = [], interval, estate } = values;
  const root = [...(values.root ?? []), ...(values.usual === true ? usual.roots() : [])];
  const engines = [...(values.engine ?? []), ...(values.usual === true ? usual.engines() : [])];
  if (server === undefined || data === undefined || host === undefined || root.length === 0) {
    return refused("malformed", "--server, --data, --host and a --root are needed");
  }
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    return refused("malformed", "--server is not an http(s) URL");
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9._:@+-]{0,127}$/.test(host)) {
    return refused("malformed", "--host is not a name");
  }
  const relative = [...root, ...exclude, ...engines].find((path) => !isRoot(path));
  if (relative !== undefined)
    return refused("malformed", "each --root, --exclude and --engine must be an absolute path");
  const seconds = interval === undefined ? intervalSecondsUsual : Number(interval);
  if (!(seconds >= 1 && seconds <= intervalSecondsMax)) {
    return refused("malformed", `--interval is not from 1 to ${intervalSecondsMax} seconds`);
  }
  if (estate !== undefined && !isDigest(estate)) {
    return refused("malformed", "--estate is not a digest");
  }
  const urls = urlsOf(values.endpoint ?? []);
  if (isRefused(urls)) return urls;
  const stores = storesOf(values);
  if (isRefused(stores)) return stores;
  const intervalMilliseconds = seconds * 1000;
  const looked = { roots: root, excluded: exclude, urls, engines, stores };
  return { server: url, data, host, ...looked, intervalMilliseconds, estate };
}

/** URLs to ask for a model API. One with a password would have the probe send a credential. */
export function urlsOf(texts: readonly string[]): readonly URL[] | Refused {
  const urls = texts.map((text) => (URL.canParse(text) ? new URL(text) : undefined));
  const sound = urls.flatMap((url) =>
    url !== undefined && /^https?:$/.test(url.protocol) && url.username + url.password === ""
      ? [url]
      : [],
  );
  return sound.length === texts.length
    ? sound
    : refused("malformed", "each --endpoint must be an http(s) URL without a password");
}

function valuesOf(args: readonly string[]) {
  const options = {
    server: { type: "string" },
    data: { type: "string" },
    host: { type: "string" },
    root: { type: "string", multiple: true },
    usual: { type: "boolean" },
    exclude: { type: "string", multiple: true },
    endpoint: { type: "string", multiple: true },
    engine: { type: "string", multiple: true },
    ...storeOptions,
    interval: { type: "string" },
    estate: { type: "string" },
  } as const;
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values;
  } catch (error) {
    return refused("malformed", (error as Error).message);
  }
}
