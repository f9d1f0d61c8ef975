import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  closeSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  type Census,
  censusShape,
  encodeCanonical,
  isRefused,
  parseCanonicalObject,
} from "@writ/core";
import {
  coverageOf,
  freshFolder,
  lookAt as lookAtHost,
  noProcesses,
  opaqueBytes,
  type SceneOptions,
  safetensorsBytes,
  seededRandom,
} from "../testing/scene.ts";
import { openDigestCache } from "./digest-cache.ts";

const mebibyte = 1024 * 1024;
const sha256 = (bytes: Uint8Array) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

const lookAt = (roots: readonly string[], options: SceneOptions = {}) =>
  lookAtHost(roots, { ...noProcesses, ...options });

test("a model is met by its content, under any name", async (context) => {
  const root = freshFolder(context);
  mkdirSync(join(root, "var/log"), { recursive: true });
  const bytes = safetensorsBytes(64);
  writeFileSync(join(root, "var/log/app.log"), bytes);
  writeFileSync(join(root, "readme.safetensors"), "not a model at all, only prose");
  const census = await lookAt([root]);
  assert.deepEqual(
    census.masses.map(({ names, digest, container, size }) => ({ names, digest, container, size })),
    [
      {
        names: [join(root, "var/log/app.log")],
        digest: sha256(bytes),
        container: "safetensors",
        size: bytes.length,
      },
    ],
  );
  assert.deepEqual(coverageOf(census, "files").gaps, []);
});

test("a census is a document of its shape, in canonical bytes", async (context) => {
  const root = freshFolder(context);
  writeFileSync(join(root, "a"), safetensorsBytes());
  const census = await lookAt([root]);
  const parsed = parseCanonicalObject(encodeCanonical(census as never));
  assert.ok(!isRefused(parsed));
  const read = censusShape(parsed, "census");
  assert.ok(!isRefused(read), JSON.stringify(read));
});

test("hard links and symlinks are names of one mass; links in a circle end", async (context) => {
  const root = freshFolder(context);
  const outside = freshFolder(context);
  writeFileSync(join(root, "a.gguf"), safetensorsBytes(50));
  linkSync(join(root, "a.gguf"), join(root, "b"));
  symlinkSync("a.gguf", join(root, "c"));
  symlinkSync("c", join(root, "d"));
  symlinkSync("loop-b", join(root, "loop-a"));
  symlinkSync("loop-a", join(root, "loop-b"));
  mkdirSync(join(root, "folder"));
  symlinkSync("..", join(root, "folder/up"));
  writeFileSync(join(outside, "far"), safetensorsBytes(51, 2));
  symlinkSync(join(outside, "far"), join(root, "near"));
  const census = await lookAt([root]);
  assert.deepEqual(
    census.masses.map(({ names }) => names.map((name) => name.slice(root.length + 1))),
    [["a.gguf", "b", "c", "d"], ["near"]],
  );
  assert.deepEqual(
    census.links.map(({ path, target }) => [path.slice(root.length + 1), target]),
    [
      ["c", "a.gguf"],
      ["d", "c"],
      ["near", join(outside, "far")],
    ],
  );
  assert.deepEqual(coverageOf(census, "files").gaps, []);
});

test("a link to a folder outside the roots is a way out, and a gap", async (context) => {
  const root = freshFolder(context);
  const outside = freshFolder(context);
  symlinkSync(outside, join(root, "cellar"));
  symlinkSync("/proc/self", join(root, "harmless"));
  const { gaps } = coverageOf(await lookAt([root]), "files");
  assert.deepEqual(gaps, [{ where: join(root, "cellar"), why: "excluded" }]);
});

test("names that are not UTF-8, or hold newlines and bidi marks, are kept exactly", async (context) => {
  const root = freshFolder(context);
  const odd = Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0x61, 0xff, 0x5c, 0x62])]);
  writeFileSync(odd, safetensorsBytes(20));
  writeFileSync(join(root, "new\nline"), safetensorsBytes(21));
  writeFileSync(join(root, "\u202egpj.exe"), safetensorsBytes(22));
  mkdirSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xfe])]));
  const inOdd = Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xfe, 0x2f, 0x78])]);
  writeFileSync(inOdd, safetensorsBytes(23));
  const census = await lookAt([root]);
  assert.deepEqual(
    census.masses.map(({ names }) => names[0]!.slice(root.length + 1)).sort(),
    ["\\xfe/x", "a\\xff\\\\b", "new\nline", "\u202egpj.exe"].sort(),
  );
});

