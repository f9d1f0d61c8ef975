/** What a probe is told of stores, and what it may show them. */
import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { isRefused } from "@writ/core";
import { freshFolder } from "../testing/scene.ts";
import { openWeb } from "./polite-web.ts";
import { readSecrets, secretsIn } from "./secrets.ts";
import { storesOf } from "./told-store.ts";

test("secrets are read from a file of this user alone, and no refusal tells one", (context) => {
  const path = join(freshFolder(context), "secrets.toml");
  writeFileSync(
    path,
    '["https://r.example"]\nuser = "a"\npassword = "hunter2"\nalso = ["https://c.example"]\n',
  );
  chmodSync(path, 0o644);
  assert.ok(isRefused(readSecrets(path)));
  chmodSync(path, 0o600);
  const secrets = readSecrets(path);
  assert.ok(!isRefused(secrets));
  assert.deepEqual(secrets.get("https://r.example"), {
    ...{ user: "a", password: "hunter2", hostKeys: [], also: ["https://c.example"] },
  });
  assert.ok(isRefused(readSecrets(join(path, "absent"))));
  for (const text of [
    '["x"]\npassword = hunter2',
    '["x"]\npass = "hunter2"',
    'x = "hunter2"',
    '["x"]\nalso = ["c.example"]',
  ]) {
    const refused = secretsIn(text);
    assert.ok(isRefused(refused), text);
    assert.doesNotMatch(refused.detail, /hunter2/);
  }
});

test("what cannot be a store, or would show a secret to anybody, is refused", (context) => {
  const secrets = join(freshFolder(context), "secrets.toml");
  const lines = ["http://r.example", "https://r.example"].map((at) => `["${at}"]\ntoken = "t"\n`);
  writeFileSync(secrets, lines.join(""), { mode: 0o600 });
  const told = (words: Parameters<typeof storesOf>[0]) => !isRefused(storesOf(words));
  assert.ok(told({ registry: ["https://r.example", "http://127.0.0.1:5000/a/b"], secrets }));
  assert.ok(told({ bucket: ["https://s3.example/models/llm"], hub: ["https://h.example/acme"] }));
  assert.ok(!told({ registry: ["http://r.example"], secrets }), "a token without TLS");
  assert.ok(!told({ registry: ["https://u:p@r.example"] }));
  assert.ok(!told({ registry: ["r.example"] }));
  assert.ok(!told({ bucket: ["https://s3.example/"] }));
  assert.ok(!told({ hub: ["https://h.example/acme?token=t"] }));
  assert.ok(!told({ ssh: ["ssh://h.example/srv"] }));
  assert.ok(!told({ mlflow: ["file:///srv"] }));
});

async function answering(context: TestContext, statuses: readonly [number, object][]) {
  let asked = 0;
  const server = createServer((_, response) => {
    const [status, headers] = statuses[Math.min(asked, statuses.length - 1)]!;
    asked += 1;
    response.writeHead(status, headers as Record<string, string>).end("body");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const web = openWeb({ origin, also: [], now: Date.now, ends: Date.now() + 60_000 });
  context.after(() => web.close());
  const reply = await web.get(new URL("/", origin), { bytesMax: 10 });
  return [typeof reply === "string" ? reply : reply.status, asked];
}

test("a store that asks for a moment is given it; for an hour, it is not waited for", async (context) => {
  const soon: [number, object] = [429, { "retry-after": "0" }];
  assert.deepEqual(await answering(context, [soon, [200, {}]]), [200, 2]);
  assert.deepEqual(await answering(context, [[429, { "retry-after": "3600" }]]), ["limit", 1]);
  assert.deepEqual(await answering(context, [soon]), [429, 3]);
  assert.deepEqual(await answering(context, [[302, { location: "/again" }]]), ["limit", 4]);
  const metadata = { location: "http://169.254.169.254/latest" };
  assert.deepEqual(await answering(context, [[302, metadata]]), ["unreadable", 1]);
});
