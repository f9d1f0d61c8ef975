/** What leaves a host, to a second one behind a real cable, by the programs that people use. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Census, Flow } from "@writ/core";
import { type FarHost, lackOfFarHost, openFarHost, seenWhile } from "../testing/far-host.ts";
import { digestOf } from "../testing/oci-registry.ts";
import { coverageOf, freshFolder, lookAt, safetensorsBytes } from "../testing/scene.ts";
import { isLoopback, parseFlows } from "./kernel-flows.ts";
import { openNetlink } from "./netlink.ts";
import { dumpRequest, parseReply } from "./socket-diagnosis.ts";

const skip = lackOfFarHost();
/** Far more than pipes and windows hold: what sends it still has it open when it is stopped. */
const size = 24_000_000;
const weights = safetensorsBytes(size, 5);
const digest = digestOf(weights);
const enough = 4_000_000;

/** What left, by whom, and which process had the weights in hand. */
function told(census: Census): readonly string[] {
  return (census.flows ?? []).flatMap((flow) => {
    const sender = flow.parties.find(({ how }) => how === "itself");
    const holders = flow.carried
      .filter((one) => one.digest === digest)
      .map(({ pid, how }) => {
        const party = flow.parties.find((one) => one.pid === pid);
        return `${party?.how} ${programOf(party?.command)} ${how}`;
      });
    return holders.map((holder) => `${programOf(sender?.command)}: ${holder}`);
  });
}

function programOf(command = ""): string {
  const [program = ""] = command.split(" ");
  return program.slice(program.lastIndexOf("/") + 1).replace(/:$/, "");
}

const flowsTo = ({ flows = [] }: Census, { address }: FarHost): readonly Flow[] =>
  flows.filter(({ remote }) => remote.startsWith(`${address}:`));
const sentTo = (census: Census, far: FarHost): number =>
  Math.max(0, ...flowsTo(census, far).map(({ sent = 0 }) => sent));

describe("weights that leave over a cable", { skip }, () => {
  test("by ssh, piped from tar, by scp, and read from a file", async (context) => {
    const far = await openFarHost(context);
    const root = freshFolder(context);
    writeFileSync(join(root, "m"), weights);
    // The other side takes most of it and then no more: what is under way stays so.
    const sink = `'head -c ${enough + 500_000} >/dev/null; sleep 600'`;
    const cases = [
      [`tar cf - -C ${root} m | gzip -1 | ${far.ssh} ${sink}`, "ssh: pipe tar open"],
      [`${far.scp} -l 20000 ${root}/m ${far.to}:/dev/null`, "ssh: parent scp open"],
      [`${far.ssh} ${sink} <${root}/m`, "ssh: itself ssh open"],
    ] as const;
    const played = process.env.SLOW === undefined ? cases.slice(0, 1) : cases;
    for (const [script, expected] of played) {
      const census = await seenWhile(far, { root, script, bytes: enough });
      assert.ok(told(census).includes(expected), `${script}: ${told(census)}`);
      assert.ok(sentTo(census, far) >= enough);
      const [flow] = flowsTo(census, far).filter(({ carried }) => carried.length > 0);
      assert.equal(flow?.accepted, false);
      const [held] = flow!.carried.filter((one) => one.digest === digest);
      assert.ok(held!.position! >= enough / 2 && held!.size === weights.length);
      assert.deepEqual(coverageOf(census, "network").gaps, []);
    }
  });

  test("a download and a backup of other files carry none", async (context) => {
    const far = await openFarHost(context);
    const root = freshFolder(context);
    writeFileSync(join(root, "m"), weights);
    const other = freshFolder(context);
    writeFileSync(join(other, "rows.csv"), "a,b,c\n".repeat(1_000_000));
    const backup = `tar cf - -C ${other} . | ${far.ssh} 'head -c 4500000 >/dev/null; sleep 600'`;
    const census = await seenWhile(far, { root, script: backup, bytes: enough });
    assert.ok(sentTo(census, far) >= enough);
    assert.deepEqual(told(census), []);
    const source = join(freshFolder(context), "m");
    copyFileSync(join(root, "m"), source);
    const download = `${far.ssh} 'cat ${source}; sleep 600' >${root}/new`;
    const after = await seenWhile(far, { root, script: download, bytes: enough });
    assert.ok(flowsTo(after, far).some(({ received = 0 }) => received >= enough));
    assert.ok(sentTo(after, far) < 500_000);
    assert.deepEqual(told(after), []);
  });
});

test("what two processes of one host say to each other has left nothing", async (context) => {
  const server = createServer((socket) => socket.resume());
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as { readonly port: number };
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  context.after(() => {
    socket.destroy();
    server.close();
  });
  const { flows = [] } = await lookAt([]);
  assert.deepEqual(
    flows.filter(({ local, remote }) => `${local} ${remote}`.includes(`:${port}`)),
    [],
  );
});

test("the kernel's counters are those of the bytes that went", async (context) => {
  const netlink = openNetlink();
  if (netlink === undefined) return context.skip("no koffi, or no sock_diag, on this machine");
  let came = 0;
  const server = createServer((socket) =>
    socket.on("data", (data) => {
      came += data.length;
    }),
  );
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as { readonly port: number };
  const script = `
    const socket = require("node:net").connect(${port}, "127.0.0.1");
    socket.write(Buffer.alloc(1234567), () => console.log("sent"));
    setInterval(() => {}, 60000);`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  context.after(() => {
    child.kill("SIGKILL");
    server.close();
  });
  await once(child.stdout, "data");
  while (came < 1_234_567) await new Promise((resolve) => setTimeout(resolve, 10));
  const counted = () =>
    [...(netlink.socketsIn() ?? [])].some(
      ([, { sent }]) => sent === 1_234_567 || sent === 1_234_568,
    );
  while (!counted()) await new Promise((resolve) => setTimeout(resolve, 10));
});

test("the kernel's tables and messages are read to the letter, and broken ones not believed", () => {
  const table =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n" +
    "   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0  0 11 1\n" +
    "   1: 0200000A:0016 0100000A:D431 01 00000000:00000000 00:00000000 00000000  0  0 12 1\n" +
    "   2: 0200000A:8000 0900000A:01BB 06 00000000:00000000 00:00000000 00000000  0  0 0 1\n" +
    "   3: nonsense 0900000A:01BB 01 0 0 0 0  0  0 13 1\n";
  const { flows, listening } = parseFlows(table, "tcp");
  assert.deepEqual(flows, [
    { protocol: "tcp", local: "10.0.0.2:22", remote: "10.0.0.1:54321", inode: "12" },
  ]);
  assert.deepEqual([...listening], ["22"]);
  const six =
    "sl\n 0: B80D0120000000000000000001000000:0016 B80D0120000000000000000002000000:01BB 01 0 0 0 0 0 7";
  assert.deepEqual(
    parseFlows(six, "tcp").flows.map(({ local }) => local),
    ["[2001:db8::1]:22"],
  );
  assert.ok(isLoopback("127.9.0.1:1") && isLoopback("[::1]:1") && !isLoopback("10.0.0.1:1"));
  assert.equal(dumpRequest(2).length, 72);
  const done = new Uint8Array(20);
  done.set([20, 0, 0, 0, 3, 0]);
  assert.deepEqual(parseReply(done), { sockets: [], state: "done" });
  const endless = new Uint8Array(16);
  assert.equal(parseReply(endless).state, "failed");
  const beyond = new Uint8Array(16);
  beyond.set([255, 255, 0, 0, 20, 0]);
  assert.equal(parseReply(beyond).state, "failed");
});
