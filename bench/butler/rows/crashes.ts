/** Crashes at any instant, acknowledgements that never come, a disk that is full. */
import { randomInt } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Digest, isRefused, parseEntry } from "@writ/core";
import type { App } from "../app.ts";
import type { ReleaseName } from "../component.ts";
import { must } from "../must.ts";
import { honest, openProxy } from "../proxy.ts";
import { Missed, NotPlayed, type Row, type Seen } from "../row.ts";
import type { Ordered, Stage } from "../stage.ts";

const serverDiskBytes = 64 * 1024 * 1024;
/** Rollbacks under fire; in each, every app is killed at an instant of its own. */
const rounds = 4;
const killWithinMilliseconds = 4_000;
const awayMillisecondsMax = 500;
/** Of ten acknowledgements, so many never arrive. */
const lostOfTen = 7;
const notesBefore = 20;

/** What the journal holds of a writ's steps, and what the host itself tells of them. */
async function tally(stage: Stage, writ: Digest): Promise<ReadonlyMap<string, number>> {
  const { api } = stage.estate;
  const { size } = must(await api.estate());
  const counts = new Map<string, number>();
  for (let index = 0; index < size; index += 1) {
    const bytes = new Uint8Array(Buffer.from(must(await api.entry(index)).entry, "base64"));
    const entry = parseEntry(bytes);
    if (isRefused(entry) || entry.body.kind !== "execution" || entry.body.writ !== writ) continue;
    const name = `step ${entry.body.step} ${entry.body.phase}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** Each step was begun once and ended once, and the service runs once. */
async function onceOnly(stage: Stage, writ: Digest): Promise<string> {
  const counts = await tally(stage, writ);
  for (const [name, count] of counts) {
    if (count !== 1) throw new Missed(`${name} stands ${count} times`);
  }
  const census = await stage.census("h1");
  const { port } = stage.site();
  const served = census.processes.filter(({ listens }) => listens.includes(port));
  if (served.length !== 1) throw new Missed(`${served.length} processes serve`);
  const said = [...counts.keys()].filter((name) => name.endsWith("indeterminate"));
  return said.length === 0 ? "no outcome unknown" : said.join(", ");
}

async function killedOnce(app: App): Promise<void> {
  await sleep(randomInt(killWithinMilliseconds));
  await app.kill();
  await sleep(randomInt(awayMillisecondsMax));
  await app.start();
}

/** Approves though the server may be away: people try again. */
async function approved(stage: Stage, writ: Ordered): Promise<void> {
  for (const person of ["ben", "cleo"] as const) {
    const done = await stage.waitFor(async () =>
      writ.approve(person).then(
        () => true,
        (error: Error) => (error.message.startsWith("already-decided") ? true : undefined),
      ),
    );
    if (done === undefined) throw new Missed(`${person} could not approve`);
  }
}

async function underFire(stage: Stage): Promise<readonly Seen[]> {
  const { estate } = stage;
  const seen: Seen[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const [from, to]: readonly ReleaseName[] = round % 2 === 1 ? ["4.2", "3.8"] : ["3.8", "4.2"];
    const writ = await stage.order(from, to);
    const since = Date.now();
    const kills = estate.apps.map(killedOnce);
    await approved(stage, writ);
    await Promise.all(kills);
    await stage.stands(writ.digest, "fulfilled");
    const milliseconds = Date.now() - since;
    const unknown = await onceOnly(stage, writ.digest);
    const where = `round ${round}: ${kills.length} apps killed, every step once, ${unknown}`;
    seen.push({ as: "fulfilled", where, milliseconds });
  }
  return seen;
}

async function acknowledgementsLost(stage: Stage): Promise<readonly Seen[]> {
  const { estate } = stage;
  const { executor, probe } = estate.at("h1");
  const proxy = await openProxy(estate.url);
  let lost = 0;
  proxy.meddle = (asked) => {
    if (asked.method !== "POST" || randomInt(10) >= lostOfTen) return honest(asked);
    lost += 1;
    return "cut";
  };
  await Promise.all([executor.kill("SIGTERM"), probe.kill("SIGTERM")]);
  await Promise.all([
    executor.start({ words: estate.executorWords("h1", proxy.url) }),
    probe.start({ words: estate.probeWords("h1", { url: proxy.url }) }),
  ]);
  try {
    const writ = await stage.order("4.2", "3.8");
    const since = Date.now();
    await writ.approve("ben", "cleo");
    await stage.stands(writ.digest, "fulfilled");
    const milliseconds = Date.now() - since;
    await onceOnly(stage, writ.digest);
    const where = `${lost} acknowledgements cut, every step once`;
    return [{ as: "fulfilled", where, milliseconds }];
  } finally {
    await Promise.all([executor.kill("SIGTERM"), probe.kill("SIGTERM")]);
    proxy.stop();
    await executor.start({ words: estate.executorWords("h1") });
    await probe.start({ words: estate.probeWords("h1") });
  }
}

/** Comes back if it crashed: what `up` or systemd does. */
async function keptRunning(stage: Stage): Promise<void> {
  const { server } = stage.estate;
  if (!server.isAlive) await server.tries();
}

async function diskFull(stage: Stage): Promise<readonly Seen[]> {
  const { estate } = stage;
  const { control, keys, api } = estate;
  const folder = estate.data("server");
  if ((await control.run("mountpoint", "-q", folder)) !== 0) {
    throw new NotPlayed("this machine lets nobody mount a small disk");
  }
  const acknowledged: { readonly index: number; readonly digest: string }[] = [];
  const note = (text: string) => ({ kind: "claim", says: "note", note: text }) as const;
  for (let at = 0; at < notesBefore; at += 1) {
    acknowledged.push(must(await keys.butler.say(estate, note(`before ${at}`))));
  }
  const since = Date.now();
  await control.run("dd", "if=/dev/zero", `of=${join(folder, "filler")}`, "bs=64k");
  let refusal: string | undefined;
  for (let at = 0; at < 400 && refusal === undefined; at += 1) {
    const said = await keys.butler
      .say(estate, note(`${at} ${"x".repeat(4_000)}`))
      .catch((error: Error) => ({ refused: "unavailable" as const, detail: error.message }));
    if (isRefused(said)) refusal = `${said.refused}: ${said.detail}`;
    else acknowledged.push(said);
  }
  if (refusal === undefined) throw new Missed("a full disk takes everything");
  const seen = { as: "refused", where: refusal, milliseconds: Date.now() - since };
  await control.run("rm", join(folder, "filler"));
  const freed = Date.now();
  const works = await stage.waitFor(async () => {
    await keptRunning(stage);
    const said = await keys.butler.say(estate, note("room again")).catch(() => undefined);
    return said === undefined || isRefused(said) ? undefined : said;
  });
  if (works === undefined) throw new Missed("it does not go on when there is room again");
  for (const { index, digest } of acknowledged) {
    const kept = must(await api.entry(index));
    const entry = must(parseEntry(new Uint8Array(Buffer.from(kept.entry, "base64"))));
    if (entry.digest !== digest) throw new Missed(`entry ${index} is another one now`);
  }
  await stage.looked();
  const where = `goes on; all ${acknowledged.length} acknowledged before are there`;
  return [seen, { as: "nothing lost", where, milliseconds: Date.now() - freed }];
}

export const w05: Row = {
  id: "W05",
  must: "resumes, no double effect, nothing lost",
  hosts: ["h1"],
  alone: { serverDiskBytes },
  twin: {
    name: "a rollback and back, with all apps restarted politely in between",
    play: async (stage) => {
      await stage.rolledBack();
      for (const app of stage.estate.apps) {
        await app.kill("SIGTERM");
        await app.start();
      }
      await stage.rolledBack("3.8", "4.2");
    },
  },
  acts: [
    { name: "every app killed at a random instant of a rollback", play: underFire },
    { name: "acknowledgements lost on their way", play: acknowledgementsLost },
    { name: "the server's disk full", play: diskFull },
  ],
};
