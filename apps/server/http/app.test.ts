/** The contract as a document: valid OpenAPI, every route in it, and every answer as it says. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { estateRoutes, journalRoutes, passkeyRoutes, writRoutes } from "@writ/node/api";
import { Rig } from "../testing/rig.ts";

let rig: Rig;
before(async () => {
  rig = await Rig.open({ witnesses: 1, threshold: 1 });
});
after(() => rig.close());

type Document = {
  readonly paths: { readonly [path: string]: { readonly [method: string]: unknown } };
};

async function contract(): Promise<Document> {
  const response = await fetch(`${rig.url}/api/openapi.json`);
  assert.equal(response.status, 200);
  return (await response.json()) as Document;
}

test("the OpenAPI document is valid", async () => {
  const result = await new Validator().validate(await contract());
  assert.deepEqual(result.errors ?? [], []);
  assert.equal(result.valid, true);
});

test("it lists every route of the contract, and no other", async () => {
  const { paths } = await contract();
  const listed = Object.entries(paths)
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`))
    .sort();
  const routes = [estateRoutes, journalRoutes, passkeyRoutes, writRoutes]
    .flatMap((module) => Object.values(module))
    .filter((value) => typeof value === "object" && "method" in value && "path" in value)
    .map(({ method, path }) => `${method} ${path}`)
    .sort();
  assert.ok(routes.length >= 20);
  assert.deepEqual(listed, routes);
});

test("each route of it is served", async () => {
  const { paths } = await contract();
  const values: { readonly [name: string]: string } = {
    keyid: "0".repeat(32),
    digest: `sha256:${"0".repeat(64)}`,
    writ: `sha256:${"0".repeat(64)}`,
    host: "h1",
    index: "000",
    level: "0",
  };
  for (const [path, methods] of Object.entries(paths)) {
    if (path === "/api/events" || !("get" in methods)) continue;
    const filled = path.replace(/\{(\w+)\}/g, (_, name) => values[name]!);
    const response = await fetch(rig.url + filled.replace("entries/000", "entries/0"));
    const body = await response.text();
    // A refusal is an answer too; that there is no such resource is none.
    assert.ok(!body.includes("no such resource"), `${path}: ${body}`);
    assert.notEqual(response.status, 500);
  }
});
