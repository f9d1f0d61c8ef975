import assert from "node:assert/strict";
import { subscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type SeenProcess, servedMax } from "@writ/core";
import { openLedger } from "../coverage.ts";
import { freshFolder } from "../testing/scene.ts";
import { type EndpointMemory, lookAtEndpoints } from "./endpoints.ts";
import { answerBytesMax } from "./short-get.ts";

type Answers = { readonly [path: string]: unknown };

/** What each program of the field answers, as its documents or its source have it. */
const programs: { readonly [name: string]: Answers } = {
  openai: { "/v1/models": { object: "list", data: [{ id: "gpt-x", object: "model" }] } },
  vllm: {
    "/v1/models": {
      object: "list",
      data: [{ id: "chatbot", object: "model", owned_by: "vllm", root: "/models/chatbot-4.2" }],
    },
  },
  ollama: {
    "/v1/models": { object: "list", data: [{ id: "llama3:latest", owned_by: "library" }] },
    "/api/tags": { models: [{ name: "llama3:latest", digest: "365c0bd3c000", size: 1 }] },
    "/api/ps": { models: [{ name: "llama3:latest", digest: "365c0bd3c000", size_vram: 1 }] },
  },
  "llama.cpp": {
    "/v1/models": { object: "list", data: [{ id: "m.gguf", owned_by: "llamacpp" }] },
    "/props": { model_path: "/srv/m.gguf", build_info: "b7824-abc", total_slots: 1 },
  },
  tgi: { "/info": { model_id: "org/name", model_sha: "e5d7", version: "3.3.4", router: "tgi" } },
  triton: { "/v2": { name: "triton", version: "2.53.0", extensions: ["classification"] } },
  kserve: { "/v1/models": { models: ["sklearn-iris"] } },
  mlflow: {
    "/api/2.0/mlflow/registered-models/search": {
      registered_models: [{ name: "fraud", latest_versions: [{ source: "s3://b/fraud/3" }] }],
    },
  },
};

