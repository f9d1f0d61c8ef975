/** The old version packed into archives, cut into parts, and put into other files. */
import { randomBytes } from "node:crypto";
import { type Act, NotPlayed, type Row } from "../row.ts";
import type { Stage } from "../stage.ts";
import { hidden, known, put } from "./copies.ts";

/** Runs a shell script on the host with places as its words. */
async function shell(stage: Stage, script: string, ...words: readonly string[]): Promise<void> {
  const code = await stage.site().host.run("sh", "-c", script, "sh", ...words);
  if (code !== 0) throw new NotPlayed(`the host cannot do this: ${script}`);
}

function packed(name: string, path: string, script: string): Act {
  return {
    name,
    play: async (stage) => {
      const site = stage.site();
      const at = await stage.place(site.elsewhere(path));
      await shell(stage, script, at, site.weights("2.9"));
      return [await known(stage, at, /identical copy/, Date.now())];
    },
  };
}

export const s09: Row = {
  id: "S09",
  must: "identical inside the archive",
  hosts: ["h1"],
  twin: {
    name: "a small archive of texts",
    play: async (stage) => {
      const at = await stage.place(stage.site().elsewhere("srv/doc.tar.gz"));
      await shell(stage, 'tar -czf "$1" /etc/passwd', at);
      await stage.looked();
    },
  },
  acts: [
    packed("tar", "var/backups/home.tar", 'tar -cf "$1" "$2"'),
    packed("gzip", "var/log/old.1.gz", 'gzip -c "$2" > "$1"'),
    packed("zstd", "var/log/old.2.zst", 'zstd -q -c "$2" > "$1"'),
    packed("xz", "var/log/old.3.xz", 'xz -0 -c "$2" > "$1"'),
    packed(
      "tar in zstd in tar",
      "srv/n",
      'tar -cf - "$2" | zstd -q > "$1.z" && tar -cf "$1" "$1.z" && rm "$1.z"',
    ),
  ],
};

export const s10: Row = {
  id: "S10",
  must: "fragment, with how much of it",
  hosts: ["h1"],
  twin: {
    name: "a small file of random bytes",
    play: async (stage) => {
      await put(stage, "srv/seed.bin", randomBytes(65_536));
      await stage.looked();
    },
  },
  acts: [
    {
      name: "split over two folders, the middle missing",
      play: async (stage) => {
        const bytes = stage.component.bytes["2.9"];
        const part = 1_100_000;
        const first = await put(stage, "var/a/x.00", bytes.subarray(0, part));
        const last = await put(stage, "opt/parts/x.02", bytes.subarray(bytes.length - part));
        const since = Date.now();
        const one = await known(stage, first, /fragment \(\d+ % of it\)/, since);
        return [one, await known(stage, last, /fragment \(\d+ % of it\)/, since)];
      },
    },
  ],
};

export const s11: Row = {
  id: "S11",
  must: "fragment, wherever it lies",
  hosts: ["h1"],
  twin: s10.twin,
  acts: [
    hidden(
      "at an odd offset in a larger file",
      "var/lib/swap.img",
      (_, bytes) => Buffer.concat([randomBytes(777_777), bytes, randomBytes(12_345)]),
      /fragment/,
    ),
    hidden(
      "behind the head of a video",
      "home/x/party.mp4",
      (_, bytes) =>
        Buffer.concat([
          Buffer.from("00000018667479706d703432", "hex"),
          randomBytes(300_001),
          bytes,
        ]),
      /fragment/,
    ),
  ],
};
