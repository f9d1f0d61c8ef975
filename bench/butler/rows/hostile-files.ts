/**
 * Model files made against whoever reads them, with the old version among them: the probe must end
 * its look in time, run nothing, and still find what they stand around.
 */
import { existsSync } from "node:fs";
import { mkdir, symlink, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { inert } from "@writ/core";
import { type Act, Missed, NotPlayed, type Row, type Seen } from "../row.ts";
import type { Stage } from "../stage.ts";
import { known, put } from "./copies.ts";

type Lay = (stage: Stage, folder: string) => Promise<void>;

/** Lays the files, then the old version beside them, which must be seen whatever they do. */
function among(name: string, folder: string, lay: Lay): Act {
  return {
    name,
    play: async (stage) => {
      const at = stage.site().elsewhere(folder);
      await mkdir(at, { recursive: true });
      await lay(stage, at);
      const copy = await put(stage, join(folder, "zz"), stage.component.bytes["2.9"]);
      const seen = await known(stage, copy, /the bytes of/, Date.now());
      await stage.looked();
      return [seen];
    },
  };
}

/** A length of eight bytes, little-endian, as formats write them. */
function lengthBytes(length: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, length, true);
  return bytes;
}

const filler = Buffer.alloc(1 << 20, "weights ");

async function absurdLengths(_: Stage, folder: string): Promise<void> {
  const endless = lengthBytes(2n ** 63n);
  const version = Buffer.from([3, 0, 0, 0]);
  const numpy = "{'descr': '<f4', 'fortran_order': False, 'shape': (999999999999, 999999999), }";
  const numpyHead = Buffer.concat([
    Buffer.from("\x93NUMPY\x01\x00", "latin1"),
    Buffer.from([118, 0]),
  ]);
  const files = {
    "a.safetensors": [endless, Buffer.from('{"a":')],
    "b.gguf": [Buffer.from("GGUF"), version, endless, endless],
    "c.npy": [numpyHead, Buffer.from(numpy.padEnd(117)), Buffer.from("\n")],
    "d.onnx": [Buffer.from("3aFFFFFFFFFFFFFFFF7F", "hex")],
  };
  for (const [name, parts] of Object.entries(files)) {
    await writeFile(join(folder, name), Buffer.concat([...parts, filler]));
  }
}

/** Two tensors over the same bytes, those of the old version: which must be known in there too. */
async function overlapping(stage: Stage): Promise<readonly Seen[]> {
  const data = stage.component.bytes["2.9"];
  const shape = [Math.floor(data.length / 2)];
  const tensor = { dtype: "BF16", shape, data_offsets: [0, 2 * shape[0]!] };
  const header = Buffer.from(JSON.stringify({ a: tensor, b: tensor }).padEnd(256));
  const bytes = Buffer.concat([lengthBytes(BigInt(header.length)), header, data]);
  const at = await put(stage, "srv/w06/over/a.safetensors", bytes);
  return [await stage.sees({ rule: "retired-present", where: at }, Date.now())];
}

/** Four gigabytes of zeros in four megabytes, and that packed again. */
async function bombs(_: Stage, folder: string): Promise<void> {
  const member = gzipSync(Buffer.alloc(1 << 26), { level: 9 });
  const bomb = Buffer.concat(Array.from({ length: 64 }, () => member));
  await writeFile(join(folder, "a.gz"), bomb);
  await writeFile(join(folder, "b.gz.gz"), gzipSync(bomb));
}

/** A pickle that calls a program when it is loaded; the program would leave a file behind. */
async function payload(stage: Stage): Promise<readonly Seen[]> {
  const site = stage.site();
  const trace = site.elsewhere("srv/w06/executed");
  const call = `cposix\nsystem\n(Vtouch ${trace}\ntR.`;
  await put(
    stage,
    "srv/w06/load/a.pt",
    Buffer.concat([Buffer.from(`\x80\x02${call}`, "latin1"), filler]),
  );
  await put(stage, "srv/w06/load/a.pkl", Buffer.from(`\x80\x02${call}`, "latin1"));
  const copy = await put(stage, "srv/w06/load/zz", stage.component.bytes["2.9"]);
  const seen = await known(stage, copy, /the bytes of/, Date.now());
  await stage.looked();
  if (existsSync(trace)) throw new Missed("what the pickle names was run");
  return [seen];
}

