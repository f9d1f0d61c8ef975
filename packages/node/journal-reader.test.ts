import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, beforeEach, describe, test } from "node:test";
import { type Digest, isRefused, type Refused } from "@writ/core";
import {
  EstateKit,
  rootEntryBytes,
  testKey,
  testRootDocument,
} from "../core/testing/estate-kit.ts";
import { openBundleCache } from "./bundle-cache.ts";
import { verifyNative } from "./ed25519.ts";
import { JournalReader, type ReaderParts } from "./journal-reader.ts";
import { httpJournalSource } from "./journal-source.ts";
import { freshFolder } from "./testing/folder.ts";
import { type JournalServer, startJournalServer } from "./testing/journal-server.ts";

describe("a reader of a journal that it does not trust", () => {
  let server: JournalServer;
  const servers: JournalServer[] = [];
  after(() => Promise.all(servers.map((one) => one.close())));

  beforeEach(async () => {
    server = await startJournalServer();
    servers.push(server);
    server.kit.found();
  });

  /** A reader, and what it was given. */
  function follow(changes: Partial<ReaderParts> = {}) {
    const read: Uint8Array[] = [];
    const reader = new JournalReader({
      source: httpJournalSource(`${server.url}/journal`),
      pin: server.kit.estate.id!,
      verify: verifyNative,
      onEntries: (entries, from) => {
        assert.equal(from, read.length, "each entry once, in order");
        read.push(...entries);
        return undefined;
      },
      ...changes,
    });
    return { reader, read };
  }

  function claim(note: string): void {
    server.kit.say("butler", { kind: "claim", says: "note", note });
  }

  const codeOf = (result: object) => (isRefused(result) ? (result as Refused).refused : "read");

  test("hands every entry on, once, in order, over bundles full and partial", async () => {
    const { reader, read } = follow();
    assert.equal(codeOf(await reader.poll()), "unknown-reference", "nothing is published yet");
    for (const count of [1, 254, 1, 2, 300, 7]) {
      for (let i = 0; i < count; i += 1) claim(`${count} ${i}`);
      await server.publish();
      const polled = await reader.poll();
      assert.equal(codeOf(polled), "read", JSON.stringify(polled));
      assert.equal(reader.size, server.kit.entries.length);
    }
    assert.deepEqual(read.map(hex), server.kit.entries.map(hex));
    assert.equal(reader.latest?.size, read.length);
    assert.ok(Math.abs(reader.latest!.time - Date.now()) < 5000);
  });

  test("reads the full bundle where the partial one is gone", async () => {
    for (let i = 0; i < 300; i += 1) claim(`${i}`);
    const late = await server.kit.cosignedCheckpoint();
    server.checkpoint = late;
    server.intercept = (path) =>
      path.includes(".p/") ? { status: 404, body: new Uint8Array() } : undefined;
    assert.equal(codeOf(await follow().reader.poll()), "unavailable", "no full bundle yet");
    for (let i = 0; i < 300; i += 1) claim(`more ${i}`);
    const { reader, read } = follow();
    await reader.poll();
    assert.equal(read.length, 301);
  });

  test("a first trust root that is not the pinned one is nobody's estate", async () => {
    await server.publish();
    const { reader, read } = follow({ pin: `sha256:${"0".repeat(64)}` as Digest });
    assert.equal(codeOf(await reader.poll()), "bad-trust-root");
    assert.equal(codeOf(await reader.poll()), "bad-trust-root", "and stays so");
    assert.equal(read.length, 0);
  });

  test("a root that claims the pin but is another document is refused", async () => {
    const forged = testRootDocument({ witnessThreshold: 1 });
    server.entries = [rootEntryBytes(forged, ["ada", "ben"], server.kit.estate.id!)];
    server.checkpoint = await server.kit.cosignedCheckpoint();
    const { reader, read } = follow();
    assert.notEqual(codeOf(await reader.poll()), "read");
    assert.equal(read.length, 0);
  });

  test("a checkpoint that too few witnesses cosigned hands nothing on", async () => {
    claim("one");
    server.checkpoint = await server.kit.cosignedCheckpoint(["witness-1"]);
    const { reader, read } = follow();
    assert.equal(codeOf(await reader.poll()), "not-cosigned");
    assert.equal(read.length, 0);
    await server.publish();
    assert.equal(codeOf(await reader.poll()), "read", "and the next one is read");
    assert.equal(read.length, 2);
  });

  test("entries that are not in the cosigned tree are a fork", async () => {
    claim("one");
    await server.publish();
    const { reader, read } = follow();
    await reader.poll();
    claim("two");
    await server.publish();
    server.entries = [...server.kit.entries];
    server.entries[2] = other(server.kit);
    assert.equal(codeOf(await reader.poll()), "fork");
    assert.equal(read.length, 2, "what was forged was handed to nobody");
    server.entries = server.kit.entries;
    assert.equal(codeOf(await reader.poll()), "fork", "and it does not heal by itself");
  });

  test("another tree of the same size is a fork", async () => {
    claim("one");
    await server.publish();
    const { reader } = follow();
    await reader.poll();
    const twin = new EstateKit();
    twin.now = Date.now();
    twin.found();
    twin.say("butler", { kind: "claim", says: "note", note: "another history" });
    server.checkpoint = await twin.cosignedCheckpoint();
    assert.equal(codeOf(await reader.poll()), "fork");
  });

  test("a longer history that does not hold the one before is a fork", async () => {
    claim("one");
    await server.publish();
    const { reader, read } = follow();
    await reader.poll();
    const twin = new EstateKit();
    twin.now = Date.now();
    twin.found();
    for (let i = 0; i < 5; i += 1)
      twin.say("butler", { kind: "claim", says: "note", note: `${i}` });
    server.checkpoint = await twin.cosignedCheckpoint();
    server.entries = twin.entries;
    assert.equal(codeOf(await reader.poll()), "fork");
    assert.equal(read.length, 2);
  });

  test("a smaller cosigned checkpoint is a rollback of history", async () => {
    await server.publish();
    const old = server.checkpoint;
    claim("one");
    await server.publish();
    const { reader } = follow();
    await reader.poll();
    server.checkpoint = old;
    assert.equal(codeOf(await reader.poll()), "rollback-of-history");
  });

  test("a size that nobody signed does not have it read for ever", async () => {
    claim("one");
    await server.publish();
    const { reader } = follow();
    await reader.poll();
    server.checkpoint = server.checkpoint!.replace("\n2\n", "\n9007199254740991\n");
    const before = server.requests.length;
    assert.equal(codeOf(await reader.poll()), "bad-signature");
    assert.ok(server.requests.length - before < 5);
  });

  test("a new trust root's witnesses count from its entry on, the old ones' no more", async () => {
    await server.publish();
    const { reader, read } = follow();
    await reader.poll();
    const third = { type: "ed25519" as const, public: base64(testKey("witness-3").publicKey) };
    const { document, digest } = server.kit.root;
    const principals = document.principals.filter(({ name }) => name !== "witness-2");
    server.kit.found({
      ...document,
      number: 2,
      previous: digest,
      principals: [...principals, { name: "witness-3", kind: "witness", keys: [third] }],
    });
    server.checkpoint = await server.kit.cosignedCheckpoint(["witness-1"]);
    assert.equal(codeOf(await reader.poll()), "not-cosigned");
    server.checkpoint = await server.kit.cosignedCheckpoint(["witness-1", "witness-3"]);
    assert.equal(codeOf(await reader.poll()), "read");
    assert.equal(reader.trustRoot?.document.number, 2);
    assert.equal(read.length, 2);
  });

  test("what the receiver refuses ends the reading", async () => {
    claim("one");
    await server.publish();
    const { reader } = follow({ onEntries: () => ({ refused: "wrong-role", detail: "no" }) });
    assert.equal(codeOf(await reader.poll()), "wrong-role");
    assert.equal(codeOf(await reader.poll()), "wrong-role");
  });

  test("full bundles are kept on disk, and a damaged one is read anew", async () => {
    for (let i = 0; i < 600; i += 1) claim(`${i}`);
    await server.publish();
    const folder = freshFolder();
    const cache = openBundleCache(folder);
    await follow({ cache }).reader.poll();
    const bundles = readdirSync(join(folder, "tile", "entries"));
    assert.deepEqual(bundles.sort(), ["000", "001"]);
    const damaged = join(folder, "tile", "entries", "001");
    const bytes = readFileSync(damaged);
    bytes[100]! ^= 1;
    writeFileSync(damaged, bytes);
    server.requests.length = 0;
    const { reader, read } = follow({ cache });
    assert.equal(codeOf(await reader.poll()), "read");
    assert.equal(read.length, 601);
    const asked = server.requests.filter((request) => request.includes("/entries/"));
    assert.deepEqual(asked.map((request) => request.replace(/^.*entries\//, "")).sort(), [
      "001",
      "002.p/89",
    ]);
  });

  test("answers that never end, and none at all, are only not available", async () => {
    const huge = new Uint8Array(300 * 1024);
    server.intercept = () => ({ status: 200, body: huge });
    assert.equal(codeOf(await follow().reader.poll()), "oversized");
    await server.close();
    assert.equal(codeOf(await follow().reader.poll()), "unavailable");
  });
});

/** An entry that the kit's estate does not hold, of the same signer. */
function other(kit: EstateKit): Uint8Array {
  return kit.entryBytes("butler", { kind: "claim", says: "note", note: "forged" });
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
