import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { SeenProcess } from "@writ/core";
import {
  coverageOf,
  freshFolder,
  lookAt,
  opaqueBytes,
  safetensorsBytes,
} from "../testing/scene.ts";
import { parseListeners, parseMaps, parseStarted, parseStatus } from "./proc.ts";
import { commandOf } from "./processes.ts";

const sha256 = (bytes: Uint8Array) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
/** The program itself: some hosts have a script of that name which starts it. */
const asked = spawnSync("python3", ["-c", "import sys; print(sys.executable)"], {
  encoding: "utf8",
});
const python = asked.status === 0 ? asked.stdout.trim() : "";
const needsPython = python !== "" ? {} : { skip: "python3 is not here, and Node cannot map files" };

/** Starts a real program and waits for it to say that it is ready. */
async function run(context: TestContext, program: string, args: string[]): Promise<ChildProcess> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  context.after(() => child.kill("SIGKILL"));
  await once(child.stdout!, "data");
  return child;
}

async function seen(child: ChildProcess, roots: string[] = []): Promise<SeenProcess> {
  const census = await lookAt(roots);
  const process = census.processes.find(({ pid }) => pid === child.pid);
  assert.ok(process !== undefined, "the process is in the census");
  return process;
}

test("a deleted model that a process holds open is known by its bytes", async (context) => {
  const root = freshFolder(context);
  const bytes = safetensorsBytes(500, 5);
  const path = join(root, "old.safetensors");
  writeFileSync(path, bytes);
  const script = `exec 3<"$0"; rm "$0"; echo ready; exec sleep 60`;
  const child = await run(context, "sh", ["-c", script, path]);
  const process = await seen(child, [root]);
  assert.deepEqual(
    process.holds.map(({ inode, ...hold }) => hold),
    [
      {
        how: "open",
        path,
        deleted: true,
        size: bytes.length,
        digest: sha256(bytes),
        container: "safetensors",
      },
    ],
  );
});

const mapping = `
import mmap, os, sys
f = open(sys.argv[1], "rb")
m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)
f.close()
if sys.argv[2] == "delete": os.unlink(sys.argv[1])
print("ready", flush=True)
import time; time.sleep(60)
`;

test(
  "a mapped model is told, named or deleted, whatever the process calls itself",
  needsPython,
  async (context) => {
    const root = freshFolder(context);
    for (const [name, deed] of [
      ["kept (deleted)", "keep"],
      ["gone", "delete"],
    ] as const) {
      const path = join(root, name);
      const bytes = opaqueBytes(1_100_000, name.length);
      writeFileSync(path, bytes);
      const quoted = `exec -a "[kworker/0:1]" ${python} -c "$0" "$1" "$2"`;
      const child = await run(context, "bash", ["-c", quoted, mapping, path, deed]);
      const process = await seen(child, [root]);
      assert.equal(process.command[0], "[kworker/0:1]");
      // Python's mmap keeps a duplicate of the descriptor: it is held both ways. Only root may look
      // through map_files: to others a mapped name with the kernel's mark of a deleted file is a gap.
      const way = globalThis.process.geteuid?.() === 0 ? "mapped" : "open";
      const held = process.holds.filter(({ how }) => how === way);
      assert.deepEqual(
        held.map((hold) => [hold.path, hold.deleted, hold.digest, hold.container]),
        [[path, deed === "delete", sha256(bytes), "opaque"]],
      );
    }
  },
);

const memory = `
import os, sys, time
fd = os.memfd_create("cache")
os.write(fd, sys.stdin.buffer.read() or open(sys.argv[1], "rb").read())
print("ready", flush=True)
time.sleep(60)
`;

test("a model in a memfd, without any name, is told", needsPython, async (context) => {
  const root = freshFolder(context);
  const bytes = safetensorsBytes(300, 8);
  writeFileSync(join(root, "m"), bytes);
  const child = await run(context, python, ["-c", memory, join(root, "m")]);
  const process = await seen(child);
  assert.deepEqual(
    process.holds.map(({ how, path, deleted, digest }) => ({ how, path, deleted, digest })),
    [{ how: "open", path: "/memfd:cache", deleted: true, digest: sha256(bytes) }],
  );
});

const sending = `
import array, os, socket, sys, time
near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
held = os.open(sys.argv[1], os.O_RDONLY)
near.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [held]))])
os.close(held)
os.unlink(sys.argv[1])
print("ready", flush=True)
time.sleep(60)
`;

