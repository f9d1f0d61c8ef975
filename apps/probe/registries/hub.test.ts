/**
 * A hub and an MLflow server, as they answer over the wire: neither can be had for tests, so these
 * answer in the forms that the hub's own client reads (huggingface.js) and MLflow's protos name.
 */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { type Census, censusShape, isRefused } from "@writ/core";
import { emptyBehindMemory } from "../behind/behind.ts";
import { type StoreKind, storesOf, type ToldStore } from "../behind/told-store.ts";
import { digestOf } from "../testing/oci-registry.ts";
import {
  coverageOf,
  freshFolder,
  lookAt,
  noProcesses,
  opaqueBytes,
  safetensorsBytes,
} from "../testing/scene.ts";

const weights = safetensorsBytes(60_000, 3);
const digest = digestOf(weights);
const artefacts = [{ digest, size: weights.length }];
const token = "hf_secret";

type Answer = {
  status?: number;
  json?: unknown;
  bytes?: Uint8Array;
  headers?: Record<string, string>;
};
type Answering = (path: string, headers: Record<string, unknown>) => Answer | undefined;

async function serve(context: TestContext, answering: Answering): Promise<string> {
  const server = createServer((request, response) => {
    const answer = answering(request.url!, request.headers) ?? { status: 404, json: {} };
    const { status = 200, json, bytes, headers = {} } = answer;
    const whole = bytes ?? Buffer.from(JSON.stringify(json));
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
    if (bytes === undefined || range === null) {
      response.writeHead(status, headers).end(whole);
      return;
    }
    const part = whole.subarray(Number(range[1]), Number(range[2]) + 1);
    response.writeHead(206, headers).end(part);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function toldOf(kind: StoreKind, url: string, secret: Partial<ToldStore["secret"]> = {}) {
  const stores = storesOf({ [kind]: [url] });
  assert.ok(!isRefused(stores));
  return stores.map((store) => ({ ...store, secret: { ...store.secret, ...secret } }));
}

function rows(census: Census): string[] {
  const shaped = censusShape(JSON.parse(JSON.stringify(census)), "census");
  assert.ok(!isRefused(shaped), JSON.stringify(shaped));
  return (census.stored ?? []).map(
    ({ holder, path, fate, known, digest: of }) =>
      `${holder}: ${path} ${fate} ${known}${of === digest ? " registered" : ""}`,
  );
}

const gapsOf = (census: Census) => coverageOf(census, "registries").gaps.map(({ why }) => why);
const [head, past] = ["a".repeat(40), "b".repeat(40)];

/** A private repository whose newest commit took the weights away. */
function hubAnswers(asked: string[], cdn?: string): Answering {
  const oid = digest.slice("sha256:".length);
  const lfs = { oid, size: weights.length, pointerSize: 131 };
  const file = { type: "file", oid: "c".repeat(40), size: weights.length, path: "old/model.bin" };
  const readme = { type: "file", oid: "d".repeat(40), size: 1_500, path: "README.md" };
  const answers: Record<string, Answer> = {
    "/api/models?author=acme&limit=1000": { json: [{ id: "acme/chat", private: true }] },
    "/api/datasets?author=acme&limit=1000": { json: [] },
    "/api/spaces?author=acme&limit=1000": { json: [] },
    "/api/models/acme/chat/refs": {
      json: { branches: [{ name: "main", ref: "refs/heads/main", targetCommit: head }], tags: [] },
    },
    [`/api/models/acme/chat/commits/${head}`]: { json: [{ id: head }, { id: past }] },
    [`/api/models/acme/chat/tree/${head}?recursive=true`]: { json: [readme] },
    [`/api/models/acme/chat/tree/${past}?recursive=true`]: {
      json: [readme, { ...file, lfs, xetHash: "e".repeat(64) }, { type: "directory", path: "old" }],
    },
    [`/acme/chat/resolve/${head}/README.md`]: { bytes: Buffer.from("hello ".repeat(250)) },
    [`/acme/chat/resolve/${past}/old/model.bin`]:
      cdn === undefined
        ? { bytes: weights }
        : { status: 302, json: {}, headers: { location: `${cdn}/xet/${oid}?signed=1` } },
  };
  return (path, { authorization }) => {
    asked.push(path);
    return authorization === `Bearer ${token}` ? answers[path] : { status: 401, json: {} };
  };
}

test("what a private hub's newest commit took away is served by an older one, and told", async (context) => {
  const asked: string[] = [];
  const url = await serve(context, hubAnswers(asked));
  const behindMemory = emptyBehindMemory();
  const see = (secret: Partial<ToldStore["secret"]>) =>
    lookAt([freshFolder(context)], {
      ...{ ...noProcesses, assignment: { artefacts }, behindMemory },
      stores: toldOf("hub", `${url}/acme`, secret),
    });
  const closed = await see({});
  assert.deepEqual(rows(closed), []);
  assert.ok(gapsOf(closed).includes("no-permission"));
  const census = await see({ token });
  assert.deepEqual(rows(census), [
    `models acme/chat@${past.slice(0, 12)}: old/model.bin deleted read registered`,
  ]);
  assert.deepEqual(gapsOf(census), []);
  assert.ok(!JSON.stringify(census).includes(token));
  asked.length = 0;
  assert.equal(rows(await see({ token })).length, 1);
  assert.ok(
    !asked.some((path) => path.includes("/resolve/") || path.includes("/tree/")),
    asked.join(),
  );
});

test("bytes that lie at another origin are read if its owner named that, and no secret goes there", async (context) => {
  const shown: unknown[] = [];
  const cdn = await serve(context, (_, { authorization }) => {
    shown.push(authorization);
    return { bytes: weights };
  });
  const url = await serve(context, hubAnswers([], cdn));
  const see = (secret: Partial<ToldStore["secret"]>) =>
    lookAt([freshFolder(context)], {
      ...{ ...noProcesses, assignment: { artefacts } },
      stores: toldOf("hub", `${url}/acme/chat`, secret),
    });
  const stopped = await see({ token });
  assert.deepEqual([rows(stopped), gapsOf(stopped), shown], [[], ["unreadable"], []]);
  const followed = await see({ token, also: [cdn] });
  assert.match(rows(followed).join(), /old\/model\.bin deleted read registered$/);
  assert.ok(shown.length > 0 && shown.every((one) => one === undefined));
});

test("MLflow: artefacts are told by the version that has them, and those that none has", async (context) => {
  const other = opaqueBytes(1_200_000);
  const listing: Record<string, object[]> = {
    "": [{ path: "1", is_dir: true }],
    "1": [
      { path: "run1", is_dir: true },
      { path: "gone", is_dir: true },
    ],
    "1/run1": [{ path: "model", is_dir: true }],
    // MLflow tells sizes as int64, which protobuf writes as text.
    "1/run1/model": [{ path: "weights.log", is_dir: false, file_size: String(weights.length) }],
    "1/gone": [
      { path: "blob", is_dir: false, file_size: other.length },
      { path: "..", is_dir: true },
    ],
  };
  const version = { name: "chat", version: "3", source: "mlflow-artifacts:/1/run1/model" };
  const url = await serve(context, (path, { authorization }) => {
    if (authorization !== "Basic dTpw") return { status: 401, json: {} };
    const asked = new URL(path, "http://x");
    const of = (name: string) => asked.pathname.endsWith(name);
    if (of("/mlflow/model-versions/search")) {
      const isFirst = !asked.searchParams.has("page_token");
      const elsewhere = { name: "x", version: "1", source: "s3://bucket/x" };
      return isFirst
        ? { json: { model_versions: [version], next_page_token: "2" } }
        : { json: { model_versions: [elsewhere] } };
    }
    if (of("/get-download-uri")) return { json: { artifact_uri: "s3://bucket/x" } };
    if (of("/mlflow-artifacts/artifacts")) {
      return { json: { files: listing[asked.searchParams.get("path") ?? ""] } };
    }
    if (of("/1/run1/model/weights.log")) return { bytes: weights };
    return of("/1/gone/blob") ? { bytes: other } : undefined;
  });
  const census = await lookAt([freshFolder(context)], {
    ...{ ...noProcesses, assignment: { artefacts } },
    stores: toldOf("mlflow", url, { user: "u", password: "p" }),
  });
  assert.deepEqual(rows(census), [
    "artefacts: 1/gone/blob visible read",
    "model chat version 3: 1/run1/model/weights.log visible read registered",
  ]);
  assert.deepEqual(coverageOf(census, "registries").gaps, [
    { where: `${url} model x version 1`, why: "excluded" },
  ]);
});
