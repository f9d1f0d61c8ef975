/** What brings the old release back by itself, again and again. */
import { freePort } from "../component.ts";
import type { Row, Seen } from "../row.ts";
import type { Stage } from "../stage.ts";

/** Starts a command anew whenever it has ended, as `Restart=always` and every reconciler do. */
const reconciler = 'while :; do "$@" >/dev/null 2>&1; sleep 0.2; done';

/** Starts it every few seconds, whether or not the one before is still there, as cron does. */
const timer = 'while :; do "$@" >/dev/null 2>&1 & sleep 2; done';

async function keptAlive(stage: Stage, script: string): Promise<readonly Seen[]> {
  const site = stage.site();
  const old = site.serving(site.weights("4.2"), site.port);
  const running = await site.host.start({ command: ["sh", "-c", script, "sh", ...old] });
  try {
    await site.host.signal(await site.servicePid(), "SIGKILL");
    const since = Date.now();
    const where = site.weights("4.2");
    const first = await stage.seesAll(
      [
        { rule: "resurrected", where },
        { rule: "retired-present", where },
      ],
      since,
    );
    // An operator ends what was found; it is back, and told again, as another process.
    await endHolders(stage);
    await stage.begin();
    const again = await stage.sees({ rule: "retired-present", where }, Date.now());
    return [...first, { ...again, as: `${again.as}, again` }];
  } finally {
    await running.kill();
    await endHolders(stage);
    await site.startService();
    await stage.looked();
  }
}

/** Ends every process of the host that was told to serve the old weights. */
async function endHolders(stage: Stage): Promise<void> {
  const site = stage.site();
  const pattern = site.weights("4.2");
  const script =
    'for p in /proc/[0-9]*; do said=$(tr "\\0" " " <$p/cmdline 2>/dev/null); ' +
    'case "$said" in "sh -c"*) ;; *"--model $1 "*) kill -9 "$(basename $p)";; esac; done; true';
  await site.host.run("sh", "-c", script, "sh", pattern);
}

export const r04: Row = {
  id: "R04",
  must: "resurrected, each time",
  hosts: ["h1"],
  twin: {
    name: "a reconciler that keeps the new release up",
    play: async (stage) => {
      await stage.rolledBack();
      const site = stage.site();
      const kept = site.serving(site.weights("3.8"), await freePort());
      const running = await site.host.start({ command: ["sh", "-c", reconciler, "sh", ...kept] });
      await stage.looked();
      await running.kill();
    },
  },
  acts: [
    {
      name: "a reconciler that restarts the old release whenever it ends",
      play: (stage) => keptAlive(stage, reconciler),
    },
    {
      name: "a timer that starts the old release every two seconds",
      play: (stage) => keptAlive(stage, timer),
    },
  ],
};