test(
  "an open file in flight over a socket cannot be looked at, and that is told",
  needsPython,
  async (context) => {
    const root = freshFolder(context);
    writeFileSync(join(root, "m"), safetensorsBytes(300, 8));
    const child = await run(context, python, ["-c", sending, join(root, "m")]);
    const { gaps } = coverageOf(await lookAt([]), "processes");
    const own = gaps.filter(({ where }) => where.startsWith(`/proc/${child.pid}/fd/`));
    assert.deepEqual(
      own.map(({ why }) => why),
      ["not-supported"],
    );
  },
);

test("listening ports, user, folder and program are the kernel's word", async (context) => {
  const root = freshFolder(context);
  const script = `
    const server = require("node:net").createServer().listen(0, "127.0.0.1", () => {
      process.title = "innocent";
      console.log(server.address().port);
    });`;
  const child = spawn(process.execPath, ["-e", script], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  context.after(() => child.kill("SIGKILL"));
  const [line] = await once(child.stdout, "data");
  const seenNow = await seen(child);
  assert.deepEqual(seenNow.listens, [Number(String(line))]);
  assert.equal(seenNow.workingDirectory, root);
  assert.equal(seenNow.user, process.getuid?.());
  assert.equal(seenNow.executable, process.execPath);
  assert.ok(seenNow.resident > 10_000_000);
  assert.deepEqual(seenNow.holds, [], "its own program and libraries are no holds");
});

test("kernel threads leave no gaps; each gap that blocks is one that the kernel insists on", async () => {
  const { gaps } = coverageOf(await lookAt([]), "processes");
  for (const { where, why } of gaps) {
    const isInFlight = why === "not-supported" && where.includes("/fd/");
    if (why !== "vanished-while-read" && !isInFlight)
      assert.throws(() => readFileSync(where), where);
  }
});

test("a hostile /proc is read without belief: names, newlines, absurd numbers", async (context) => {
  const proc = freshFolder(context);
  mkdirSync(join(proc, "7/fd"), { recursive: true });
  writeFileSync(
    join(proc, "7/stat"),
    "7 (a) R 1 (b\n) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4242 0",
  );
  writeFileSync(join(proc, "7/status"), "Uid:\t0\t1000\t0\t0\nVmSize:\t10 kB\nVmRSS:\t4 kB\n");
  writeFileSync(join(proc, "7/cmdline"), `\u202eevil\0${"x".repeat(10_000)}\0`);
  writeFileSync(join(proc, "7/maps"), "not a map\n0-1 r--p 0 0:0 0\n");
  symlinkSync("/nowhere", join(proc, "7/exe"));
  const census = await lookAt([], { proc });
  const [only] = census.processes;
  assert.equal(only?.started, 4242);
  assert.equal(only.user, 1000);
  assert.equal(only.command[1]?.length, 4096);
  assert.equal(census.processes.length, 1);
  rmSync(proc, { recursive: true });
});

test("the kernel's tables are read to the letter", () => {
  assert.deepEqual(
    parseMaps(
      "00400000-00500000 r--p 00000000 fe:00 77    /a b\\012c\n" +
        "00500000-00600000 r-xp 00100000 fe:00 77    /a b\\012c\n" +
        "7f00-7f01 rw-p 00000000 00:00 0 [heap]\n" +
        "7f02-7f03 rw-s 00000000 00:01 9                          /memfd:x (deleted)\n",
    ),
    [
      { range: "400000-500000", device: "fe:00", inode: "77", path: "/a b\nc" },
      { range: "7f02-7f03", device: "00:01", inode: "9", path: "/memfd:x (deleted)" },
    ],
  );
  assert.equal(parseStarted("1 (x) S"), undefined);
  assert.deepEqual(parseStatus("Uid:\t1\t2\t3\t4\nKthread:\t1\n"), {
    user: 2,
    resident: 0,
    kernel: true,
  });
  const table =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n" +
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0  0 4711 1\n" +
    "   1: 0100007F:1F91 0100007F:0001 01 00000000:00000000 00:00000000 00000000  0  0 4712 1\n";
  assert.deepEqual(parseListeners(table), new Map([["4711", 8080]]));
  assert.deepEqual(commandOf("a\0\0b\0"), ["a", "", "b"]);
  assert.deepEqual(commandOf(""), []);
});
