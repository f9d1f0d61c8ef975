/** Attacking the journal: its past edited, cut, reordered, forked; its clock turned. */
import { cp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { hashLeaf } from "@writ/core";
import { askApp } from "../app.ts";
import type { Estate } from "../estate.ts";
import { must } from "../must.ts";
import { Missed, type Row, type Seen } from "../row.ts";
import type { Stage } from "../stage.ts";

type Answer = {
  readonly sound?: boolean;
  readonly differs?: readonly string[];
  readonly error?: { readonly code: string; readonly detail: string };
};

/** Runs `writ audit` over the estate; answers its finding, or that all is sound. */
async function audit(estate: Estate, ...words: readonly string[]): Promise<string> {
  const asked = ["audit", "--data", estate.folder, "--json", ...words];
  const { text } = await askApp(estate.control, "cli", asked);
  const answer = JSON.parse(text) as Answer;
  if (answer.error !== undefined) return `${answer.error.code}: ${answer.error.detail}`;
  return answer.sound === true ? "sound" : `differs: ${answer.differs?.join(", ")}`;
}

/** Works on the journal's file while the server is away. */
function onFile<T>(estate: Estate, work: (journal: DatabaseSync) => T): T {
  const journal = new DatabaseSync(join(estate.data("server"), "journal.sqlite"));
  try {
    return work(journal);
  } finally {
    journal.close();
  }
}

/** Keeps the server's folder, lets somebody work on the journal, and puts the folder back. */
async function tampered(
  stage: Stage,
  work: (journal: DatabaseSync) => void,
): Promise<readonly Seen[]> {
  const { estate } = stage;
  const folder = estate.data("server");
  await estate.server.kill("SIGTERM");
  await cp(folder, `${folder}.kept`, { recursive: true });
  try {
    onFile(estate, work);
    return await noticed(estate);
  } finally {
    await estate.server.kill();
    await rm(folder, { recursive: true });
    await cp(`${folder}.kept`, folder, { recursive: true });
    await rm(`${folder}.kept`, { recursive: true });
    await estate.server.start();
    await stage.looked();
  }
}

/**
 * Who notices: the audit of what lies on disk, and the server itself or an audit of what it tells.
 */
async function noticed(estate: Estate): Promise<readonly Seen[]> {
  const since = Date.now();
  const seen: Seen[] = [];
  const offline = await audit(estate, "--offline");
  const first = Date.now() - since;
  if (offline === "sound") throw new Missed("`writ audit --offline` calls it sound");
  seen.push({ as: "audit of the disk", where: offline, milliseconds: first });
  const began = Date.now();
  if (!(await estate.server.tries())) {
    const where = "the server does not come up on it";
    return [...seen, { as: "refused", where, milliseconds: Date.now() - began }];
  }
  const online = await audit(estate);
  if (online === "sound") throw new Missed("the server runs on it, and its audit calls it sound");
  return [...seen, { as: "audit of the server", where: online, milliseconds: Date.now() - began }];
}

type Row0 = { readonly position: number; readonly bytes: Uint8Array };

/** Entries of the middle, long since witnessed. */
function middle(journal: DatabaseSync, count: number): readonly Row0[] {
  const { size } = journal.prepare("SELECT count(*) AS size FROM entry").get() as { size: number };
  const from = Math.floor(size / 2);
  const some = journal.prepare(
    "SELECT position, bytes FROM entry WHERE position >= ? ORDER BY position LIMIT ?",
  );
  return some.all(from, count) as unknown as readonly Row0[];
}

function rewrite(journal: DatabaseSync, position: number, bytes: Uint8Array): void {
  const hash = hashLeaf(bytes);
  journal
    .prepare("UPDATE entry SET bytes = ?, leaf_hash = ? WHERE position = ?")
    .run(bytes, hash, position);
}

function edited(journal: DatabaseSync): void {
  const [{ position, bytes }] = middle(journal, 1) as [Row0];
  const copy = Buffer.from(bytes);
  copy[copy.length >> 1]! ^= 1;
  rewrite(journal, position, copy);
}

function editedQuietly(journal: DatabaseSync): void {
  const [{ position, bytes }] = middle(journal, 1) as [Row0];
  const copy = Buffer.from(bytes);
  copy[copy.length >> 1]! ^= 1;
  journal.prepare("UPDATE entry SET bytes = ? WHERE position = ?").run(copy, position);
}

function reordered(journal: DatabaseSync): void {
  const [one, other] = middle(journal, 2) as [Row0, Row0];
  rewrite(journal, one.position, other.bytes);
  rewrite(journal, other.position, one.bytes);
}

function truncated(journal: DatabaseSync): void {
  const [{ position }] = middle(journal, 1) as [Row0];
  journal.prepare("DELETE FROM entry WHERE position >= ?").run(position);
}

/** An older copy of the server's folder is put back, and goes on from there. */
async function forked(stage: Stage): Promise<readonly Seen[]> {
  const { estate } = stage;
  const { executor } = estate.at("h1");
  const folder = estate.data("server");
  await estate.server.kill("SIGTERM");
  await cp(folder, `${folder}.old`, { recursive: true });
  await estate.server.start();
  const note = { kind: "claim", says: "note", note: "what is to be forgotten" } as const;
  must(await estate.keys.butler.say(estate, note));
  await stage.looked();
  await estate.server.kill("SIGTERM");
  await cp(folder, `${folder}.kept`, { recursive: true });
  await rm(folder, { recursive: true });
  await cp(`${folder}.old`, folder, { recursive: true });
  const since = Date.now();
  const known = (await readFile(executor.log, "utf8")).length;
  try {
    await estate.server.start();
    const other = { ...note, note: "what happened instead" };
    must(await estate.keys.butler.say(estate, other));
    const told = await stage.waitFor(() => distrustSaid(stage, known));
    if (told === undefined) throw new Missed("the executor goes on with the forked journal");
    const milliseconds = Date.now() - since;
    const audited = await audit(estate);
    if (audited === "sound") throw new Missed("the forked journal was cosigned and audited");
    return [
      { as: `executor: ${told}`, where: "it does nothing", milliseconds },
      { as: "audit of the server", where: audited, milliseconds: Date.now() - since },
    ];
  } finally {
    await estate.server.kill();
    await rm(folder, { recursive: true });
    await rm(`${folder}.old`, { recursive: true });
    await cp(`${folder}.kept`, folder, { recursive: true });
    await rm(`${folder}.kept`, { recursive: true });
    await estate.server.start();
    await stage.looked();
  }
}

/**
 * The code by which the executor's log says, after so many characters, that it believes no more.
 */
async function distrustSaid({ estate }: Stage, known: number): Promise<string | undefined> {
  const log = (await readFile(estate.at("h1").executor.log, "utf8")).slice(known);
  return /"code":"(rollback-of-history|fork|not-cosigned)"/.exec(log)?.[1];
}

/** A process with a clock that is off, as far as JavaScript can tell. */
function clockOff(milliseconds: number): { readonly NODE_OPTIONS: string } {
  const script =
    `const real=Date.now;const off=${milliseconds};Date.now=()=>real()+off;` +
    "globalThis.Date=new Proxy(Date,{construct:(D,a)=>a.length?new D(...a):new D(D.now())})";
  const source = Buffer.from(script).toString("base64");
  return { NODE_OPTIONS: `--import=data:text/javascript;base64,${source}` };
}

const yearMilliseconds = 366 * 86_400_000;
/** Witnesses tell whole seconds, and a busy machine takes its own. */
const toleranceMilliseconds = 60_000;

/** Restarts an app by another clock; the witnessed time must stay what it is. */
async function clockTurned(
  stage: Stage,
  which: "server" | "witness",
  off: number,
): Promise<readonly Seen[]> {
  const { estate } = stage;
  const app = which === "server" ? estate.server : estate.witnesses[0]!;
  const since = Date.now();
  await app.kill("SIGTERM");
  await app.start({ environment: clockOff(off) });
  try {
    await sleep(3_000);
    await stage.looked();
    const { time } = must(await estate.api.estate());
    const error = Math.abs(time - Date.now());
    // A witness that is behind holds time up: nothing expires early, and that is the safe side.
    const behind = which === "witness" && off < 0 && time < Date.now();
    if (error > toleranceMilliseconds && !behind) {
      throw new Missed(`witnessed time is off by ${error} ms`);
    }
    const years = off > 0 ? "a year ahead" : "a year behind";
    const where = `${which} ${years}: witnessed time is off by ${Math.round(error / 1000)} s`;
    return [{ as: "no effect", where, milliseconds: Date.now() - since }];
  } finally {
    await app.kill("SIGTERM");
    await app.start({ environment: {} });
    await stage.looked();
  }
}

export const w04: Row = {
  id: "W04",
  must: "fork / rollback-of-history / refused",
  hosts: ["h1"],
  alone: {},
  twin: {
    name: "the projection deleted, the server restarted: a cache, rebuilt",
    play: async (stage) => {
      const { estate } = stage;
      await estate.server.kill("SIGTERM");
      onFile(estate, (journal) => journal.exec("DELETE FROM projection"));
      await estate.server.start();
      await stage.looked();
      const audited = await audit(estate);
      if (audited !== "sound") throw new Missed(audited);
    },
  },
  acts: [
    { name: "an entry edited", play: (stage) => tampered(stage, editedQuietly) },
    { name: "an entry edited, its hash with it", play: (stage) => tampered(stage, edited) },
    { name: "two entries in another order", play: (stage) => tampered(stage, reordered) },
    { name: "cut off in the middle", play: (stage) => tampered(stage, truncated) },
    { name: "an older copy put back, and gone on from", play: forked },
    {
      name: "the server's clock turned forward",
      play: (stage) => clockTurned(stage, "server", yearMilliseconds),
    },
    {
      name: "the server's clock turned back",
      play: (stage) => clockTurned(stage, "server", -yearMilliseconds),
    },
    {
      name: "one witness's clock turned forward",
      play: (stage) => clockTurned(stage, "witness", yearMilliseconds),
    },
  ],
};
