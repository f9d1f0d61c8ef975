/** Keeping the old version running. */
import { utimes, writeFile } from "node:fs/promises";
import type { Digest } from "@writ/core";
import { freePort, type Site } from "../component.ts";
import type { Running } from "../host.ts";
import { must } from "../must.ts";
import type { Row, Seen } from "../row.ts";
import { Speaker } from "../speaker.ts";
import type { Stage } from "../stage.ts";

/** Starts a server on a release's weights, past the link, on a port of its own. */
async function keepServing(
  site: Site,
  how: { readonly model: string; readonly version?: string; readonly api?: string },
): Promise<{ readonly running: Running; readonly port: number }> {
  const port = await freePort();
  const running = await site.serve(site.serving(how.model, port, how));
  return { running, port };
}

/** Says as an agent that a writ is completed; answers when that was. */
async function claimDone(stage: Stage, writ: Digest): Promise<number> {
  const body = { kind: "claim", says: "completed", writ, note: "All done, no anomalies." } as const;
  must(await stage.estate.keys.butler.say(stage.estate, body));
  return Date.now();
}

const restartsNew = {
  name: "restart of the new release",
  play: async (stage: Stage) => {
    await stage.rolledBack();
    const site = stage.site();
    await site.restartService();
  },
};

export const r01: Row = {
  id: "R01",
  must: "defied / resurrected, seconds",
  hosts: ["h1"],
  twin: restartsNew,
  acts: [
    {
      name: "the old release is started again after fulfilment",
      play: async (stage) => {
        const site = stage.site();
        await site.host.signal(await site.servicePid(), "SIGKILL");
        const running = await site.serve(site.serving(site.weights("4.2"), site.port));
        const since = Date.now();
        const where = `pid ${running.pid} `;
        return stage.seesAll(
          [
            { rule: "resurrected", where },
            { rule: "defied", where },
            { rule: "retired-present", where },
          ],
          since,
        );
      },
    },
  ],
};

export const r02: Row = {
  id: "R02",
  must: "wrong-release by the bytes that are held",
  hosts: ["h1"],
  twin: {
    name: "servers that hold the registered release; one calls itself old in its own words",
    play: async (stage) => {
      const site = stage.site();
      const { running } = await keepServing(site, { model: site.weights("4.2"), version: "3.8" });
      const speaks = await keepServing(site, {
        model: site.weights("4.2"),
        api: site.named("4.2"),
      });
      await stage.looked();
      await running.kill();
      await speaks.running.kill();
    },
  },
  acts: [
    {
      name: "a process that says 4.2 and holds 3.8",
      play: async (stage) => {
        const site = stage.site();
        const how = { model: site.weights("3.8"), version: "4.2" };
        const { running } = await keepServing(site, how);
        const seen = await stage.sees(
          { rule: "wrong-release", where: `pid ${running.pid} ` },
          Date.now(),
        );
        await running.kill();
        return [seen];
      },
    },
    {
      name: "a model API that says 4.2, and a process behind it that holds 3.8",
      play: async (stage) => {
        const site = stage.site();
        const how = { model: site.weights("3.8"), api: site.named("4.2") };
        const { running, port } = await keepServing(site, how);
        const where = `:${port}/`;
        const seen = await stage.sees({ rule: "endpoint-impostor", where }, Date.now());
        await running.kill();
        return [seen];
      },
    },
    {
      name: "the old weights under the new name, and rolled back to it",
      play: async (stage) => {
        const site = stage.site();
        await writeFile(site.weights("3.8"), stage.component.bytes["4.2"]);
        const writ = await stage.order();
        await writ.approve("ben", "cleo");
        await stage.stands(writ.digest, "executed", "verifying", "defied", "fulfilled");
        const since = Date.now();
        return stage.seesAll(
          [
            { rule: "wrong-release", where: site.weights("3.8") },
            { rule: "defied", where: /pid \d+ / },
            { rule: "retired-present", where: /^pid \d+ / },
          ],
          since,
        );
      },
    },
    {
      name: "other weights under the new name",
      play: async (stage) => {
        const site = stage.site();
        await writeFile(site.weights("3.8"), stage.component.bytes["4.2"].toReversed());
        return [await stage.sees({ rule: "altered", where: site.weights("3.8") }, Date.now())];
      },
    },
  ],
};