async function listening(
  context: TestContext,
  server: Server | ReturnType<typeof createTcpServer>,
) {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Ports that this process spoke from: other probes of this machine ask the same listeners. */
const ownPorts = new Set<number>();
subscribe("net.client.socket", (message) => {
  const { socket } = message as { readonly socket: Socket };
  socket.once("connect", () => ownPorts.add(socket.localPort!));
});

function serving(answers: Answers, asked: string[] = []): Server {
  return createServer((request, response) => {
    if (ownPorts.has(request.socket.remotePort!)) asked.push(`${request.method} ${request.url}`);
    const answer = answers[new URL(request.url ?? "/", "http://h").pathname];
    const [status, body] = answer === undefined ? [404, "no such page"] : [200, answer];
    response.writeHead(status).end(typeof body === "string" ? body : JSON.stringify(body));
  });
}

/** A /proc that tells of these ports alone: other programs of this machine are not asked. */
function procOf(context: TestContext, ports: readonly number[]): string {
  const proc = freshFolder(context);
  mkdirSync(join(proc, "self/net"), { recursive: true });
  mkdirSync(join(proc, "self/ns"), { recursive: true });
  mkdirSync(join(proc, `${process.pid}/ns`), { recursive: true });
  symlinkSync("net:[1]", join(proc, "self/ns/net"));
  symlinkSync("net:[1]", join(proc, `${process.pid}/ns/net`));
  const [title, ...rows] = readFileSync("/proc/self/net/tcp", "latin1").split("\n");
  const own = rows.filter((row) =>
    ports.includes(Number.parseInt(/^\s*\d+: [0-9A-F]{8}:([0-9A-F]{4})/.exec(row)?.[1] ?? "", 16)),
  );
  writeFileSync(join(proc, "self/net/tcp"), [title, ...own].join("\n"));
  return proc;
}

function lookingAt(proc: string, ports: readonly number[], urls: readonly URL[] = []) {
  const ledger = openLedger("endpoints", []);
  const memory: EndpointMemory = new Map();
  const self = { pid: process.pid, started: 5, listens: [...ports] } as unknown as SeenProcess;
  const parts = { proc, processes: [self], urls, memory, now: Date.now, ledger };
  return {
    ledger,
    look: (later = 0) =>
      lookAtEndpoints({ ...parts, now: () => Date.now() + later, onProgress: () => {} }),
  };
}

test("each program of the field is known by its own API, and is quoted with its process", async (context) => {
  const ports = new Map<string, number>();
  for (const [name, answers] of Object.entries(programs)) {
    ports.set(name, await listening(context, serving(answers)));
  }
  const all = [...ports.values()];
  const { look, ledger } = lookingAt(procOf(context, all), all);
  const seen = await look();
  const told = (name: string) => {
    const { port, apis, server, says, by, url } = seen.find((one) => one.port === ports.get(name))!;
    assert.equal(url, `http://127.0.0.1:${port}/`);
    assert.deepEqual(by, [{ pid: process.pid, started: 5 }]);
    return { apis, ...(server === undefined ? {} : { server }), says };
  };
  assert.deepEqual(told("openai"), { apis: ["openai"], says: [{ name: "gpt-x" }] });
  assert.deepEqual(told("vllm"), {
    apis: ["openai", "vllm"],
    says: [{ name: "chatbot", source: "/models/chatbot-4.2" }],
  });
  assert.deepEqual(told("ollama"), {
    apis: ["openai", "ollama"],
    says: [{ name: "llama3:latest", source: "365c0bd3c000" }],
  });
  assert.deepEqual(told("llama.cpp"), {
    apis: ["openai", "llama.cpp"],
    server: "llama.cpp b7824-abc",
    says: [{ name: "m.gguf", source: "/srv/m.gguf" }],
  });
  assert.deepEqual(told("tgi"), {
    apis: ["tgi"],
    server: "TGI 3.3.4",
    says: [{ name: "org/name", source: "e5d7" }],
  });
  assert.deepEqual(told("triton"), { apis: ["triton"], server: "triton 2.53.0", says: [] });
  assert.deepEqual(told("kserve"), { apis: ["kserve"], says: [{ name: "sklearn-iris" }] });
  assert.deepEqual(told("mlflow"), {
    apis: ["mlflow"],
    says: [{ name: "fraud", source: "s3://b/fraud/3" }],
  });
  assert.equal(ledger.entries, all.length);
  assert.deepEqual(ledger.close(0).gaps, []);
});

test("answers in no API's form are nobody's claim", async (context) => {
  const bodies: readonly unknown[] = [
    "<html>",
    "[]",
    "null",
    '{"object":"list"',
    { object: "list", data: "all" },
    { models: [{ name: "x" }] },
    { models: { length: 3 } },
    { model_path: 7 },
    { model_id: "x" },
    { name: "triton" },
    { registered_models: {} },
    "[".repeat(200_000),
    "x".repeat(answerBytesMax + 1),
  ];
  const paths = Object.values(programs).flatMap((answers) => Object.keys(answers));
  const ports: number[] = [];
  for (const body of bodies) {
    const answers = Object.fromEntries(paths.map((path) => [path, body]));
    ports.push(await listening(context, serving(answers)));
  }
  const { look, ledger } = lookingAt(procOf(context, ports), ports);
  assert.deepEqual(await look(), []);
  assert.equal(ledger.entries, bodies.length);
});

test("what an endpoint says is cut to what a census holds, whatever it says", async (context) => {
  const rows = Array.from({ length: 3 * servedMax }, (_, at) => ({ id: `m${at}` }));
  const long = { id: `\ud800${"n".repeat(5000)}`, root: "r".repeat(9000) };
  const data = [long, { id: 5 }, { id: "" }, null, "x", ...rows];
  const port = await listening(context, serving({ "/v1/models": { object: "list", data } }));
  const [seen] = await lookingAt(procOf(context, [port]), [port]).look();
  assert.ok(seen !== undefined && seen.says.length <= servedMax && seen.says.length > 900);
  const [first] = seen.says;
  assert.equal(first?.name.length, 512);
  assert.equal(first?.source?.length, 4096);
  assert.ok(first?.name.isWellFormed());
});

test("silent, foreign and redirecting listeners cost a bounded time, and lead nowhere", async (context) => {
  const asked: string[] = [];
  const elsewhere = await listening(context, serving(programs.openai!, asked));
  const to: RequestListener = (_, response) =>
    response.writeHead(302, { location: `http://127.0.0.1:${elsewhere}/led-here` }).end();
  const speaks = (greeting: string) => createTcpServer((socket) => void socket.end(greeting));
  const drip = createServer((_, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write(" "), 50);
    response.on("close", () => clearInterval(timer));
  });
  const ports = [
    await listening(context, createServer(to)),
    await listening(context, speaks("SSH-2.0-OpenSSH_9.2\r\n")),
    await listening(context, speaks("")),
    await listening(context, speaks("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n")),
    await listening(context, speaks(`HTTP/1.1 200 OK\r\nx: ${"y".repeat(100_000)}\r\n\r\n`)),
    await listening(
      context,
      createTcpServer(() => {}),
    ),
    await listening(context, drip),
  ];
  const { look, ledger } = lookingAt(procOf(context, ports), ports);
  const began = performance.now();
  assert.deepEqual(await look(), []);
  assert.ok(performance.now() - began < 20_000);
  assert.deepEqual(asked, []);
  assert.equal(ledger.close(0).gapsTotal, 0);
});

