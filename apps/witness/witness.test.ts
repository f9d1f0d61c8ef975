import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import {
  appendLeaf,
  emptyFrontier,
  emptyRoot,
  formatNote,
  formatVerifierKey,
  frontierRoot,
  hashLeaf,
  isRefused,
  noteKeyTypes,
  parseNote,
  parseSignatureLines,
  parseVerifierKey,
  proveConsistency,
  type Refused,
  type SignEd25519,
  signCheckpoint,
  toBase64,
  toUtf8,
  type VerifierKey,
  verifierKey,
  verifyCosigned,
  verifyEd25519,
} from "@writ/core";

function got<T>(result: T | Refused): T {
  assert.ok(!isRefused(result), JSON.stringify(result));
  return result;
}

/** A log with its key, that can also show another history of the same size. */
class TestLog {
  readonly origin: string;
  readonly key: VerifierKey;
  readonly sign: SignEd25519;
  readonly #nodes = new Map<string, Uint8Array>();
  readonly #roots: Uint8Array[] = [emptyRoot];

  constructor(origin: string, salt = "") {
    const pair = generateKeyPairSync("ed25519");
    this.origin = origin;
    const { x } = pair.publicKey.export({ format: "jwk" });
    const publicKey = new Uint8Array(Buffer.from(x!, "base64url"));
    this.key = got(verifierKey(origin, noteKeyTypes.ed25519, publicKey));
    this.sign = (message) => new Uint8Array(sign(null, message, pair.privateKey));
    let frontier = emptyFrontier();
    for (let i = 0; i < 600; i += 1) {
      const leaf = hashLeaf(toUtf8(`${i < 5 ? "" : salt}${i}`));
      frontier = appendLeaf(frontier, leaf, (level, index, hash) => {
        this.#nodes.set(`${level}/${index}`, hash);
      });
      this.#roots.push(frontierRoot(frontier));
    }
  }

  root(size: number): Uint8Array {
    return this.#roots[size]!;
  }

  async checkpoint(size: number, root = this.root(size)): Promise<string> {
    const { origin } = this;
    const note = await signCheckpoint({ origin, size, root, extensions: [] }, this.key, this.sign);
    return Buffer.from(formatNote(note)).toString();
  }

  async proof(size1: number, size2: number): Promise<string[]> {
    if (size1 === 0) return [];
    const nodeAt = (level: number, index: number) => this.#nodes.get(`${level}/${index}`)!;
    return (await proveConsistency(size1, size2, nodeAt)).map(toBase64);
  }

  /** A whole good request. */
  async request(size1: number, size2: number): Promise<string> {
    const lines = [`old ${size1}`, ...(await this.proof(size1, size2)), ""];
    return `${lines.join("\n")}\n${await this.checkpoint(size2)}`;
  }
}

const main = join(import.meta.dirname, "main.ts");
const folders: string[] = [];
const children = new Set<ChildProcess>();
after(() => {
  for (const child of children) child.kill("SIGKILL");
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "writ-witness-"));
  folders.push(folder);
  return join(folder, "data");
}

function spawnWitness(args: readonly string[]) {
  const flags = ["--disable-warning=ExperimentalWarning", main, ...args];
  const child = spawn(process.execPath, flags, { stdio: ["ignore", "pipe", "pipe"] });
  children.add(child);
  const heard = { stdout: "", stderr: "" };
  child.stdout.on("data", (part: Buffer) => {
    heard.stdout += part.toString();
  });
  child.stderr.on("data", (part: Buffer) => {
    heard.stderr += part.toString();
  });
  const exit = new Promise<number | null>((resolve) => {
    child.on("close", (code) => {
      children.delete(child);
      resolve(code);
    });
  });
  return { child, heard, exit };
}