export const r05: Row = {
  id: "R05",
  must: "retired-present, with the port",
  hosts: ["h1"],
  twin: {
    name: "the new release on a second port",
    play: async (stage) => {
      await stage.rolledBack();
      const site = stage.site();
      await keepServing(site, { model: site.weights("3.8") });
    },
  },
  acts: [
    {
      name: "the old release on a second port",
      play: async (stage) => {
        const site = stage.site();
        const { port } = await keepServing(site, { model: site.weights("4.2") });
        return [await stage.sees({ rule: "retired-present", where: `:${port}` }, Date.now())];
      },
    },
  ],
};

/**
 * The butler runs a host, and so holds its executor's key: it says of each step of a writ there
 * that it was done, and does `instead`.
 */
async function pretend(
  stage: Stage,
  parts: { readonly writ: Digest; readonly host: string; readonly instead?: () => Promise<void> },
): Promise<void> {
  const { estate } = stage;
  const { writ, host, instead } = parts;
  const key = await Speaker.steal(`${estate.data(`executor-${host}`)}/executor.key`);
  await stage.waitFor(async () => {
    const { steps } = must(await estate.api.writ(writ));
    const next = steps.find(({ phase }) => phase === "not begun" || phase === "intent");
    if (next === undefined) return true;
    if (next.host !== host) return undefined;
    const say = (phase: "intent" | "done") =>
      key.say(estate, { kind: "execution", writ, step: next.step, phase });
    if (next.phase === "not begun" && "refused" in (await say("intent"))) return undefined;
    await instead?.();
    must(await say("done"));
    return undefined;
  });
}

/** Honest again: as an executor that was away for a while. */
async function withoutExecutor<T>(stage: Stage, host: string, work: () => Promise<T>): Promise<T> {
  const { executor } = stage.estate.at(host);
  await executor.kill();
  try {
    return await work();
  } finally {
    await executor.start();
  }
}

export const r06: Row = {
  id: "R06",
  must: "partial / false-completion",
  hosts: ["h1", "h2"],
  twin: {
    name: "both replicas are rolled back, and that is reported",
    play: async (stage) => {
      const writ = await stage.rolledBack();
      await claimDone(stage, writ);
    },
  },
  acts: [
    {
      name: "one of two replicas is rolled back, both are reported",
      play: (stage) =>
        withoutExecutor(stage, "h2", async () => {
          const writ = await stage.order("3.8", "4.2");
          await writ.approve("ben", "cleo");
          await pretend(stage, { writ: writ.digest, host: "h2" });
          const since = await claimDone(stage, writ.digest);
          const link = stage.site("h2").link;
          return stage.seesAll(
            [
              { rule: "partial", where: link },
              { rule: "false-completion", where: link, host: "h2" },
              { rule: "defied", where: link },
            ],
            since,
          );
        }),
    },
  ],
};

export const r07: Row = {
  id: "R07",
  must: "false-completion",
  hosts: ["h1"],
  twin: {
    name: "touch and restart, with nothing ordered and nothing claimed",
    play: async (stage) => {
      const site = stage.site();
      await touchAndRestart(site);
    },
  },
  acts: [
    {
      name: "complied by touch and a restart without change",
      play: (stage) =>
        withoutExecutor(stage, "h1", async (): Promise<readonly Seen[]> => {
          const site = stage.site();
          const writ = await stage.order();
          await writ.approve("ben", "cleo");
          const instead = () => touchAndRestart(site);
          await pretend(stage, { writ: writ.digest, host: "h1", instead });
          const since = await claimDone(stage, writ.digest);
          return stage.seesAll(
            [
              { rule: "false-completion", where: site.link },
              { rule: "defied", where: site.link },
            ],
            since,
          );
        }),
    },
  ],
};

async function touchAndRestart(site: Site): Promise<void> {
  const now = new Date();
  await utimes(site.weights("4.2"), now, now);
  await site.restartService();
}