test("special files are counted and never opened", { timeout: 20_000 }, async (context) => {
  const root = freshFolder(context);
  const made = spawnSync("mkfifo", [join(root, "pipe")]);
  if (made.status !== 0) return context.skip("no mkfifo here");
  const census = await lookAt([root]);
  assert.deepEqual(census.masses, []);
  const { entries, gaps } = coverageOf(census, "files");
  // An opened FIFO would be a gap: something else than the file that was asked for.
  assert.deepEqual([entries, gaps], [1, []]);
});

const lookFrom = fileURLToPath(new URL("../testing/look-from.ts", import.meta.url));

test("bind mounts are names of one mass, tmpfs is looked into, a covered place is told", (context) => {
  const root = freshFolder(context);
  for (const name of ["a", "b", "c", "d"]) mkdirSync(join(root, name));
  writeFileSync(join(root, "a/m"), safetensorsBytes(70));
  const script = `
    mount --bind a b && mount -t tmpfs none c && cp a/m c/copy && mount -t proc none d || exit 77
    exec "$0" "$1" "$2"`;
  const run = spawnSync("unshare", ["-m", "sh", "-c", script, process.execPath, lookFrom, root], {
    cwd: root,
    encoding: "utf8",
  });
  if (run.error !== undefined || run.status === 77 || /not permitted/.test(run.stderr)) {
    return context.skip("mounts are not allowed here");
  }
  const census = JSON.parse(run.stdout) as Census;
  assert.deepEqual(
    census.masses.map(({ names }) => names.map((name) => name.slice(root.length + 1))),
    [["a/m", "b/m"], ["c/copy"]],
  );
  assert.deepEqual(coverageOf(census, "files").gaps, [
    { where: join(root, "d"), why: "other-filesystem" },
  ]);
});

