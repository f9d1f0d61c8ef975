/** Attacking the probe: silence, blindness, imitation, old sights. */
import { join } from "node:path";
import { type BodyOf, type Digest, type EntryBody, isRefused, parseEntry } from "@writ/core";
import { must } from "../must.ts";
import { openProxy } from "../proxy.ts";
import { Missed, type Row, refusedAs, type Seen } from "../row.ts";
import { Speaker } from "../speaker.ts";
import type { Expected, Stage } from "../stage.ts";

const silent: Expected = { rule: "probe-silent", where: "probe-h2", host: "h2" };
const silenceSeconds = 8;
const patienceMilliseconds = 40_000;

/** Waits until a finding has gone again: what was done is undone, and seen to be. */
async function gone(stage: Stage, { rule, where }: Expected): Promise<void> {
  const cleared = await stage.waitFor(async () => {
    const found = await stage.news();
    const stands = found.some(
      (one) => one.rule === rule && typeof where === "string" && one.where.includes(where),
    );
    return stands ? undefined : true;
  }, patienceMilliseconds);
  if (cleared === undefined) throw new Missed(`${rule} stands though its cause has gone`);
}

async function stopped(stage: Stage): Promise<readonly Seen[]> {
  const { probe } = stage.estate.at("h2");
  await probe.kill("SIGSTOP");
  const seen = await stage.sees(silent, Date.now());
  await probe.kill("SIGCONT");
  await gone(stage, silent);
  return [seen];
}

async function killed(stage: Stage): Promise<readonly Seen[]> {
  const { probe } = stage.estate.at("h2");
  await probe.kill();
  const seen = await stage.sees(silent, Date.now());
  await probe.start();
  await gone(stage, silent);
  return [seen];
}

async function starved(stage: Stage): Promise<readonly Seen[]> {
  const { estate } = stage;
  const { probe } = estate.at("h2");
  const proxy = await openProxy(estate.url);
  await probe.kill("SIGTERM");
  await probe.start({ words: estate.probeWords("h2", { url: proxy.url }) });
  await stage.looked(["h2"]);
  proxy.meddle = () => "stall";
  const seen = await stage.sees(silent, Date.now());
  proxy.meddle = ({ body }) => body;
  await probe.kill("SIGTERM");
  await probe.start({ words: estate.probeWords("h2") });
  proxy.stop();
  await gone(stage, silent);
  return [seen];
}

async function fewerRoots(stage: Stage): Promise<readonly Seen[]> {
  const { estate } = stage;
  const { probe, disk } = estate.at("h2");
  await probe.kill("SIGTERM");
  await probe.start({ words: estate.probeWords("h2", { roots: [join(disk, "srv")] }) });
  const shrunk: Expected = { rule: "coverage-shrunk", where: disk, host: "h2" };
  const seen = await stage.sees(shrunk, Date.now());
  await probe.kill("SIGTERM");
  await probe.start({ words: estate.probeWords("h2") });
  await gone(stage, shrunk);
  return [seen];
}

async function mountedOver(stage: Stage): Promise<readonly Seen[]> {
  const site = stage.site("h2");
  await site.host.run("mount", "-t", "tmpfs", "tmpfs", site.home);
  const missing: Expected = { rule: "missing", where: site.weights("4.2"), host: "h2" };
  const seen = await stage.sees(missing, Date.now());
  await site.host.run("umount", site.home);
  await gone(stage, missing);
  return [seen];
}

/** A cover that is no folder of files: what lies below cannot be read at all. */
async function unreadable(stage: Stage): Promise<readonly Seen[]> {
  const site = stage.site("h2");
  await site.host.run("mount", "-t", "proc", "proc", site.elsewhere("mnt"));
  const shrunk: Expected = { rule: "coverage-shrunk", where: "could not be read", host: "h2" };
  const seen = await stage.sees(shrunk, Date.now());
  await site.host.run("umount", site.elsewhere("mnt"));
  await gone(stage, shrunk);
  return [seen];
}

type Told = { readonly body: BodyOf<"census">; readonly bytes: Uint8Array };

