/** Weights in a bucket: of a real S3 server, and versions and uploads in the form that S3 tells. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Census, censusShape, isRefused } from "@writ/core";
import { type BehindSeen, emptyBehindMemory } from "../behind/behind.ts";
import { storesOf, type ToldStore } from "../behind/told-store.ts";
import { identified } from "../identity/identified.ts";
import { openRecogniser } from "../identity/recogniser.ts";
import { openSketchKey } from "../identity/sketch-key.ts";
import { asGguf, asSafetensors, asTar, disguised, madeModel } from "../testing/disguises.ts";
import { digestOf } from "../testing/oci-registry.ts";
import { openS3, s3Secret } from "../testing/s3-server.ts";
import {
  coverageOf,
  emptyAssignment,
  freshFolder,
  lookAt,
  noProcesses,
  opaqueBytes,
  type SceneOptions,
  safetensorsBytes,
} from "../testing/scene.ts";
import { xmlTree } from "./xml-tree.ts";

const weights = safetensorsBytes(60_000, 3);
const artefacts = [{ digest: digestOf(weights), size: weights.length }];

function toldOf(url: string, secret: Partial<ToldStore["secret"]> = s3Secret): ToldStore[] {
  const stores = storesOf({ bucket: [url] });
  assert.ok(!isRefused(stores));
  return stores.map((store) => ({ ...store, secret: { ...store.secret, ...secret } }));
}

function rows(census: Census): string[] {
  const shaped = censusShape(JSON.parse(JSON.stringify(census)), "census");
  assert.ok(!isRefused(shaped), JSON.stringify(shaped));
  return (census.stored ?? []).map(
    ({ holder, path, fate, known, digest }) =>
      `${holder}: ${path} ${fate} ${known}${digest === artefacts[0]!.digest ? " registered" : ""}`,
  );
}

const looking = (root: string, options: SceneOptions) =>
  lookAt([root], { ...noProcesses, assignment: { artefacts }, ...options });

test("objects of a real bucket are known by their bytes, whatever their keys; text is nothing", async (context) => {
  const s3 = await openS3(context, "models");
  const root = freshFolder(context);
  await s3.put("logs/2026/app.log", weights);
  await s3.put("a (key)+with ünicode/ä.txt", Buffer.from("hello ".repeat(300_000)));
  await s3.put("backups/b.tar", asTar({ "x/y.dat": weights }));
  await s3.put("odd+name (1) ä.bin", opaqueBytes(1_200_000));
  for (let i = 0; i < 5; i += 1) await s3.put(`small/${i}`, opaqueBytes(10));
  const census = await looking(root, { stores: toldOf(s3.url) });
  assert.deepEqual(rows(census), [
    "bucket: backups/b.tar > x/y.dat visible read registered",
    "bucket: logs/2026/app.log visible read registered",
    "bucket: odd+name (1) ä.bin visible read",
  ]);
  const { gaps, entries } = coverageOf(census, "object-stores");
  assert.deepEqual([gaps, entries], [[], 9]);
  // Within a prefix, the rest is not told.
  const within = await looking(root, { stores: toldOf(`${s3.url}/logs`) });
  assert.deepEqual(rows(within), ["bucket: logs/2026/app.log visible read registered"]);
});

test("a wrong secret, or none, is a gap and no empty bucket", async (context) => {
  const s3 = await openS3(context, "models");
  await s3.put("a", weights);
  const wrong = await looking(freshFolder(context), {
    stores: toldOf(s3.url, { accessKey: "S3RVER", secretKey: "guessed" }),
  });
  assert.deepEqual(rows(wrong), []);
  const { gaps } = coverageOf(wrong, "object-stores");
  assert.ok(
    gaps.length > 0 && gaps.every(({ why }) => why === "no-permission"),
    JSON.stringify(gaps),
  );
});

test("a copy by value is known in a bucket, with little of it read", async (context) => {
  const s3 = await openS3(context, "models");
  const root = freshFolder(context);
  const data = freshFolder(context);
  const model = madeModel(1);
  const original = asSafetensors(model);
  writeFileSync(join(root, "original"), original);
  await s3.put("notes.txt", asGguf(disguised("Q4_0", model)));
  await s3.put("twin.txt", asSafetensors(madeModel(2)));
  await s3.put("b.tar", asTar({ "deep/x": asSafetensors(disguised("cast to f16", model)) }));
  const key = openSketchKey(join(data, "sketch.key"));
  assert.ok(!isRefused(key));
  const log = () => undefined;
  const recogniser = openRecogniser({ data, key, log, patience: 120_000 });
  context.after(() => recogniser.close());
  const assignment = {
    ...emptyAssignment,
    artefacts: [{ digest: digestOf(original), size: original.length }],
  };
  let behind: BehindSeen | undefined;
  const seen = await looking(root, {
    ...{ assignment, stores: toldOf(s3.url) },
    onBehind: (one) => {
      behind = one;
    },
  });
  const { comparable } = behind!;
  const census = await identified(seen, { recogniser, assignment, comparable, ...noProcesses });
  behind!.close();
  assert.deepEqual(
    census.stored?.map(({ path, copies = [] }) => [path, copies.map(({ how }) => how).join()]),
    [
      ["b.tar > deep/x", "cast"],
      ["notes.txt", "quantised"],
      ["twin.txt", ""],
    ],
  );
});

type Answer = (url: URL, request: IncomingMessage) => { status?: number; body: string | Buffer };

/** What a server answers, for what no server that tests can have does; Amazon's own examples. */
async function fake(context: TestContext, answer: Answer): Promise<string> {
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const { status = 200, body } = answer(new URL(request.url!, "http://x"), request);
    response.writeHead(status, { "content-length": body.length }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/models`;
}

const version = (key: string, id: string, latest: boolean, size = weights.length) =>
  `<Version><Key>${key}</Key><VersionId>${id}</VersionId><IsLatest>${latest}</IsLatest>
  <LastModified>2009-10-12T17:50:30.000Z</LastModified><ETag>&quot;${id}&quot;</ETag>
  <Size>${size}</Size><StorageClass>STANDARD</StorageClass></Version>`;
const marker = (key: string) =>
  `<DeleteMarker><Key>${key}</Key><VersionId>d1</VersionId><IsLatest>true</IsLatest></DeleteMarker>`;
const versionsPage = (inside: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <Name>models</Name><EncodingType>url</EncodingType>${inside}</ListVersionsResult>`;
const uploadsPage = (inside: string) =>
  `<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>${inside}</ListMultipartUploadsResult>`;

test("a deleted object that is a version, one replaced and an upload begun are told as such", async (context) => {
  let reads = 0;
  const first = versionsPage(
    `<IsTruncated>true</IsTruncated><NextKeyMarker>gone%20by</NextKeyMarker>
     <NextVersionIdMarker>v1</NextVersionIdMarker>${marker("gone+by")}${version("gone+by", "v1", false)}`,
  );
  const second = versionsPage(
    `<IsTruncated>false</IsTruncated>${version("now", "v3", true)}${version("now", "v2", false)}`,
  );
  const url = await fake(context, (asked, request) => {
    const { searchParams: query, pathname } = asked;
    if (query.has("versions"))
      return { body: query.get("key-marker") === "gone by" ? second : first };
    if (query.has("uploads")) {
      const upload = "<Upload><Key>later</Key><UploadId>u1</UploadId></Upload>";
      return { body: uploadsPage(upload) };
    }
    if (query.has("uploadId")) {
      return { body: "<ListPartsResult><Part><Size>5242880</Size></Part></ListPartsResult>" };
    }
    reads += 1;
    const isOld = query.get("versionId") !== "v3";
    assert.match(request.headers.range ?? "", /^bytes=\d+-\d+$/);
    assert.ok(pathname === "/models/gone%20by" || pathname === "/models/now", pathname);
    return { body: Buffer.from(isOld ? weights : opaqueBytes(weights.length)) };
  });
  const behindMemory = emptyBehindMemory();
  const options = { stores: toldOf(url, {}), behindMemory };
  const root = freshFolder(context);
  const census = await looking(root, options);
  assert.deepEqual(rows(census), [
    "bucket: now visible read",
    "bucket, version v1: gone by deleted read registered",
    "bucket, version v2: now replaced read registered",
    "upload not completed: later unfinished told",
  ]);
  assert.deepEqual(coverageOf(census, "object-stores").gaps, [
    { where: `${url} later (upload u1)`, why: "unreadable" },
  ]);
  // Nothing changed: nothing is read again.
  const before = reads;
  assert.equal(rows(await looking(root, options)).length, 4);
  assert.equal(reads, before);
  // Not even an unchanged tag is believed for ever.
  await looking(root, { ...options, rereadChance: 1 });
  assert.ok(reads > before);
});

test("keys that no URL can name, slow-downs, circles and nonsense end in gaps", async (context) => {
  const root = freshFolder(context);
  const gapsOf = async (answer: Answer) => {
    const census = await looking(root, { stores: toldOf(await fake(context, answer), {}) });
    return coverageOf(census, "object-stores").gaps.map(({ where, why }) => [
      where.replace(/^http:\/\/[^/]+/, ""),
      why,
    ]);
  };
  const page =
    (inside: string): Answer =>
    ({ searchParams: query }) =>
      query.has("versions") || query.has("uploads")
        ? { body: query.has("uploads") ? uploadsPage("") : versionsPage(inside) }
        : { body: Buffer.from(weights) };
  assert.deepEqual(await gapsOf(page(version("a/../b", "v1", true))), [
    ["/models a/../b", "unreadable"],
  ]);
  const circle = "<IsTruncated>true</IsTruncated><NextKeyMarker>a</NextKeyMarker>";
  assert.deepEqual(await gapsOf(page(circle)), []);
  assert.deepEqual(await gapsOf(() => ({ status: 501, body: "" })), [["/models", "not-supported"]]);
  assert.ok((await gapsOf(() => ({ body: "<a><b></a>" }))).some(([, why]) => why === "unreadable"));
  const redirect = await gapsOf(() => ({ status: 307, body: "" }));
  assert.ok(redirect.length > 0 && redirect.every(([, why]) => why === "unreadable"));
});

test("XML is bounded, and defines nothing", () => {
  assert.equal(xmlTree("<a><b>x</b><b>y</b></a>")?.children.length, 2);
  assert.equal(xmlTree(`${"<a>".repeat(100)}${"</a>".repeat(100)}`), undefined);
  assert.equal(xmlTree(`<a>${"<b/>".repeat(300_000)}</a>`), undefined);
  assert.equal(xmlTree('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), undefined);
  assert.equal(xmlTree("nothing"), undefined);
});