test("large bytes that nothing accounts for are a mass; an innocent picture is not", async (context) => {
  const root = freshFolder(context);
  const noise = opaqueBytes(mebibyte + 10);
  const pngEnd = Buffer.from("\0\0\0\0IEND\xae\x42\x60\x82", "latin1");
  const pngStart = Buffer.from("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "latin1");
  writeFileSync(join(root, "noise"), noise);
  writeFileSync(join(root, "small-noise"), opaqueBytes(mebibyte - 1));
  writeFileSync(join(root, "picture.png"), Buffer.concat([pngStart, noise, pngEnd]));
  writeFileSync(join(root, "guilty.png"), Buffer.concat([pngStart, noise]));
  writeFileSync(join(root, "prose"), "All work and no play; makes a dull log.\n".repeat(40_000));
  writeFileSync(join(root, "base64"), Buffer.from(noise).toString("base64"));
  const late = Buffer.concat([Buffer.from("plain words, here.\n".repeat(2000)), noise]);
  writeFileSync(
    join(root, "late.log"),
    Buffer.concat([late, Buffer.from("The end.\n".repeat(3000))]),
  );
  const census = await lookAt([root]);
  assert.deepEqual(
    census.masses.map(({ names, container, kind }) => [
      names[0]!.slice(root.length + 1),
      container,
      kind,
    ]),
    [
      ["base64", "opaque", "opaque"],
      ["guilty.png", "png", "carrier"],
      ["late.log", "opaque", "opaque"],
      ["noise", "opaque", "opaque"],
    ],
  );
  assert.ok(census.masses.find(({ names }) => names[0]!.endsWith("/noise"))!.entropy! > 7900);
});

test("a file of a registered artefact's size is digested, whatever it is", async (context) => {
  const root = freshFolder(context);
  const bytes = Buffer.from("no magic here, only seventeen words or so of text");
  writeFileSync(join(root, "x.txt"), bytes);
  const artefacts = [{ digest: sha256(bytes) as `sha256:${string}`, size: bytes.length }];
  const census = await lookAt([root], { assignment: { artefacts } });
  assert.equal(census.masses[0]?.digest, sha256(bytes));
});

test("a file that changes while it is read is a gap, and never half a mass", async (context) => {
  const root = freshFolder(context);
  const path = join(root, "growing");
  writeFileSync(path, opaqueBytes(8 * mebibyte));
  const writing = setInterval(() => appendFileSync(path, opaqueBytes(4096)), 0);
  const census = await lookAt([root]);
  clearInterval(writing);
  const { gaps } = coverageOf(census, "files");
  assert.deepEqual(census.masses, []);
  assert.deepEqual(gaps, [{ where: path, why: "changed-while-read" }]);
});

test("the shell game: a file carried to a folder already read is met there", async (context) => {
  const root = freshFolder(context);
  mkdirSync(join(root, "one"));
  mkdirSync(join(root, "two"));
  writeFileSync(join(root, "one/weights"), safetensorsBytes(40));
  writeFileSync(join(root, "two/weights"), safetensorsBytes(41));
  let carried: string | undefined;
  const census = await lookAt([root], {
    onProgress({ vantage, path }) {
      // As soon as one folder was read, the other's file is carried into it.
      if (vantage !== "files" || carried !== undefined || !/\/(one|two)$/.test(path)) return;
      const other = path.endsWith("one") ? "two" : "one";
      carried = join(path, "carried");
      renameSync(join(root, other, "weights"), carried);
    },
  });
  assert.ok(carried !== undefined);
  const names = census.masses.flatMap((mass) => mass.names);
  assert.ok(names.includes(carried), names.join(", "));
  assert.deepEqual(coverageOf(census, "files").gaps, []);
});

test("a root that is not there, and one that is a link, are told", async (context) => {
  const root = freshFolder(context);
  const real = freshFolder(context);
  writeFileSync(join(real, "m"), safetensorsBytes());
  symlinkSync(real, join(root, "models"));
  const census = await lookAt([join(root, "models"), join(root, "gone")]);
  assert.deepEqual(census.masses[0]?.names, [join(real, "m")]);
  assert.deepEqual(census.links, [{ path: join(root, "models"), target: real }]);
  assert.deepEqual(coverageOf(census, "files").gaps, [
    { where: join(root, "gone"), why: "unreadable" },
  ]);
});

test("an excluded place is a gap; roots within roots are counted once", async (context) => {
  const root = freshFolder(context);
  mkdirSync(join(root, "a"));
  writeFileSync(join(root, "a/m"), safetensorsBytes());
  const twice = await lookAt([root, join(root, "a"), `${root}/`]);
  assert.equal(coverageOf(twice, "files").entries, 2);
  const census = await lookAt([root], { excluded: [join(root, "a")] });
  assert.deepEqual(census.masses, []);
  assert.deepEqual(coverageOf(census, "files").gaps, [{ where: join(root, "a"), why: "excluded" }]);
});

test("a folder tree deeper than any path is a gap at its bottom, not a crash", async (context) => {
  const root = freshFolder(context);
  const script = "for i in $(seq 30); do d=$(printf 'x%.0s' $(seq 200)); mkdir $d; cd -P $d; done";
  const made = spawnSync("sh", ["-c", script], { cwd: root });
  assert.equal(made.status, 0, String(made.stderr));
  context.after(() => spawnSync("rm", ["-rf", root]));
  const { gaps } = coverageOf(await lookAt([root]), "files");
  assert.deepEqual(
    gaps.map(({ why }) => why),
    ["limit"],
  );
});

test("a sparse file is read through; one whose holes would blind the probe is a gap", async (context) => {
  const root = freshFolder(context);
  const modest = openSync(join(root, "modest"), "w");
  ftruncateSync(modest, 64 * mebibyte);
  writeSync(modest, opaqueBytes(4096), 0, 4096, 32 * mebibyte);
  closeSync(modest);
  const vast = openSync(join(root, "vast"), "w");
  ftruncateSync(vast, 2 ** 40);
  closeSync(vast);
  const census = await lookAt([root]);
  assert.deepEqual(
    census.masses.map(({ names, size }) => [names[0], size]),
    [[join(root, "modest"), 64 * mebibyte]],
  );
  assert.deepEqual(coverageOf(census, "files").gaps, [
    { where: join(root, "vast"), why: "too-large" },
  ]);
});

test("a forged mtime does not hide a change, since ctime moves with it", async (context) => {
  const { root, path, cache } = settled(context);
  // Whole seconds, so that the same mtime can be set again to the nanosecond.
  const old = new Date("2026-01-02T03:04:05Z");
  utimesSync(path, old, old);
  const before = (await lookAt([root], { cache, clock: later })).masses[0]!;
  assert.equal((await lookAt([root], { cache, clock: later })).coverage[0]!.bytes, 0);
  const other = safetensorsBytes(100, 9);
  writeFileSync(path, other);
  utimesSync(path, old, old);
  const after = (await lookAt([root], { cache, clock: later })).masses[0]!;
  assert.equal(after.modified, before.modified);
  assert.equal(after.digest, sha256(other));
});

test("cached digests are re-read by chance, and a lie among them is told", async (context) => {
  const { root, path, cache } = settled(context);
  await lookAt([root], { cache, clock: later });
  const lied = {
    ...cache,
    get: (key: string) => {
      const known = cache.get(key);
      return known && { ...known, digest: `sha256:${"0".repeat(64)}` as const };
    },
  };
  const forged: string[] = [];
  const options = {
    cache: lied,
    clock: later,
    onForged: (at: string) => void forged.push(at),
  };
  const believed = await lookAt([root], options);
  assert.equal(believed.masses[0]?.digest, `sha256:${"0".repeat(64)}`);
  const reread = await lookAt([root], { ...options, rereadChance: 1 });
  assert.equal(reread.masses[0]?.digest, sha256(safetensorsBytes(100)));
  assert.deepEqual(forged, [path]);
});

test("digests survive a restart in the probe's own folder; a damaged file is not believed", async (context) => {
  const { root } = settled(context);
  const data = freshFolder(context);
  await lookAt([root], { ...noProcesses, cache: openDigestCache(data), clock: later });
  assert.equal(openDigestCache(data).size, 1);
  writeFileSync(join(data, "digests.jsonl"), '[["1:2:3:4:5","sha256:00","gguf","model",1],7,"x"');
  assert.equal(openDigestCache(data).size, 0);
  writeFileSync(join(data, "digests.jsonl"), '[["1:2:3:4:5","sha256:00","gguf","model",1],7]');
  assert.equal(openDigestCache(data).size, 0);
});

/** A hundred thousand when asked for: making them takes longer than looking at them. */
const manyFolders = process.env.SLOW === undefined ? 20 : 100;

test("very many small files cost seconds, and no memory to speak of", async (context) => {
  const root = freshFolder(context);
  const random = seededRandom(3);
  for (let folder = 0; folder < manyFolders; folder += 1) {
    mkdirSync(join(root, `${folder}`));
    for (let file = 0; file < 1000; file += 1) {
      writeFileSync(join(root, `${folder}/${file}`), `${random()} `.repeat(20));
    }
  }
  const before = process.memoryUsage().rss;
  const began = Date.now();
  let peak = before;
  const census = await lookAt([root], {
    onProgress: () => {
      peak = Math.max(peak, process.memoryUsage().rss);
    },
  });
  const took = Date.now() - began;
  context.diagnostic(`${took} ms, ${Math.round((peak - before) / mebibyte)} MiB above the start`);
  assert.equal(coverageOf(census, "files").entries, manyFolders * 1001);
  assert.ok(took < 60_000, `${took} ms`);
  assert.ok(peak - before < 200 * mebibyte);
  rmSync(root, { recursive: true });
});

/** A clock far enough ahead that a file just written counts as settled. */
const later = { now: () => Date.now() + 60_000 };

function settled(context: TestContext) {
  const root = freshFolder(context);
  const path = join(root, "weights");
  writeFileSync(path, safetensorsBytes(100));
  return { root, path, cache: openDigestCache() };
}