/** A census of h2 as the journal holds it: the newest one. */
async function newestCensus(stage: Stage): Promise<Told> {
  const { api } = stage.estate;
  const { size } = must(await api.estate());
  for (let index = size - 1; index >= 0; index -= 1) {
    const bytes = new Uint8Array(Buffer.from(must(await api.entry(index)).entry, "base64"));
    const entry = parseEntry(bytes);
    if (isRefused(entry) || entry.body.kind !== "census" || entry.body.host !== "h2") continue;
    return { body: entry.body, bytes };
  }
  throw new Error("h2 was never looked at");
}

async function imitated(stage: Stage): Promise<readonly Seen[]> {
  const { estate } = stage;
  const { body } = await newestCensus(stage);
  const blob = must(await estate.api.blob(body.census as Digest));
  const since = Date.now();
  const say = (speaker: Speaker, what: EntryBody = body) => speaker.say(estate, what, [blob]);
  const stranger = await Speaker.make(join(estate.folder, "keys", "imitator.key"));
  const other = await Speaker.steal(join(estate.data("probe-h1"), "probe.key"));
  const executor = await Speaker.steal(join(estate.data("executor-h2"), "executor.key"));
  const seen = [
    refusedAs(await say(stranger), ["unknown-signer"], { where: "a key of nobody", since }),
    refusedAs(await say(estate.keys.butler), ["wrong-role"], { where: "an agent's key", since }),
    refusedAs(await say(executor), ["wrong-role"], { where: "the executor's key", since }),
    refusedAs(await say(other), ["wrong-role"], { where: "another host's probe", since }),
  ];
  await stage.journalled("wrong-role", other.keyId);
  // The other host's probe goes on: a refused entry takes no place in its key's chain.
  await stage.looked(["h1"]);
  return [...seen, await stage.sees({ rule: "unknown-actor", where: /./ }, since)];
}

async function replayed(stage: Stage): Promise<readonly Seen[]> {
  const { estate } = stage;
  const { probe } = estate.at("h2");
  const old = await newestCensus(stage);
  await stage.looked(["h2"]);
  await stage.looked(["h2"]);
  const before = await stage.census("h2");
  const since = Date.now();
  const again = must(await estate.api.submit(old.bytes, []));
  const after = await stage.census("h2");
  if (!again.duplicate || after.began < before.began)
    throw new Missed("the old look is the newest");
  const same = { as: "no effect: duplicate", where: "the same census again", milliseconds: 0 };
  // With the probe's own key, as somebody who restored the host from a snapshot has it.
  await probe.kill();
  const key = await Speaker.steal(join(estate.data("probe-h2"), "probe.key"));
  const blob = must(await estate.api.blob(old.body.census as Digest));
  const where = "an old census, signed anew with the probe's key";
  const stale = refusedAs(await key.say(estate, old.body, [blob]), ["stale-sight"], {
    where,
    since,
  });
  await stage.journalled("stale-sight", key.keyId);
  await probe.start();
  await stage.looked(["h2"]);
  return [same, stale];
}

async function keyInTwoPlaces(stage: Stage): Promise<readonly Seen[]> {
  const { estate } = stage;
  const key = await Speaker.steal(join(estate.data("probe-h2"), "probe.key"));
  const body = { kind: "heartbeat", host: "h2", spooled: 0 } as const;
  must(await key.say(estate, body));
  return [await stage.sees({ rule: "fork", where: `key ${key.keyId}` }, Date.now())];
}

export const w03: Row = {
  id: "W03",
  must: "probe-silent, coverage-shrunk, refused",
  hosts: ["h1", "h2"],
  alone: { silenceSeconds },
  twin: {
    name: "a probe that is restarted, and one more root from then on",
    play: async (stage) => {
      const { estate } = stage;
      const { probe, disk } = estate.at("h1");
      await probe.kill("SIGTERM");
      await probe.start({ words: estate.probeWords("h1", { roots: [disk, "/etc"] }) });
    },
  },
  acts: [
    { name: "stopped (SIGSTOP)", play: stopped },
    { name: "killed", play: killed },
    { name: "starved: its line stalls", play: starved },
    { name: "blinded: a root taken from it", play: fewerRoots },
    { name: "blinded: an empty disk mounted over what it looks at", play: mountedOver },
    { name: "blinded: a place that nobody can read", play: unreadable },
    { name: "imitated with other keys", play: imitated },
    { name: "an old census replayed", play: replayed },
    { name: "its key used in a second place", play: keyInTwoPlaces },
  ],
};
