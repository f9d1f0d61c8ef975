import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { type Census, censusShape, encodeCanonical, isRefused, type Json } from "@writ/core";
import { type Engine, lackOf, openDocker, openPodman, servePodman } from "../testing/engine.ts";
import {
  coverageOf,
  freshFolder,
  lookAt,
  noProcesses,
  safetensorsBytes,
} from "../testing/scene.ts";

const digestOf = (bytes: Uint8Array) =>
  `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const models = new Map<string, Uint8Array>(
  ["deleted", "kept", "tucked", "volume"].map((name, at) => [
    name,
    safetensorsBytes(4096, at + 10),
  ]),
);
const nameOf = new Map([...models].map(([name, bytes]) => [digestOf(bytes), name]));

/** An image whose second layer deletes a model of its first, a stopped container, and a volume. */
function furnish(context: TestContext, { run }: Engine): void {
  const folder = freshFolder(context);
  for (const [name, bytes] of models) writeFileSync(join(folder, name), bytes);
  writeFileSync(join(folder, "notes.txt"), "nothing here\n".repeat(10));
  const files = "FROM scratch\nCOPY deleted /models/old.bin\nCOPY kept notes.txt /models/\n";
  writeFileSync(join(folder, "Dockerfile"), files);
  run("build", "--network", "none", "--tag", "first:1", folder);
  const rest = "FROM first:1\nCOPY notes.txt /models/old.bin\n";
  writeFileSync(join(folder, "Dockerfile"), rest);
  run("build", "--network", "none", "--tag", "chat:1", folder);
  run("volume", "create", "data");
  const make = (name: string) =>
    run("create", "--name", name, "--network", "none", "--volume", "data:/data", "chat:1", "/none");
  make("keeper");
  make("innocent");
  run("cp", join(folder, "tucked"), "keeper:/tucked.log");
  run("cp", join(folder, "volume"), "keeper:/data/x.log");
  run("cp", join(folder, "notes.txt"), "innocent:/notes.txt");
}

/** Each model found, as `name: holder path fate`, sorted. */
function told(census: Census): string[] {
  const rows = (census.stored ?? []).flatMap(({ digest, holder, path, fate }) => {
    const name = digest === undefined ? undefined : nameOf.get(digest);
    const held = holder.replaceAll("localhost/", "");
    return name === undefined ? [] : [`${name}: ${held} /${path} ${fate}`];
  });
  return [...new Set(rows)].sort();
}

const expected = [
  "deleted: container innocent /models/old.bin replaced",
  "deleted: container keeper /models/old.bin replaced",
  "deleted: image chat:1 /models/old.bin replaced",
  "deleted: image first:1 /models/old.bin visible",
  "kept: container innocent /models/kept visible",
  "kept: container keeper /models/kept visible",
  "kept: image chat:1 /models/kept visible",
  "kept: image first:1 /models/kept visible",
  "tucked: container keeper /tucked.log visible",
  "volume: volume data /x.log visible",
];

/** Images without a name, which builds leave behind, are no part of what is expected. */
const named = (rows: string[]) => rows.filter((row) => !/image [0-9a-f]{12} /.test(row));

const lookAtEngines = (engines: readonly string[]) => lookAt([], { ...noProcesses, engines });

function isSound(census: Census): void {
  const read = censusShape(JSON.parse(JSON.stringify(census)) as Json, "census");
  assert.ok(!isRefused(read), JSON.stringify(read));
  assert.ok(encodeCanonical(census as unknown as Json).length > 0);
}

test("Podman: models in layers, deleted ones too, in stopped containers and volumes, with no engine asked and by its socket", async (context) => {
  const lack = lackOf("podman");
  if (lack !== undefined) return context.skip(lack);
  const podman = openPodman(context);
  furnish(context, podman);
  const byDisk = await lookAtEngines([podman.folder]);
  isSound(byDisk);
  assert.deepEqual(named(told(byDisk)), expected);
  assert.deepEqual(coverageOf(byDisk, "containers").gaps, []);
  assert.deepEqual(byDisk.masses.map(({ digest }) => nameOf.get(digest)).sort(), [
    "deleted",
    "kept",
    "tucked",
    "volume",
  ]);
  await servePodman(context, podman);
  const bySocket = await lookAtEngines([podman.socket]);
  isSound(bySocket);
  assert.deepEqual(named(told(bySocket)), expected);
  const [engine] = bySocket.engines!;
  assert.match(engine!.product, /^Podman Engine \d/);
  const keeper = engine!.containers.find(({ name }) => name === "keeper");
  assert.equal(keeper?.state, "created");
  assert.equal(keeper?.mounts[0]?.target, "/data");
  assert.deepEqual(
    engine!.volumes.map(({ name }) => name),
    ["data"],
  );
  // Both at once tell each once, and count each mass once.
  const both = await lookAtEngines([podman.folder, podman.socket]);
  assert.deepEqual(named(told(both)), expected);
  assert.equal(both.masses.length, 4);
});

test("Docker: the same by its socket, and by its folder when it is stopped", async (context) => {
  const lack = lackOf("dockerd") ?? lackOf("docker");
  if (lack !== undefined) return context.skip(lack);
  const docker = await openDocker(context);
  furnish(context, docker);
  const bySocket = await lookAtEngines([docker.socket]);
  isSound(bySocket);
  assert.deepEqual(named(told(bySocket)), expected);
  const byDisk = await lookAtEngines([docker.folder]);
  isSound(byDisk);
  assert.deepEqual(named(told(byDisk)), expected);
  const keeper = byDisk.engines?.[0]?.containers.find(({ name }) => name === "keeper");
  assert.equal(keeper?.image, "chat:1");
});

test("an OCI layout is known by its blobs wherever it lies, and its layers are gone through", async (context) => {
  const lack = lackOf("podman");
  if (lack !== undefined) return context.skip(lack);
  const podman = openPodman(context);
  furnish(context, podman);
  const root = freshFolder(context);
  const layout = join(root, "tucked/away");
  mkdirSync(layout, { recursive: true });
  podman.run("push", "--remove-signatures", "chat:1", `oci:${layout}:chat:1`);
  // Blobs of a test are small: the register's sizes do not name them, so they are told by folder.
  const census = await lookAtEngines([layout]);
  isSound(census);
  assert.deepEqual(told(census), [
    "deleted: image chat:1 /models/old.bin replaced",
    "kept: image chat:1 /models/kept visible",
  ]);
  const before = podman.run("images", "--quiet");
  assert.ok(before.length > 0);
});

type Entry = readonly [name: string, bytes: Uint8Array];

/** A tar of plain files (POSIX ustar). */
function tarOf(entries: readonly Entry[]): Buffer {
  const blocks = entries.flatMap(([name, bytes]) => {
    const head = Buffer.alloc(512);
    head.write(name, 0);
    head.write("0000644\x000000000\x000000000\0", 100);
    head.write(`${bytes.length.toString(8).padStart(11, "0")}\0`, 124);
    head.write("00000000000\0        0", 136);
    head.write("ustar\x0000", 257);
    const sum = head.reduce((total, byte) => total + byte, 0);
    head.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    return [head, Buffer.from(bytes), Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** A layout of one image with these layers. */
function writeLayout(folder: string, layers: readonly Buffer[], more: object[] = []): void {
  mkdirSync(join(folder, "blobs/sha256"), { recursive: true });
  const put = (bytes: Buffer): string => {
    const digest = digestOf(bytes);
    writeFileSync(join(folder, "blobs/sha256", digest.slice(7)), bytes);
    return digest;
  };
  const rows = layers.map((bytes) => ({ digest: put(bytes), size: bytes.length }));
  const manifest = put(Buffer.from(JSON.stringify({ schemaVersion: 2, layers: rows })));
  const annotations = { "org.opencontainers.image.ref.name": "small" };
  const index = { manifests: [{ digest: manifest, annotations }, ...more] };
  writeFileSync(join(folder, "index.json"), JSON.stringify(index));
  writeFileSync(join(folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
}

test("whiteouts of gzip and zstd layers hide what lies below, and the bytes are told all the same", async (context) => {
  const folder = freshFolder(context);
  const model = (name: string) => models.get(name)!;
  writeLayout(folder, [
    gzipSync(
      tarOf([
        ["./a/one", model("deleted")],
        ["b/two", model("kept")],
      ]),
    ),
    zstdCompressSync(
      tarOf([
        ["c/.wh..wh..opq", Buffer.alloc(0)],
        ["c/three", model("tucked")],
      ]),
    ),
    tarOf([
      [".wh.a", Buffer.alloc(0)],
      ["b/two", Buffer.from("now a text")],
    ]),
  ]);
  const expectedRows = [
    "deleted: image small /a/one deleted",
    "kept: image small /b/two replaced",
    "tucked: image small /c/three visible",
  ];
  const layerMemory = new Map();
  const look = () => lookAt([], { ...noProcesses, engines: [folder], layerMemory });
  const first = await look();
  isSound(first);
  assert.deepEqual(told(first), expectedRows);
  const again = await look();
  assert.deepEqual(told(again), expectedRows);
  const bytes = (census: Census) => coverageOf(census, "containers").bytes;
  assert.ok(bytes(again) < bytes(first), "layers are gone through once");
});

test("hostile layouts: broken streams, circles and digests that are paths end in gaps", async (context) => {
  const folder = freshFolder(context);
  const whole = gzipSync(
    tarOf([
      ["m", models.get("kept")!],
      ["n", models.get("tucked")!],
    ]),
  );
  const secret = join(freshFolder(context), "secret");
  writeFileSync(secret, models.get("volume")!);
  writeLayout(
    folder,
    [whole.subarray(0, whole.length - 2000), Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3])],
    [
      { digest: `sha256:../../..${secret}` },
      { digest: `sha256:${"0".repeat(64)}` },
      { digest: 7 },
      "row",
    ] as object[],
  );
  // An index that names itself cannot be made by digest; a file that says so can.
  const [name] = readdirSync(join(folder, "blobs/sha256"));
  const circle = { manifests: [{ digest: `sha256:${"1".repeat(64)}` }] };
  writeFileSync(join(folder, "blobs/sha256", "1".repeat(64)), JSON.stringify(circle));
  const index = JSON.parse(readFileSync(join(folder, "index.json"), "utf8"));
  index.manifests.push(...circle.manifests);
  writeFileSync(join(folder, "index.json"), JSON.stringify(index));
  const census = await lookAtEngines([folder]);
  isSound(census);
  assert.ok(name !== undefined);
  assert.ok(!told(census).some((row) => row.startsWith("volume")));
  const why = coverageOf(census, "containers").gaps.map((gap) => gap.why);
  assert.ok(why.length >= 2 && why.every((reason) => reason === "unreadable"), why.join());
});

async function serveSocket(context: TestContext, listener: RequestListener): Promise<string> {
  const socket = join(freshFolder(context), "engine.sock");
  const server = createServer(listener);
  await once(server.listen(socket), "listening");
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return socket;
}

test("a hostile engine is bounded: its ids become no paths, and its folders only those of layers", async (context) => {
  const asked: string[] = [];
  const folder = freshFolder(context);
  const layer = join(folder, "diff");
  mkdirSync(layer);
  writeFileSync(join(layer, "model"), models.get("kept")!);
  const id = "a".repeat(64);
  const answers: { [path: string]: unknown } = {
    "/version": { Version: "x".repeat(9000), Components: ["none"] },
    "/containers/json?all=true": [
      { Id: "../../../secrets", Names: ["/x"] },
      { Id: id, Names: ["/y", 7], State: { not: "text" }, Mounts: [{ Source: "relative" }, null] },
      ...Array.from({ length: 20 }, () => null),
    ],
    [`/containers/${id}/json`]: {
      State: { Pid: -5 },
      GraphDriver: { Data: { UpperDir: layer, LowerDir: "/:/etc:relative/diff:/no/such/diff" } },
    },
    "/images/json?all=true": { not: "a list" },
    "/volumes": { Volumes: [{ Name: "v", Mountpoint: "relative" }, { Mountpoint: 5 }] },
  };
  const socket = await serveSocket(context, (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.end(JSON.stringify(answers[request.url ?? ""] ?? null));
  });
  const census = await lookAtEngines([socket]);
  isSound(census);
  assert.deepEqual(told(census), ["kept: container y /model visible"]);
  assert.ok(asked.every((line) => line.startsWith("GET ") && !line.includes("secrets")));
  assert.deepEqual(coverageOf(census, "containers").gaps, [
    { where: "/no/such/diff", why: "vanished-while-read" },
  ]);
});

test("an engine that does not answer, answers nonsense or is not there is a gap, never an empty estate", async (context) => {
  const nonsense = await serveSocket(context, (_, response) => response.end("<html>"));
  const broken = await serveSocket(context, (_, response) => {
    response.writeHead(500).end("{}");
  });
  const plain = freshFolder(context);
  const missing = join(plain, "nothing.sock");
  for (const engine of [nonsense, broken, plain, missing]) {
    const census = await lookAtEngines([engine]);
    isSound(census);
    assert.deepEqual(census.engines, []);
    assert.equal(coverageOf(census, "containers").gapsTotal, 1, engine);
  }
});

test("what a container is given of the host, outside the roots, is told as not looked at", async (context) => {
  const [given, root] = [freshFolder(context), freshFolder(context)];
  const id = "b".repeat(64);
  const mount = (source: string) => ({ Source: source, Destination: "/x", RW: false });
  const socket = await serveSocket(context, (request, response) => {
    const row = { Id: id, Names: ["/c"], Mounts: [mount(given), mount(root), mount("/proc")] };
    const said = { "/version": {}, "/containers/json?all=true": [row] }[request.url ?? ""];
    response.end(JSON.stringify(said ?? {}));
  });
  const census = await lookAt([root], { ...noProcesses, engines: [socket] });
  assert.deepEqual(coverageOf(census, "containers").gaps, [{ where: given, why: "excluded" }]);
});
