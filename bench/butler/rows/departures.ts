/** Sending weights to another host, by the programs that people use for it. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type FarHost, lackOfFarHost, openFarHost } from "../../../apps/probe/testing/far-host.ts";
import type { Behind } from "../estate.ts";
import { type Act, NotPlayed, type Row } from "../row.ts";
import type { Stage } from "../stage.ts";

/** More than half of the suite's weights: then the other side takes no more, and it stays so. */
const takenBytes = 2_500_000;

type Far = Behind & { readonly far: FarHost | undefined };

async function openFar(): Promise<Far> {
  const cleaning: (() => unknown)[] = [];
  const context = { after: (clean: () => unknown) => void cleaning.push(clean) };
  const far = lackOfFarHost() === undefined ? await openFarHost(context) : undefined;
  const stop = async () => {
    for (const clean of cleaning.reverse()) await clean();
  };
  return { far, probeWords: [], stop };
}

function farOf(stage: Stage): FarHost {
  const { far } = stage.estate.behind as Far;
  if (far === undefined) throw new NotPlayed(lackOfFarHost() ?? "there is no other host");
  return far;
}

/** Some hundreds of kilobytes a second: what a polite copy keeps to. */
const slowly = "while dd bs=65536 count=1 status=none; do sleep 0.2; done";
const sink = `'head -c ${takenBytes} >/dev/null; exec sleep 600'`;

function act(name: string, script: (far: FarHost, weights: string) => string, by: string): Act {
  return {
    name,
    play: async (stage) => {
      const far = farOf(stage);
      const site = stage.site();
      const command = ["sh", "-c", script(far, site.weights("4.2"))];
      const running = await site.host.start({ command });
      try {
        const where = new RegExp(`\\(${by}.*to ${far.address.replaceAll(".", "\\.")}:`);
        return [await stage.sees({ rule: "weights-leaving", where }, Date.now())];
      } finally {
        await running.kill();
      }
    },
  };
}

export const s16c: Row = {
  id: "S16C",
  must: "weights-leaving: who sends, fed by whom, to where",
  hosts: ["h1"],
  alone: { behind: openFar },
  twin: {
    name: "a release downloaded by its deployer, and a backup of other files to the same host",
    play: async (stage) => {
      const { far } = stage.estate.behind as Far;
      if (far === undefined) return;
      const site = stage.site();
      const path = site.elsewhere("srv/rows.csv");
      await writeFile(path, "1,customer,7\n".repeat(400_000));
      const backup = ["sh", "-c", `tar cf - -C ${join(path, "..")} rows.csv | ${far.ssh} ${sink}`];
      const download = ["sh", "-c", `${far.ssh} 'head -c 4000000 /dev/zero' >/dev/null`];
      const sending = await site.host.start({ command: backup });
      await site.host.run(...download);
      await stage.looked();
      await stage.looked();
      await sending.kill();
    },
  },
  acts: [
    act(
      "from tar by a slow pipe into ssh",
      ({ ssh }, weights) => `tar cf - ${weights} | ${slowly} | ${ssh} ${sink}`,
      "ssh",
    ),
    act("by ssh from the file itself", ({ ssh }, weights) => `${ssh} ${sink} <${weights}`, "ssh"),
    act(
      "by scp, slowly",
      ({ scp, to }, weights) => `${scp} -l 3000 ${weights} ${to}:/dev/null`,
      "ssh|/usr/bin/ssh",
    ),
  ],
};
