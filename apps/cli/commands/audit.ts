/** `writ audit`: trusts nobody; refolds the journal and compares what the server tells with it. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Digest, isRefused, type Refused, refused, spokenCount, toUtf8 } from "@writ/core";
import {
  httpJournalSource,
  type JournalSource,
  JournalTree,
  openSqliteStore,
  systemClock,
} from "@writ/node";
import type { Api } from "@writ/node/api";
import { Command } from "commander";
import { Audit, type Audited, differences, type Told, toldBy, toldOf } from "../audit.ts";
import { type Cli, examples, jsonHelp } from "../cli.ts";
import { dataHelp, homeFolder, readEstateFile } from "../home.ts";
import { isProblem, type Outcome, type Problem, problem, refusalProblem } from "../outcome.ts";
import { openProgress, type Progress } from "../progress.ts";
import { printJson, type Shell } from "../shell.ts";
import { durationText, whenText } from "../words.ts";

type AuditOptions = {
  readonly url?: string;
  readonly estate?: string;
  readonly offline?: boolean;
  readonly data?: string;
  readonly json?: boolean;
};

/** A checkpoint comes within 15 s even of an idle journal; a stuck one is worth saying. */
const checkpointMillisecondsMax = 60_000;
const pollMilliseconds = 300;

export function auditCommand({ shell, run }: Cli): Command {
  return new Command("audit")
    .option("--url <url>", "the server to audit (default: the estate's own)")
    .option("--estate <digest>", "the estate that it must be (default: that of estate.json)")
    .option("--offline", "read the journal from the data folder, with no server")
    .option("--data <dir>", dataHelp)
    .option("--json", jsonHelp)
    .addHelpText("after", examples("./writ audit", "./writ audit --offline --data ~/.writ"))
    .action((options: AuditOptions) => run(options, () => audit(shell, options)));
}

async function audit(shell: Shell, options: AuditOptions): Promise<Outcome> {
  const began = shell.now();
  const folder = homeFolder(shell, options.data);
  const file = await readEstateFile(folder);
  if (isProblem(file) && (options.url === undefined || options.estate === undefined)) return file;
  const pin = (options.estate ?? (file as { estate: Digest }).estate) as Digest;
  const url = options.url ?? (file as { url: string }).url;
  const progress = openProgress(shell, options.json);
  progress.stage("reading the journal");
  try {
    const result =
      options.offline === true
        ? await auditFolder(folder, pin, progress)
        : await auditServer((await import("@writ/node/api")).openApi(url), url, { pin, progress });
    progress.done();
    if (isProblem(result)) return { ...result, detail: `the audit failed: ${result.detail}` };
    tell(shell, result, { json: options.json, milliseconds: shell.now() - began });
    return result.differs.length === 0 ? 0 : 1;
  } finally {
    progress.done();
  }
}

type Result = {
  readonly audited: Audited;
  /** What the server tells otherwise than the journal; empty if nothing, or if it was not asked. */
  readonly differs: readonly (keyof Told)[];
  readonly compared: boolean;
};

/**
 * The server goes on while it is audited: what it told lies between two sizes, and must be what the
 * fold comes to at one of them.
 */
async function auditServer(
  api: Api,
  url: string,
  { pin, progress }: { readonly pin: Digest; readonly progress: Progress },
): Promise<Result | Problem> {
  const before = await api.estate();
  if (isRefused(before)) return refusalProblem(before);
  const told = await askedOf(api);
  if (isProblem(told)) return told;
  const after = await api.estate();
  if (isRefused(after)) return refusalProblem(after);
  let least: readonly (keyof Told)[] | undefined;
  const run = new Audit({
    source: httpJournalSource(`${url.replace(/\/$/, "")}/journal`),
    pin,
    blob: (digest) => api.blob(digest),
    onProgress: (size) => progress.update(`${spokenCount(size)} entries`),
    onEstate: {
      from: before.size,
      told: (estate) => {
        if (estate.size > after.size || least?.length === 0) return;
        const differs = differences(toldOf(estate), told);
        if (least === undefined || differs.length < least.length) least = differs;
      },
    },
  });
  const audited = await readTo(run, after.size);
  if (isRefused(audited)) return refusalProblem(audited);
  return { audited, differs: least ?? [], compared: true };
}

/** Reads on until a checkpoint covers so many entries. */
async function readTo(run: Audit, size: number): Promise<Audited | Refused> {
  const deadline = Date.now() + checkpointMillisecondsMax;
  for (;;) {
    const audited = await run.readOn();
    if (isRefused(audited) || audited.estate.size >= size) return audited;
    if (Date.now() > deadline) {
      return refused(
        "not-cosigned",
        `no cosigned checkpoint covers ${size} entries; the newest has ${audited.estate.size}`,
      );
    }
    await sleep(pollMilliseconds);
  }
}

async function askedOf(api: Api): Promise<Told | Problem> {
  const [register, writs, found] = await Promise.all([api.register(), api.writs(), api.findings()]);
  if (isRefused(register)) return refusalProblem(register);
  if (isRefused(writs)) return refusalProblem(writs);
  if (isRefused(found)) return refusalProblem(found);
  return toldBy({ register, writs, findings: found });
}

/** The journal as it lies on disk, up to the checkpoint that was published last. */
async function auditFolder(
  folder: string,
  pin: Digest,
  progress: Progress,
): Promise<Result | Problem> {
  const store = await openSqliteStore(join(folder, "server"), systemClock);
  try {
    const published = await store.latestCheckpoint();
    if (published === undefined) {
      return problem("not-cosigned", "this journal has no checkpoint yet", "run ./writ up once");
    }
    const size = await store.size();
    const tree = new JournalTree(store, () => size);
    const source: JournalSource = {
      checkpoint: async () => toUtf8(published.text),
      tile: (path) => tree.tile(path),
    };
    const run = new Audit({
      source,
      pin,
      blob: (digest) => store.getBlob(digest),
      onProgress: (at) => progress.update(`${spokenCount(at)} of ${spokenCount(size)} entries`),
    });
    const audited = await run.readOn();
    if (isRefused(audited)) return refusalProblem(audited);
    return { audited, differs: [], compared: false };
  } finally {
    await store.close();
  }
}

function tell(
  shell: Shell,
  { audited, differs, compared }: Result,
  how: { readonly json: boolean | undefined; readonly milliseconds: number },
): void {
  const { estate, cosigned } = audited;
  const { size, root, time } = cosigned;
  const sound = differs.length === 0;
  if (how.json === true) {
    const asOf = new Date(time).toISOString();
    printJson(shell, { sound, entries: size, root, asOf, estate: estate.id, compared, differs });
    return;
  }
  const verdict = sound ? shell.tone("good", "sound") : shell.tone("bad", "the server differs");
  const server = compared
    ? sound
      ? "the server tells what the journal comes to: register, writs, findings"
      : `the server tells another ${differs.join(", ")} than the journal; believe the journal`
    : "no server was asked";
  shell.out(
    `${verdict}  ${spokenCount(size)} entries in ${durationText(how.milliseconds)}\n` +
      "  every signature, chain, plan, blob and trust root checked from the first entry on\n" +
      `  root ${root}\n` +
      `  cosigned by a threshold of its witnesses, ${whenText(time, shell.now())}\n` +
      `  ${server}\n`,
  );
}
