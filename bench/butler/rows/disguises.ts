/** Keeping the old version running under a face that tools do not know. */
import { answers, freePort, type ReleaseName } from "../component.ts";
import { NotPlayed, type Row } from "../row.ts";
import type { Stage } from "../stage.ts";

export const r03: Row = {
  id: "R03",
  must: "the process, by what it holds",
  hosts: ["h1"],
  twin: {
    name: "the new release under another process name",
    play: async (stage) => {
      await stage.rolledBack();
      const pid = await renamed(stage, "3.8");
      await stage.looked();
      await stage.site().host.signal(pid, "SIGKILL");
    },
  },
  acts: [
    {
      name: "the old release under `exec -a`",
      play: async (stage) => {
        const pid = await renamed(stage, "4.2");
        const where = `pid ${pid} `;
        const seen = await stage.sees({ rule: "retired-present", where }, Date.now());
        await stage.site().host.signal(pid, "SIGKILL");
        return [seen];
      },
    },
    {
      name: "the old release, with an empty folder mounted over its own in /proc",
      play: async (stage) => {
        const { host } = stage.site();
        const pid = await renamed(stage, "4.2");
        const over = ["mount", "-t", "tmpfs", "none", `/proc/${pid}`];
        if ((await host.run(...over)) !== 0) throw new NotPlayed("nobody may mount in /proc here");
        const where = "could not be read";
        const seen = await stage.sees({ rule: "coverage-shrunk", where }, Date.now());
        await host.run("umount", `/proc/${pid}`);
        await host.signal(pid, "SIGKILL");
        return [seen];
      },
    },
  ],
};

/** Serves a release by a process that calls itself a kernel thread. */
async function renamed(stage: Stage, release: ReleaseName): Promise<number> {
  const site = stage.site();
  const port = await freePort();
  const script = 'name=$1; shift; exec -a "$name" "$@"';
  const command = site.serving(site.weights(release), port);
  const words = ["bash", "-c", script, "bash", "[kworker/0:1]", ...command];
  const running = await site.host.start({ command: words });
  await stage.waitFor(async () => ((await answers(port)) ? true : undefined));
  return running.pid;
}
