/**
 * Who is told, and how: a YAML file. Secrets are named by file or environment variable, and stand
 * neither here nor in the journal.
 */
import { readFile, stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { isRefused, type Json, type Refused, refused, shape } from "@writ/core";
import { parse as parseYaml } from "yaml";
import { isZone, type QuietHours } from "./quiet.ts";

const { boolean, integer, list, matching, object, oneOf, optional, tagged, text } = shape;

/** A file of a few channels; more is a mistake. */
const configBytesMax = 262_144;
const secretBytesMax = 16_384;

const secret = object({ env: optional(text(256)), file: optional(text(1024)) });
const clockTime = matching(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, "a time such as 22:30");
const severity = oneOf("critical", "high", "medium", "low");
const url = matching(/^https?:\/\/[^\s]{1,2000}$/, "an http or https address");
const quiet = object({ zone: text(64), from: clockTime, to: clockTime });
const common = { name: matching(/^[a-z0-9][a-z0-9-]{0,63}$/, "a plain name"), least: severity };

const email = object({
  ...common,
  kind: oneOf("email"),
  host: text(255),
  port: integer(1, 65_535),
  /** True: TLS from the start. False: STARTTLS, or nothing is sent but to this machine. */
  tls: boolean,
  user: optional(text(255)),
  password: optional(secret),
  from: text(255),
  to: list(text(255), 50),
  quiet: optional(quiet),
});
const webhook = object({
  ...common,
  kind: oneOf("webhook"),
  url,
  secret,
  quiet: optional(quiet),
});
const slack = object({ ...common, kind: oneOf("slack"), url: secret, quiet: optional(quiet) });
const pagerduty = object({
  ...common,
  kind: oneOf("pagerduty"),
  key: secret,
  /** Another address than PagerDuty's own, of what speaks Events v2 too. */
  url: optional(url),
  quiet: optional(quiet),
});

type ReadChannel =
  | shape.Shaped<typeof email>
  | shape.Shaped<typeof webhook>
  | shape.Shaped<typeof slack>
  | shape.Shaped<typeof pagerduty>;

const fileShape = object({
  channels: list(tagged<ReadChannel>("kind", { email, webhook, slack, pagerduty }), 50),
  /** Without a newer witnessed checkpoint for so long, people are told that the server hides. */
  staleSeconds: optional(integer(60, 86_400)),
});

/** A channel with its secrets read. */
export type Channel = {
  readonly name: string;
  readonly least: "critical" | "high" | "medium" | "low";
  readonly quiet: QuietHours | undefined;
} & (
  | (Pick<shape.Shaped<typeof email>, "kind" | "host" | "port" | "tls" | "from" | "to"> & {
      readonly user: string | undefined;
      readonly password: string | undefined;
    })
  | { readonly kind: "webhook"; readonly url: string; readonly secret: string }
  | { readonly kind: "slack"; readonly url: string }
  | { readonly kind: "pagerduty"; readonly url: string; readonly key: string }
);

export type Config = { readonly channels: readonly Channel[]; readonly staleMilliseconds: number };

const staleSecondsUsual = 600;
const pagerdutyUrl = "https://events.pagerduty.com/v2/enqueue";

type Sources = { readonly folder: string; readonly env: NodeJS.ProcessEnv };

/** Reads the file and the secrets that it names. */
export async function readConfig(path: string, env: NodeJS.ProcessEnv): Promise<Config | Refused> {
  const bytes = await readFile(path).catch(() => undefined);
  if (bytes === undefined) return refused("unavailable", `cannot read ${path}`);
  if (bytes.length > configBytesMax) return refused("oversized", `${path} is too large`);
  let json: Json;
  try {
    json = parseYaml(bytes.toString("utf8"), { maxAliasCount: 0 }) as Json;
  } catch (error) {
    return refused("malformed", (error as Error).message.split("\n")[0]!);
  }
  const read = fileShape(json, "notify");
  if (isRefused(read)) return read;
  const names = new Set(read.channels.map(({ name }) => name));
  if (names.size !== read.channels.length) return refused("malformed", "two channels of one name");
  const channels: Channel[] = [];
  for (const channel of read.channels) {
    const opened = await open(channel, { folder: join(path, ".."), env });
    if (isRefused(opened)) return opened;
    channels.push(opened);
  }
  return { channels, staleMilliseconds: (read.staleSeconds ?? staleSecondsUsual) * 1000 };
}

async function open(channel: ReadChannel, sources: Sources): Promise<Channel | Refused> {
  const { name, least } = channel;
  const hours = quietHours(channel.quiet);
  if (isRefused(hours)) return refused("malformed", `${name}: ${hours.detail}`);
  const common = { name, least, quiet: hours };
  switch (channel.kind) {
    case "email": {
      const { kind, host, port, tls, from, to, user } = channel;
      const password =
        channel.password === undefined
          ? undefined
          : await secretOf(channel.password, sources, `${name}.password`);
      if (isRefused(password)) return password;
      return { ...common, kind, host, port, tls, from, to, user, password };
    }
    case "webhook": {
      const key = await secretOf(channel.secret, sources, `${name}.secret`);
      return isRefused(key) ? key : { ...common, kind: "webhook", url: channel.url, secret: key };
    }
    case "slack": {
      const hook = await secretOf(channel.url, sources, `${name}.url`);
      return isRefused(hook) ? hook : { ...common, kind: "slack", url: hook };
    }
    case "pagerduty": {
      const key = await secretOf(channel.key, sources, `${name}.key`);
      if (isRefused(key)) return key;
      return { ...common, kind: "pagerduty", key, url: channel.url ?? pagerdutyUrl };
    }
    default:
      return channel satisfies never;
  }
}

function quietHours(
  told: shape.Shaped<typeof quiet> | undefined,
): QuietHours | undefined | Refused {
  if (told === undefined) return undefined;
  if (!isZone(told.zone)) return refused("malformed", "quiet.zone is no time zone");
  const minutes = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
  return { zone: told.zone, from: minutes(told.from), to: minutes(told.to) };
}

async function secretOf(
  { env, file }: shape.Shaped<typeof secret>,
  { folder, env: environment }: Sources,
  what: string,
): Promise<string | Refused> {
  if ((env === undefined) === (file === undefined)) {
    return refused("malformed", `${what} names either env or file`);
  }
  if (env !== undefined) {
    return environment[env] || refused("unavailable", `${what}: ${env} is not set`);
  }
  const path = isAbsolute(file!) ? file! : join(folder, file!);
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined || facts.size > secretBytesMax) {
    return refused("unavailable", `${what}: cannot read ${path}`);
  }
  // Whoever else reads it can ring everybody's pager, or answer for us.
  if ((facts.mode & 0o077) !== 0) {
    return refused("exposed-key", `${what}: others can read ${path}`);
  }
  return (await readFile(path, "utf8")).trim();
}