test("what speaks no model API is left alone for a while; what did is asked in every look", async (context) => {
  const asked: string[] = [];
  const page = await listening(context, serving({ "/": "a page" }, asked));
  let isBusy = false;
  const busy = createServer((request, response) => {
    if (!isBusy) serving(programs.openai!).emit("request", request, response);
  });
  const model = await listening(context, busy);
  const { look, ledger } = lookingAt(procOf(context, [page, model]), [page, model]);
  assert.equal((await look()).length, 1);
  const first = asked.length;
  assert.ok(first > 0 && asked.every((line) => line.startsWith("GET ")));
  assert.equal((await look()).length, 1);
  assert.equal(asked.length, first);
  await look(700_000);
  assert.equal(asked.length, 2 * first);
  // A model server under load keeps silent for a moment: it is not forgotten for that.
  isBusy = true;
  assert.equal((await look()).length, 0);
  assert.deepEqual(ledger.close(0).gaps, [
    { where: `http://127.0.0.1:${model}/`, why: "vanished-while-read" },
  ]);
  isBusy = false;
  assert.equal((await look()).length, 1);
});

test("a URL told is asked below its own path, and one that does not answer is a gap", async (context) => {
  const asked: string[] = [];
  const port = await listening(
    context,
    serving({ "/gate/v1/models": { object: "list", data: [{ id: "far" }] } }, asked),
  );
  const urls = [`http://127.0.0.1:${port}/gate`, "http://127.0.0.1:1/"].map((url) => new URL(url));
  const { look, ledger } = lookingAt(procOf(context, []), [], urls);
  const seen = await look();
  assert.deepEqual(seen, [
    { url: `http://127.0.0.1:${port}/gate/`, by: [], apis: ["openai"], says: [{ name: "far" }] },
  ]);
  assert.ok(asked.every((line) => line.startsWith("GET /gate/")));
  assert.deepEqual(ledger.close(0).gaps, [{ where: "http://127.0.0.1:1/", why: "unreadable" }]);
});

test("a listener in another network is a gap, not an absence", async (context) => {
  const proc = procOf(context, []);
  mkdirSync(join(proc, "9/ns"), { recursive: true });
  symlinkSync("net:[2]", join(proc, "9/ns/net"));
  const ledger = openLedger("endpoints", []);
  const other = { pid: 9, started: 1, listens: [8080] } as unknown as SeenProcess;
  const seen = await lookAtEndpoints({
    ...{ proc, processes: [other], urls: [], memory: new Map(), now: Date.now, ledger },
    onProgress: () => {},
  });
  assert.deepEqual(seen, []);
  assert.deepEqual(ledger.close(0).gaps, [{ where: `${proc}/9/ns/net`, why: "not-supported" }]);
});
