/** The notifier as a process: `node apps/notifier/main.ts run|test|list --data DIR …`. */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { inertAscii, isDigest, isRefused, type Refused } from "@writ/core";
import {
  Follower,
  httpJournalSource,
  logLines,
  openBundleCache,
  systemClock,
  verifyNative,
} from "@writ/node";
import { openApi } from "@writ/node/api";
import { type Config, readConfig } from "./config.ts";
import { Ledger, type Listed } from "./ledger.ts";
import { testNotice } from "./notice.ts";
import { Notifier, send } from "./notifier.ts";

const usage = `usage: notifier run  --data DIR --config FILE --server URL --estate sha256:…
       notifier test --config FILE [--channel NAME] [--json]
       notifier list --data DIR [--json]
  --data DIR     the notifier's own folder: what was told to whom
  --config FILE  channels, as YAML; secrets are named there by file or environment variable
  --server URL   where the journal is read; what it says is checked against the estate
  --estate …     digest of the estate's first trust root
`;

const log = logLines("notifier", systemClock, (line) => process.stderr.write(line));
const pollMilliseconds = 1000;

type Flags = ReturnType<typeof flagsOf>;

function flagsOf(args: readonly string[]) {
  const text = { type: "string" } as const;
  const options = { data: text, config: text, server: text, estate: text, channel: text };
  const json = { type: "boolean" } as const;
  return parseArgs({ args: [...args], options: { ...options, json, help: json }, strict: true })
    .values;
}

async function main(): Promise<number> {
  const [command, ...rest] = process.argv.slice(2);
  let flags: Flags;
  try {
    flags = flagsOf(rest);
  } catch (error) {
    return badUse((error as Error).message);
  }
  if (command === "--help" || flags.help === true) {
    process.stdout.write(usage);
    return 0;
  }
  switch (command) {
    case "run":
      return run(flags);
    case "test":
      return test(flags);
    case "list":
      return list(flags);
    default:
      return badUse("the first word is run, test or list");
  }
}

async function run({ data, config: file, server, estate }: Flags): Promise<number> {
  if (data === undefined || file === undefined || server === undefined) {
    return badUse("--data, --config and --server are needed");
  }
  if (!isDigest(estate)) return badUse("--estate is not a digest: see estate.json");
  const config = await readConfig(file, process.env);
  if (isRefused(config)) return refusal(config);
  await mkdir(data, { recursive: true, mode: 0o700 });
  const ledger = new Ledger(join(data, "notices.sqlite"));
  const api = openApi(server);
  const follower = new Follower({
    source: httpJournalSource(new URL("journal", `${server.replace(/\/$/, "")}/`).href),
    blob: (digest) => api.blob(digest),
    pin: estate,
    verify: verifyNative,
    cache: openBundleCache(join(data, "journal")),
    onEntry: () => {},
  });
  const notifier = new Notifier({ follower, ledger, config, clock: systemClock, log });
  const stopping = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => stopping.abort());
  process.stdout.write(`${JSON.stringify({ ready: true, address: null })}\n`);
  const { signal } = stopping;
  while (!signal.aborted) {
    await notifier.round(signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    await systemClock.sleep(pollMilliseconds, signal).catch(() => {});
  }
  ledger.close();
  return 0;
}

/** Sends one test notice over each channel, now, whatever the hour. */
async function test({ config: file, channel: only, json }: Flags): Promise<number> {
  if (file === undefined) return badUse("--config is needed");
  const config = await readConfig(file, process.env);
  if (isRefused(config)) return refusal(config);
  const chosen = channelsOf(config, only);
  if (chosen.length === 0) return badUse("there is no such channel in the file");
  const now = Date.now();
  const notice = testNotice(now);
  const results = await Promise.all(
    chosen.map(async (channel) => {
      const problem = await send(channel, [notice], { id: `${notice.id}-${channel.name}`, now });
      return { channel: channel.name, kind: channel.kind, problem: problem?.detail };
    }),
  );
  if (json === true) process.stdout.write(`${JSON.stringify(results)}\n`);
  else {
    for (const { channel, kind, problem } of results) {
      const says = problem === undefined ? "delivered" : `not delivered: ${inertAscii(problem)}`;
      process.stdout.write(`${channel} (${kind})  ${says}\n`);
    }
  }
  return results.some(({ problem }) => problem !== undefined) ? 1 : 0;
}

function channelsOf({ channels }: Config, only: string | undefined) {
  return only === undefined ? channels : channels.filter(({ name }) => name === only);
}

function list({ data, json }: Flags): number {
  if (data === undefined) return badUse("--data is needed");
  const rows = rowsIn(join(data, "notices.sqlite"));
  if (json === true) process.stdout.write(`${JSON.stringify(rows)}\n`);
  else if (rows.length === 0) process.stdout.write("nothing was told yet\n");
  for (const { channel, state, title, attempts, problem } of json === true ? [] : rows) {
    const why = problem === undefined ? "" : `  (${attempts} times: ${inertAscii(problem)})`;
    process.stdout.write(`${state.padEnd(9)}  ${channel}  ${title}${why}\n`);
  }
  return rows.some(({ state }) => state === "given-up") ? 1 : 0;
}

function rowsIn(path: string): readonly Listed[] {
  if (!existsSync(path)) return [];
  const ledger = new Ledger(path);
  try {
    return ledger.list();
  } finally {
    ledger.close();
  }
}

function badUse(detail: string): number {
  process.stderr.write(`error: ${detail}\n${usage}`);
  return 2;
}

function refusal({ refused: code, detail }: Refused): number {
  process.stderr.write(`error: ${detail} (${code})\n`);
  return code === "malformed" ? 2 : 1;
}

process.exitCode = await main();
