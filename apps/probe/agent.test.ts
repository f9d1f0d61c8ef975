import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Census, censusShape, isRefused, parseCanonicalObject, refused } from "@writ/core";
import { allSignedBy, type DeskServer, openDeskServer, testEstate } from "./testing/desk-server.ts";
import { emptyAssignment, freshFolder, safetensorsBytes, seededRandom } from "./testing/scene.ts";

const main = fileURLToPath(new URL("./main.ts", import.meta.url));

type Scene = {
  readonly root: string;
  readonly data: string;
  desk: DeskServer;
  start(...more: string[]): Promise<Probe>;
};
type Probe = {
  readonly child: ChildProcess;
  readonly ready: { readonly key: string; readonly publicKey: { type: "ed25519"; public: string } };
  readonly lines: string[];
};

async function scene(context: TestContext): Promise<Scene> {
  const started: ChildProcess[] = [];
  // Before the folders go: a probe writes in its own until it has ended.
  context.after(() => Promise.all(started.map(ended)));
  const root = freshFolder(context);
  const data = freshFolder(context);
  writeFileSync(join(root, "model"), safetensorsBytes());
  const desk = await openDeskServer(emptyAssignment, { port: 0 });
  const made: Scene = {
    root,
    data,
    desk,
    async start(...more) {
      const args = ["--server", made.desk.url, "--data", data, "--host", "test-host"];
      const child = spawn(process.execPath, [main, ...args, "--root", root, ...more], {
        stdio: ["ignore", "pipe", "pipe"],
      });
      started.push(child);
      const lines: string[] = [];
      child.stderr.on("data", (text) => lines.push(...String(text).trim().split("\n")));
      const [line] = await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
      return { child, lines, ready: JSON.parse(String(line)) };
    },
  };
  context.after(() => made.desk.close());
  return made;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

async function until(what: string, condition: () => boolean, seconds = 60): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!condition()) {
    assert.ok(Date.now() < end, `not within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const censusesOf = (desk: DeskServer): Census[] =>
  desk.entries.flatMap(({ body }) => {
    if (body.kind !== "census") return [];
    const json = parseCanonicalObject(desk.blobs.get(body.census)!);
    assert.ok(!isRefused(json));
    const census = censusShape(json, "census");
    assert.ok(!isRefused(census), JSON.stringify(census));
    return [census];
  });

test("a probe looks, signs and tells; asked for a fresh look, it looks at once", async (context) => {
  const here = await scene(context);
  const { desk, root } = here;
  const { ready, child, lines } = await here.start("--interval", "3600");
  await until("a first census", () => censusesOf(desk).length === 1);
  assert.deepEqual(censusesOf(desk)[0]?.masses[0]?.names, [join(root, "model")]);
  assert.deepEqual(desk.entries[0]?.body, {
    ...desk.entries[0]?.body,
    kind: "census",
    since: { size: 7, root: "0".repeat(64) },
  });
  desk.assignment = { ...emptyAssignment, lookSince: 9, links: [join(root, "current")] };
  await new Promise((resolve) => setTimeout(resolve, 1500));
  assert.equal(censusesOf(desk).length, 1, "a look before its witnessed state would not count");
  desk.witnessedSize = 10;
  await until("a census as asked", () => censusesOf(desk).length === 2, 60);
  assert.deepEqual(censusesOf(desk)[1]?.links, [{ path: join(root, "current") }]);
  assert.ok(allSignedBy(desk.entries, ready.publicKey));
  assert.equal(desk.entries[0]?.statement.estate, testEstate);
  child.kill("SIGTERM");
  const [code] = await once(child, "close");
  assert.equal(code, 0);
  for (const line of lines) assert.equal(typeof JSON.parse(line).event, "string");
});

test("while the server is away looks wait on disk, and come in order when it is back", async (context) => {
  const here = await scene(context);
  const port = Number(new URL(here.desk.url).port);
  const { lines } = await here.start("--interval", "1");
  await until("a first census", () => here.desk.entries.length > 0);
  await here.desk.close();
  await until("looks that wait", () => readdirSync(join(here.data, "outbox")).length >= 3);
  here.desk = await openDeskServer(emptyAssignment, { port, before: here.desk });
  await until("all of them", () => censusesOf(here.desk).length >= 4, 30);
  const times = censusesOf(here.desk).map(({ began }) => began);
  assert.deepEqual(times, [...times].sort());
  assert.deepEqual(here.desk.refusals, []);
  assert.ok(lines.some((line) => line.includes("server away")));
});

test("lost acknowledgements and error pages lose nothing and double nothing", async (context) => {
  const here = await scene(context);
  let turn = 0;
  here.desk.onSubmit = () => {
    turn += 1;
    return turn % 3 === 1 ? "lose-acknowledgement" : turn % 3 === 2 ? "error-page" : "answer";
  };
  await here.start("--interval", "1");
  await until("three censuses", () => censusesOf(here.desk).length >= 3, 40);
  assert.deepEqual(here.desk.refusals, []);
});

test("what will never be admitted makes way; what a human can mend waits", async (context) => {
  const here = await scene(context);
  let answer: ReturnType<DeskServer["onSubmit"]> = refused("unknown-signer", "not in the root yet");
  here.desk.onSubmit = () => answer;
  const { lines } = await here.start("--interval", "1");
  await until("two refusals", () => here.desk.refusals.length >= 2);
  assert.ok(readdirSync(here.data).includes("sealed.json"));
  const refusals = here.desk.refusals.length;
  answer = refused("stale-sight", "too old by now");
  await until("a stale look dropped", () => lines.some((line) => line.includes('"refused"')));
  assert.ok(here.desk.refusals.length > refusals);
  answer = "answer";
  await until("a census after all", () => censusesOf(here.desk).length > 0);
  assert.equal(here.desk.entries[0]?.statement.chain?.sequence, 0);
});

test("killed at any instant, it never puts two entries into one place of its chain", async (context) => {
  const here = await scene(context);
  const random = seededRandom(11);
  const kills = process.env.SLOW === undefined ? 5 : 200;
  for (let kill = 0; kill < kills; kill += 1) {
    const before = here.desk.entries.length;
    const { child } = await here.start("--interval", "1");
    await until("something said", () => here.desk.entries.length > before, 30);
    await new Promise((resolve) => setTimeout(resolve, random() * 400));
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  assert.deepEqual(here.desk.refusals, []);
  assert.ok(here.desk.entries.length >= kills);
});

test("its chain goes on after its folder lost the place, as long as the key is there", async (context) => {
  const here = await scene(context);
  const first = await here.start("--interval", "1");
  await until("a census", () => here.desk.entries.length >= 1);
  first.child.kill("SIGKILL");
  await once(first.child, "exit");
  rmSync(join(here.data, "chain.json"));
  rmSync(join(here.data, "sealed.json"), { force: true });
  const before = here.desk.entries.length;
  await here.start("--interval", "1");
  await until("another", () => here.desk.entries.length > before);
  assert.deepEqual(here.desk.refusals, []);
});

test("its key is its own: one that others can read, or use at the same time, is refused", async (context) => {
  const here = await scene(context);
  const { child, ready } = await here.start();
  assert.equal(statSync(join(here.data, "probe.key")).mode & 0o777, 0o600);
  const refusedStart = async () => {
    const args = ["--server", here.desk.url, "--data", here.data, "--host", "test-host"];
    const second = spawn(process.execPath, [main, ...args, "--root", here.root]);
    let said = "";
    second.stderr.on("data", (text) => {
      said += text;
    });
    const [code] = await once(second, "close");
    return { code, said };
  };
  const second = await refusedStart();
  assert.equal(second.code, 2);
  assert.match(second.said, /another probe/);
  child.kill("SIGKILL");
  await once(child, "exit");
  chmodSync(join(here.data, "probe.key"), 0o640);
  const exposed = await refusedStart();
  assert.equal(exposed.code, 2);
  assert.match(exposed.said, /exposed-key/);
  chmodSync(join(here.data, "probe.key"), 0o600);
  assert.equal((await here.start()).ready.key, ready.key);
});

test("a command line that makes no sense is refused with its usage", async () => {
  for (const args of [[], ["--root", "relative"], ["--server", "ftp://x"], ["--bogus"]]) {
    const child = spawn(process.execPath, [main, ...args]);
    let said = "";
    child.stderr.on("data", (text) => {
      said += text;
    });
    const [code] = await once(child, "close");
    assert.equal(code, 2);
    assert.match(said, /usage: probe/);
  }
});

test("what changes between two looks is looked at and told long before the interval is over", async (context) => {
  const here = await scene(context);
  const control = join(here.root, "control.env");
  writeFileSync(control, "SHUTDOWN=on\n");
  here.desk.assignment = {
    ...emptyAssignment,
    controls: [{ control: "shutdown", reading: { path: control, format: "env", key: "SHUTDOWN" } }],
  };
  await here.start("--interval", "3600");
  const newest = () => censusesOf(here.desk).at(-1);
  await until("a first census", () => newest()?.controls.length === 1);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const looks = censusesOf(here.desk).length;
  writeFileSync(join(here.root, "another"), safetensorsBytes(16, 2));
  await until("a model that came", () => newest()?.masses.length === 2);
  writeFileSync(control, "SHUTDOWN=off\n");
  await until("a control that changed", () => newest()?.controls[0]?.value === "off");
  assert.ok(censusesOf(here.desk).length <= looks + 6);
});

test("what a model server says it serves is sent with the census, with the process that listens", async (context) => {
  const here = await scene(context);
  const body = JSON.stringify({ object: "list", data: [{ id: "chatbot-3.8" }] });
  const server = createServer((request, response) => {
    response.writeHead(request.url === "/v1/models" ? 200 : 404).end(body);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  context.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  await here.start("--interval", "3600", "--endpoint", `http://127.0.0.1:${port}/`);
  await until("a first census", () => censusesOf(here.desk).length === 1, 60);
  const [census] = censusesOf(here.desk);
  const own = census?.endpoints?.filter(({ url }) => url === `http://127.0.0.1:${port}/`) ?? [];
  const told = own.map(({ says, by }) => ({ says, pids: by.map(({ pid }) => pid) }));
  assert.deepEqual(told, [{ says: [{ name: "chatbot-3.8" }], pids: [process.pid] }]);
});
