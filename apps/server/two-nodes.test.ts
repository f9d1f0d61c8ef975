/** Two nodes of one server on one PostgreSQL: real processes, one history, whoever is asked. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { isRefused, type Refused } from "@writ/core";
import type { Api } from "@writ/node/api";
import { startPostgres, type TestPostgres } from "../../packages/node/testing/postgres.ts";
import { Rig } from "./testing/rig.ts";

let postgres: TestPostgres;
let rig: Rig;
let second: { readonly api: Api; readonly stop: () => Promise<unknown> };

before(async () => {
  postgres = await startPostgres();
  const store = await postgres.freshDatabase();
  rig = await Rig.open({ witnesses: 2, threshold: 2, store });
  second = await rig.startSecond();
  await rig.found();
});
after(async () => {
  await second?.stop();
  await rig?.close();
  await postgres?.stop();
});

function must<T>(value: T | Refused): Exclude<T, Refused> {
  assert.ok(!isRefused(value), JSON.stringify(value));
  return value as Exclude<T, Refused>;
}

const component = (name: string) => ({
  kind: "register" as const,
  set: [{ document: "component" as const, component: name, kind: "model" as const, owner: "ada" }],
  remove: [],
});

test("entries taken by either node are one history, and both serve it", async () => {
  const indexes: number[] = [];
  for (let i = 0; i < 20; i += 1) {
    const bytes = rig.entryBytes("ada", component(`c${i}`));
    const { api } = i % 2 === 0 ? rig : second;
    indexes.push(must(await api.submit(bytes)).index);
    rig.advance("ada", bytes);
  }
  assert.deepEqual(
    indexes,
    [...new Set(indexes)].sort((a, b) => a - b),
  );
  await rig.witnessed(indexes.at(-1)!);
  for (let i = 0; i < 100; i += 1) {
    if (must(await second.api.register()).components.length === 20) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const registers = await Promise.all([rig.api, second.api].map((api) => api.register()));
  assert.deepEqual(must(registers[0]!), must(registers[1]!));
});

test("one node is killed: the other goes on, and time with it", async () => {
  await rig.end("SIGKILL");
  const bytes = rig.entryBytes("ada", component("after"));
  const { index } = must(await second.api.submit(bytes));
  rig.advance("ada", bytes);
  for (let i = 0; ; i += 1) {
    const seen = await second.api.witnessed();
    if (!isRefused(seen) && seen.size > index) break;
    assert.ok(i < 200, "the second node has it witnessed");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await rig.startServer();
  assert.equal(must(await rig.api.submit(bytes)).duplicate, true);
});
