/** Weights pushed to a real OCI registry, as people and butlers push them, seen from a probe. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { type Census, censusShape, isRefused } from "@writ/core";
import { emptyBehindMemory } from "../behind/behind.ts";
import { storesOf, type ToldStore } from "../behind/told-store.ts";
import { asTar } from "../testing/disguises.ts";
import { digestOf, lackOfRegistry, openOciRegistry } from "../testing/oci-registry.ts";
import {
  coverageOf,
  freshFolder,
  lookAt,
  noProcesses,
  opaqueBytes,
  type SceneOptions,
  safetensorsBytes,
} from "../testing/scene.ts";

const skip = lackOfRegistry();
const layerType = "application/vnd.oci.image.layer.v1.tar+gzip";
const weights = safetensorsBytes(60_000, 3);
const artefacts = [{ digest: digestOf(weights), size: weights.length }];

function toldOf(url: string, secret: Partial<ToldStore["secret"]> = {}): ToldStore[] {
  const stores = storesOf({ registry: [url] });
  assert.ok(!isRefused(stores));
  return stores.map((store) => ({ ...store, secret: { ...store.secret, ...secret } }));
}

function rows(census: Census): string[] {
  const { stored = [] } = census;
  const shaped = censusShape(JSON.parse(JSON.stringify(census)), "census");
  assert.ok(!isRefused(shaped), JSON.stringify(shaped));
  return stored.map(
    ({ holder, path, fate, known, digest }) =>
      `${holder} ${path} ${fate} ${known}${digest === artefacts[0]!.digest ? " registered" : ""}`,
  );
}

const looking = (root: string, options: SceneOptions) =>
  lookAt([root], { ...noProcesses, assignment: { artefacts }, ...options });

test("an ORAS artefact, a layer's file and one deleted above it are seen where they are", {
  skip,
}, async (context) => {
  const registry = await openOciRegistry(context);
  const root = freshFolder(context);
  const below = gzipSync(asTar({ "srv/m.bin": weights, "etc/motd": Buffer.from("hello") }));
  const above = gzipSync(asTar({ "srv/.wh.m.bin": new Uint8Array(0) }));
  await registry.push("tools/cache", "1.0", [
    { type: "application/vnd.example.log", bytes: weights, title: "app.log" },
  ]);
  await registry.push("web/shop", "2.1", [
    { type: layerType, bytes: below },
    { type: layerType, bytes: above },
  ]);
  await registry.push("web/plain", "1", [
    { type: layerType, bytes: gzipSync(asTar({ "etc/motd": Buffer.from("hello") })) },
  ]);
  const census = await looking(root, { stores: toldOf(registry.url) });
  assert.deepEqual(rows(census), [
    "image tools/cache:1.0 app.log visible read registered",
    "image web/shop:2.1 srv/m.bin deleted read registered",
  ]);
  const { gaps, entries } = coverageOf(census, "registries");
  assert.deepEqual(gaps, []);
  assert.ok(entries >= 3);
});

test("what an index or a referrer leads to is seen; a tag that goes leaves what it had", {
  skip,
}, async (context) => {
  const registry = await openOciRegistry(context);
  const root = freshFolder(context);
  const inner = await registry.push("a/multi", "inner", [{ type: "x/y", bytes: weights }]);
  const one = { mediaType: "application/vnd.oci.image.manifest.v1+json", digest: inner, size: 1 };
  const index = await registry.pushManifest("a/multi", "latest", {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [{ ...one, size: 400 }],
  });
  const behindMemory = emptyBehindMemory();
  const see = async () => rows(await looking(root, { stores: toldOf(registry.url), behindMemory }));
  const first = await see();
  assert.equal(first.length, 1);
  assert.match(first[0]!, /^image a\/multi:(inner|latest) sha256:\w+ visible read registered$/);
  // The tag is put on something else: what it had is served to whoever knows its digest.
  const other = { type: "x/y", bytes: opaqueBytes(100) };
  await registry.push("a/multi", "inner", [other]);
  await registry.push("a/multi", "latest", [other]);
  const second = await see();
  assert.match(second.join(), / deleted read registered$/);
  // A probe that never saw the tag asks by the register's digest.
  const third = rows(await looking(root, { stores: toldOf(registry.url) }));
  assert.deepEqual(third, [`repository a/multi ${artefacts[0]!.digest} deleted read registered`]);
  await registry.deleteManifest("a/multi", index);
  assert.match((await see()).join(), /registered/);
});

// bcrypt of `right`, as `htpasswd -B` makes it.
const users = "probe:$2y$05$abcdefghijklmnopqrstuu8xaCxxL82bnl.UY74PMksDxIJShppPC\n";

test("a closed registry is a gap without its password, and seen with it", {
  skip,
}, async (context) => {
  const registry = await openOciRegistry(context, users);
  const root = freshFolder(context);
  await registry.as("probe", "right").push("a/b", "1", [{ type: "x/y", bytes: weights }]);
  const closed = await looking(root, { stores: toldOf(registry.url) });
  assert.deepEqual(rows(closed), []);
  const { gaps } = coverageOf(closed, "registries");
  assert.deepEqual(
    gaps.map(({ why }) => why),
    ["no-permission"],
  );
  const secret = { user: "probe", password: "right" };
  const open = await looking(root, { stores: toldOf(registry.url, secret) });
  assert.deepEqual(rows(open).length, 1);
  assert.ok(!JSON.stringify(open).includes("right"));
});

test("a registry that is away is a gap, and no other store's", { skip }, async (context) => {
  const registry = await openOciRegistry(context);
  const root = freshFolder(context);
  await registry.push("a/b", "1", [{ type: "x/y", bytes: weights }]);
  const stores = [...toldOf("http://127.0.0.1:9"), ...toldOf(registry.url)];
  const census = await looking(root, { stores });
  assert.equal(rows(census).length, 1);
  assert.deepEqual(coverageOf(census, "registries").gaps, [
    { where: "http://127.0.0.1:9", why: "unreadable" },
  ]);
});

test("a manifest that lies about a layer's size hides nothing; a registry that lists nothing is a gap", {
  skip,
}, async (context) => {
  const registry = await openOciRegistry(context);
  const root = freshFolder(context);
  const { digest } = await registry.pushBlob("a/b", weights);
  const config = await registry.pushBlob("a/b", Buffer.from("{}"));
  await registry.pushManifest("a/b", "1", {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: { mediaType: "application/vnd.oci.empty.v1+json", ...config },
    layers: [{ mediaType: "x/y", digest, size: 3 }],
  });
  const census = await looking(root, { stores: toldOf(registry.url) });
  assert.match(rows(census).join(), /^image a\/b:1 \S+ visible read registered$/);
  const server = createServer((request, response) => {
    response.writeHead(request.url === "/v2/" ? 200 : 404).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const silent = await looking(root, { stores: toldOf(url) });
  assert.deepEqual(coverageOf(silent, "registries").gaps, [{ where: url, why: "unreadable" }]);
});