/** Starts the real process and waits for the line that says that it is ready. */
async function startWitness(data: string, logs: readonly TestLog[]) {
  const follow = logs.flatMap(({ key }) => ["--log", formatVerifierKey(key)]);
  const started = spawnWitness(["--data", data, "--name", "witness.example/1", ...follow]);
  while (!started.heard.stdout.includes("\n")) {
    assert.ok(started.child.exitCode === null, started.heard.stderr);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const ready = JSON.parse(started.heard.stdout) as { ready: true; address: string; vkey: string };
  assert.equal(ready.ready, true);
  const key = got(parseVerifierKey(ready.vkey));
  assert.equal(key.type, noteKeyTypes.cosignature);
  const post = async (body: string | Uint8Array) => {
    const response = await fetch(`${ready.address}/add-checkpoint`, {
      method: "POST",
      body: body as string,
    });
    return {
      status: response.status,
      type: response.headers.get("content-type"),
      text: await response.text(),
    };
  };
  return { ...started, ...ready, key, post };
}

describe("a witness", async () => {
  const log = new TestLog("log.example/one");
  const second = new TestLog("log.example/two");
  const data = freshFolder();
  const witness = await startWitness(data, [log, second]);
  const stranger = new TestLog("log.example/three");
  const impostor = new TestLog("log.example/one");
  const { post } = witness;

  await test("cosigns the first checkpoint, and one that extends it", async () => {
    for (const [size1, size2] of [
      [0, 5],
      [5, 5],
      [5, 300],
    ] as const) {
      const before = Math.floor(Date.now() / 1000);
      const answer = await post(await log.request(size1, size2));
      assert.equal(answer.status, 200, answer.text);
      const signatures = got(parseSignatureLines(answer.text));
      assert.equal(signatures.length, 1);
      const note = got(parseNote(toUtf8((await log.checkpoint(size2)) + answer.text)));
      const policy = { witnesses: [witness.key], threshold: 1 };
      const quorum = got(verifyCosigned(note, policy, verifyEd25519));
      assert.ok(quorum.timestamp >= before && quorum.timestamp <= before + 5);
    }
  });

  await test("serves its latest checkpoint to monitors, with both signatures", async () => {
    const hash = createHash("sha256").update(log.origin).digest("hex");
    const response = await fetch(`${witness.address}/${hash}/checkpoint`);
    assert.equal(response.status, 200);
    const note = got(parseNote(new Uint8Array(await response.arrayBuffer())));
    assert.deepEqual(
      note.signatures.map(({ name }) => name),
      ["log.example/one", "witness.example/1"],
    );
    assert.equal(note.text.split("\n")[1], "300");
    got(verifyCosigned(note, { witnesses: [witness.key], threshold: 1 }, verifyEd25519));
    const never = createHash("sha256").update(second.origin).digest("hex");
    assert.equal((await fetch(`${witness.address}/${never}/checkpoint`)).status, 404);
  });

  await test("409 and the size, if the old size is not what it cosigned last", async () => {
    for (const [size1, size2] of [
      [0, 301],
      [5, 301],
      [0, 300],
    ] as const) {
      const answer = await post(await log.request(size1, size2));
      assert.equal(answer.status, 409);
      assert.equal(answer.type, "text/x.tlog.size");
      assert.equal(answer.text, "300\n");
    }
    assert.equal((await post(await log.request(301, 301))).text, "300\n");
  });

  await test("422 for a fork, a false proof, and a history taken back", async () => {
    const forked = new TestLog("log.example/one", "other");
    const proof = (await log.proof(300, 310)).join("\n");
    for (const body of [
      `old 300\n\n${await log.checkpoint(300, forked.root(300))}`,
      `old 300\n${proof}\n\n${await log.checkpoint(310, forked.root(310))}`,
      `old 300\n${(await forked.proof(300, 310)).join("\n")}\n\n${await log.checkpoint(310, forked.root(310))}`,
      `old 300\n\n${await log.checkpoint(310)}`,
      `old 300\n${proof.split("\n").slice(1).join("\n")}\n\n${await log.checkpoint(310)}`,
      `old 300\n${proof}\n${toBase64(emptyRoot)}\n\n${await log.checkpoint(310)}`,
      `old 300\n${toBase64(emptyRoot)}\n\n${await log.checkpoint(300)}`,
    ]) {
      const answer = await post(body);
      assert.equal(answer.status, 422, body);
      assert.ok(!answer.text.includes("—"));
    }
    // Smaller than what was cosigned: with its true old size it is no proof, with another a 409.
    assert.equal((await post(`old 300\n\n${await log.checkpoint(5)}`)).status, 400);
    assert.equal((await post(`old 5\n\n${await log.checkpoint(5)}`)).status, 409);
    const evidence = witness.heard.stderr.split("\n").find((line) => line.includes('"fork"'));
    assert.ok(evidence?.includes("log.example/one"), "a fork is in the witness's own journal");
  });

  await test("422 for an empty log with a root, and for a proof from nothing", async () => {
    const body = `old 0\n\n${await second.checkpoint(0, new Uint8Array(32))}`;
    assert.equal((await post(body)).status, 422);
    const proven = `old 0\n${toBase64(emptyRoot)}\n\n${await second.checkpoint(7)}`;
    assert.equal((await post(proven)).status, 422);
    assert.equal((await post(await second.request(0, 0))).status, 200);
    assert.equal((await post(await second.request(0, 7))).status, 200);
  });

  await test("404 for a log that it does not follow, 403 for a key it does not trust", async () => {
    assert.equal((await post(await stranger.request(0, 5))).status, 404);
    assert.equal((await post(await impostor.request(300, 300))).status, 403);
    const good = await log.request(300, 300);
    const falsified = good.replace(/(— log\.example\/one .{20})(.)/, (_, head, letter) => {
      return `${head}${letter === "A" ? "B" : "A"}`;
    });
    assert.equal((await post(falsified)).status, 403);
    // The log's own signature beside a stranger's is enough; beside a false one of its own it is not.
    const strange = (await impostor.checkpoint(300)).split("\n\n")[1]!;
    assert.equal((await post(good + strange)).status, 200);
    assert.equal((await post(good + falsified.split("\n\n")[2]!)).status, 403);
  });

  await test("400 for what is no request", async () => {
    const checkpoint = await log.checkpoint(310);
    const line = toBase64(emptyRoot);
    for (const body of [
      "",
      "old 300",
      `old 300\n${checkpoint}`,
      `old 0300\n\n${checkpoint}`,
      `old -1\n\n${checkpoint}`,
      `old +1\n\n${checkpoint}`,
      `old 18446744073709551616\n\n${checkpoint}`,
      `OLD 300\n\n${checkpoint}`,
      `old 300\r\n\n${checkpoint}`,
      `old 300\n${line.slice(0, -2)}\n\n${checkpoint}`,
      `old 300\n${`${line}\n`.repeat(64)}\n${checkpoint}`,
      `old 300\n\n${checkpoint.slice(0, -1)}`,
      `old 300\n\n${checkpoint.replace("310", "0310")}`,
      `old 300\n\n${checkpoint.replace("310", "9007199254740993")}`,
      `old 311\n\n${checkpoint}`,
      Uint8Array.of(0xff, 0x0a, 0x0a),
    ]) {
      assert.equal((await post(body)).status, 400, String(body));
    }
    const most = `old 300\n${`${line}\n`.repeat(63)}\n${checkpoint}`;
    assert.equal((await post(most)).status, 422);
  });

  await test("413, 405 and 404 for what is no request at all", async () => {
    const large = new Uint8Array(300 * 1024).fill(0x41);
    assert.equal((await post(large)).status, 413);
    // Whoever sends much more is not waited for: they hear 413, or that the connection is gone.
    const huge = new Uint8Array(64 * 1024 * 1024).fill(0x41);
    const status = await post(huge)
      .then((answer) => answer.status)
      .catch(() => "gone");
    assert.ok(status === 413 || status === "gone");
    assert.equal((await post("")).status, 400);
    assert.equal((await fetch(`${witness.address}/add-checkpoint`)).status, 405);
    assert.equal((await fetch(`${witness.address}/`)).status, 404);
    assert.equal((await fetch(`${witness.address}/%2e%2e/witness.key`)).status, 404);
  });

  await test("of racing requests one wins, and none takes history back", async () => {
    const sizes = Array.from({ length: 24 }, (_, i) => 301 + i);
    const bodies = await Promise.all(sizes.map((size) => log.request(300, size)));
    const answers = await Promise.all(bodies.map((body) => post(body)));
    const won = answers.flatMap(({ status }, i) => (status === 200 ? [sizes[i]!] : []));
    assert.equal(won.length, 1);
    for (const { status, text } of answers.filter((answer) => answer.status !== 200)) {
      assert.equal(status, 409);
      assert.equal(text, `${won[0]}\n`);
    }
    assert.equal((await post(await log.request(300, 330))).text, `${won[0]}\n`);
  });

  await test("stops cleanly, and starts again with its key and what it saw", async () => {
    witness.child.kill("SIGTERM");
    assert.equal(await witness.exit, 0);
    assert.match(witness.heard.stderr, /"event":"stopped"/);
    for (const line of witness.heard.stderr.trim().split("\n")) JSON.parse(line);
    const again = await startWitness(data, [log, second]);
    assert.equal(again.vkey, witness.vkey);
    assert.equal((await again.post(await log.request(0, 600))).status, 409);
    again.child.kill("SIGINT");
    assert.equal(await again.exit, 0);
  });
});

test("killed at any moment, it never forgets what it cosigned", async () => {
  const log = new TestLog("log.example/one");
  const data = freshFolder();
  const kills = process.env.SLOW === undefined ? 6 : 100;
  let acknowledged = 0;
  let known = 0;
  for (let round = 0; round < kills; round += 1) {
    const witness = await startWitness(data, [log]);
    const { text, status } = await witness.post(await log.request(0, 1));
    if (acknowledged > 0 || status === 409) {
      assert.equal(status, 409);
      known = Number(text);
      assert.ok(known >= acknowledged, `it forgot: ${known} after ${acknowledged}`);
    } else {
      assert.equal(status, 200);
      known = 1;
    }
    acknowledged = known;
    const until = acknowledged + 6;
    setTimeout(() => witness.child.kill("SIGKILL"), 3 * (round % 10));
    try {
      while (known < Math.min(until, 599)) {
        const answer = await witness.post(await log.request(known, known + 1));
        assert.equal(answer.status, 200, answer.text);
        known += 1;
        acknowledged = known;
      }
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
    }
    witness.child.kill("SIGKILL");
    await witness.exit;
  }
  assert.ok(acknowledged > 0);
});

test("the key file is private, is kept, and is refused if it is not so", async () => {
  const log = new TestLog("log.example/one");
  const data = freshFolder();
  const args = ["--data", data, "--log", formatVerifierKey(log.key)];
  const witness = await startWitness(data, [log]);
  const file = join(data, "witness.key");
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(statSync(data).mode & 0o777, 0o700);
  const secret = readFileSync(file, "utf8").split("+")[4]!.trim();
  witness.child.kill("SIGTERM");
  await witness.exit;
  assert.ok(!(witness.heard.stderr + witness.heard.stdout).includes(secret));
  const refusedWith = async (words: RegExp) => {
    const started = spawnWitness([...args, "--name", "witness.example/1"]);
    assert.equal(await started.exit, 2);
    assert.match(started.heard.stderr, words);
    assert.ok(!started.heard.stderr.includes(secret));
  };
  chmodSync(file, 0o640);
  await refusedWith(/chmod 600/);
  chmodSync(file, 0o600);
  const line = readFileSync(file, "utf8");
  writeFileSync(file, line.replace("witness.example/1", "witness.example/2"));
  await refusedWith(/id is not/);
  writeFileSync(file, line.slice(0, -9));
  await refusedWith(/not one line/);
  writeFileSync(file, line);
  const renamed = spawnWitness([...args, "--name", "witness.example/2"]);
  assert.equal(await renamed.exit, 2);
});

test("it does not start without a log, a folder, or a good address", async () => {
  const vkey = formatVerifierKey(new TestLog("log.example/one").key);
  const data = freshFolder();
  for (const args of [
    [],
    ["--data", data],
    ["--log", vkey],
    ["--data", data, "--log", "nonsense"],
    ["--data", data, "--log", vkey, "--listen", "nowhere"],
    ["--data", data, "--log", vkey, "--listen", "127.0.0.1:99999"],
    ["--data", data, "--log", vkey, "--name", "a b"],
    ["--data", data, "--log", vkey, "--sing"],
  ]) {
    const started = spawnWitness(args);
    assert.equal(await started.exit, 2, started.heard.stderr);
    assert.match(started.heard.stderr, /"event":"refused"/);
    assert.equal(started.heard.stdout, "");
  }
});