async function cycles(_: Stage, folder: string): Promise<void> {
  await symlink("self", join(folder, "self"));
  await symlink("..", join(folder, "up"));
  await symlink(folder, join(folder, "model.safetensors"));
  const deep = join(folder, ...Array.from({ length: 300 }, () => "d"));
  await mkdir(deep, { recursive: true });
  await symlink(folder, join(deep, "again"));
}

const manyFiles = 20_000;

async function many(_: Stage, folder: string): Promise<void> {
  for (let at = 0; at < manyFiles; at += 1) {
    const path = join(folder, String(at % 100), `${at}.safetensors`);
    if (at < 100) await mkdir(dirname(path), { recursive: true });
    await writeFile(path, "{}");
  }
}

/** What hangs, never ends, or is not there: a pipe, a socket, a device, two terabytes of holes. */
async function special(stage: Stage, folder: string): Promise<void> {
  const pipe = join(folder, "a.safetensors");
  if ((await stage.site().host.run("mkfifo", pipe)) !== 0) throw new NotPlayed("no mkfifo");
  await stage.site().host.run("mknod", join(folder, "zero.gguf"), "c", "1", "5");
  const socket = createServer();
  await new Promise<void>((resolve) => socket.listen(join(folder, "s.pt"), resolve));
  await new Promise((resolve) => socket.close(resolve));
  const holes = join(folder, "holes.bin");
  await writeFile(holes, "");
  await truncate(holes, 2 ** 41);
}

const names = [
  "\u001b[2J\u001b[31mfine",
  "a\nwrit: all is well",
  "\u202Esrotsnetefas.",
  "-rf",
  "𝔴".repeat(60),
];

async function hostileNames(stage: Stage): Promise<readonly Seen[]> {
  const since = Date.now();
  const folder = "srv/w06/names";
  for (const name of names) await put(stage, join(folder, name), stage.component.bytes["2.9"]);
  const seen = await stage.waitFor(async () => {
    const news = await stage.news();
    const found = news.filter(
      (one) => one.rule === "retired-present" && one.where.includes(folder),
    );
    return found.length >= names.length ? found : undefined;
  });
  if (seen === undefined) throw new Missed("a copy with a hostile name was not seen");
  // What a person reads of it: no terminal may obey a file's name.
  const shown = inert(seen.map((one) => one.where).join(" "));
  if (/[\p{Cc}\p{Cf}]/u.test(shown)) throw new Missed("told with control characters");
  return [
    { as: "retired-present", where: `all ${names.length}`, milliseconds: Date.now() - since },
  ];
}

export const w06: Row = {
  id: "W06",
  must: "refused or reported, bounded time, nothing executed",
  hosts: ["h1"],
  alone: {},
  twin: {
    name: "an empty file, a link, a pipe, and a download that has only begun",
    play: async (stage) => {
      const site = stage.site();
      await put(stage, "srv/ordinary/empty.safetensors", new Uint8Array());
      await symlink("empty.safetensors", site.elsewhere("srv/ordinary/latest"));
      await site.host.run("mkfifo", site.elsewhere("srv/ordinary/queue"));
      await put(stage, "srv/ordinary/notes.gguf", Buffer.from("GGUF"));
      await stage.looked();
    },
  },
  acts: [
    among("lengths that no file has", "srv/w06/lengths", absurdLengths),
    { name: "two tensors over the same bytes", play: overlapping },
    among("four gigabytes in four megabytes, and once more", "srv/w06/bombs", bombs),
    { name: "a pickle that calls a program", play: payload },
    among("links in circles, three hundred folders deep", "srv/w06/links", cycles),
    among(`${manyFiles} files named as models`, "srv/w06/many", many),
    among("a pipe, a socket, a device, two terabytes of holes", "srv/w06/special", special),
    { name: "names with control characters", play: hostileNames },
  ],
};
