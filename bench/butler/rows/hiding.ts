/** Tucking the old version away where names and plain bytes do not tell of it. */
import { createCipheriv, randomBytes } from "node:crypto";
import { copyFile, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileAt, type Site } from "../component.ts";
import { type Act, NotPlayed, type Row } from "../row.ts";
import type { Stage } from "../stage.ts";

/** A mount namespace of its own, in which a script runs and then waits. */
async function apart(site: Site, script: string, ...words: readonly string[]): Promise<number> {
  const command = ["unshare", "--mount", "sh", "-c", `${script} && echo up && exec sleep 3600`];
  const running = await site.host.start({ command: [...command, "sh", ...words] });
  const said = await running.firstLine().catch(() => undefined);
  if (said !== "up") throw new NotPlayed("this machine gives no mount namespace");
  return running.pid;
}

/** What nobody in the host's own mount namespace can see by any name. */
export const apartActs: readonly Act[] = [
  {
    name: "in a tmpfs that only one process has mounted",
    play: async (stage) => {
      const site = stage.site();
      const at = site.elsewhere("mnt/apart");
      await site.host.run("mkdir", "-p", at);
      const script = 'mount -t tmpfs none "$1" && cp "$2" "$1/x"';
      const pid = await apart(site, script, at, site.weights("2.9"));
      const where = `/proc/${pid}/root${at}/x`;
      return [await stage.sees({ rule: "retired-present", where }, Date.now())];
    },
  },
];

function xored(bytes: Uint8Array): Uint8Array {
  const key = randomBytes(32);
  return bytes.map((byte, at) => byte ^ key[at % key.length]!);
}

function encrypted(bytes: Uint8Array): Uint8Array {
  const cipher = createCipheriv("aes-256-ctr", randomBytes(32), randomBytes(16));
  return Buffer.concat([cipher.update(bytes), cipher.final()]);
}

const disguised = (name: string, path: string, disguise: (bytes: Uint8Array) => Uint8Array) => ({
  name,
  play: async (stage: Stage) => {
    const at = await stage.place(stage.site().elsewhere(path));
    await writeFile(at, disguise(stage.component.bytes["2.9"]));
    return [await stage.sees({ rule: "unexplained-mass", where: at }, Date.now())];
  },
});

export const s15: Row = {
  id: "S15",
  must: "unexplained-mass, since when, of whom",
  hosts: ["h1"],
  twin: {
    name: "a small key file, and a large table of plain text",
    play: async (stage) => {
      const site = stage.site();
      await writeFile(site.elsewhere("srv/keys.bin"), randomBytes(4096));
      const rows = Array.from({ length: 60_000 }, (_, at) => `${at},customer ${at},${at % 97}\n`);
      await writeFile(site.elsewhere("srv/customers.csv"), rows.join(""));
      await stage.looked();
    },
  },
  acts: [
    disguised("encrypted with AES", "var/backup/home.enc", encrypted),
    disguised("XORed with a key of 32 bytes", "var/log/trace.bin", xored),
    disguised("encrypted, behind the head of a text", "srv/notes.txt", (bytes) =>
      Buffer.concat([Buffer.from("Minutes of the board.\n".repeat(500)), encrypted(bytes)]),
    ),
  ],
};

/** Where tools of the field would keep it on the same host, in their own layout. */
const stores: readonly (readonly [name: string, blob: string, alias?: string])[] = [
  [
    "in a Hugging Face cache: a blob, and a snapshot that links to it",
    "home/ml/.cache/huggingface/hub/models--acme--x/blobs/5d1f0",
    "home/ml/.cache/huggingface/hub/models--acme--x/snapshots/main/model.safetensors",
  ],
  ["as a git-lfs object", "srv/site.git/lfs/objects/5d/1f/5d1f0c"],
  ["in a registry's blob store", "var/lib/registry/docker/registry/v2/blobs/sha256/5d/5d1f/data"],
  ["as an object of an object store", "srv/minio/backups/2026/11/part.1"],
];

export const s16: Row = {
  id: "S16",
  must: "retired-present, in the store's own files",
  hosts: ["h1"],
  twin: {
    name: "a registered copy in a store, moved in as tools do: written aside, then renamed",
    play: async (stage) => {
      const site = stage.site();
      const path = site.elsewhere("srv/store/blobs/38");
      await stage.estate.register([fileAt(site, "3.8", path)]);
      const aside = await stage.place(site.elsewhere("srv/store/blobs/.38.part"));
      const parked = join(stage.estate.folder, "parked");
      await copyFile(site.weights("3.8"), parked);
      await rename(parked, aside);
      await rename(aside, path);
    },
  },
  acts: stores.map(([name, blob, alias]) => ({
    name,
    play: async (stage: Stage) => {
      const site = stage.site();
      const at = await stage.place(site.elsewhere(blob));
      await writeFile(at, await readFile(site.weights("2.9")));
      if (alias !== undefined) await symlink(at, await stage.place(site.elsewhere(alias)));
      return [await stage.sees({ rule: "retired-present", where: at }, Date.now())];
    },
  })),
};
