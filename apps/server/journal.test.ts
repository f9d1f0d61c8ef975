/** The journal as it is served: what C2SP says, what witnesses cosigned, and what a crash leaves. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  appendLeaf,
  decodeEntryBundle,
  decodeHashTile,
  emptyFrontier,
  equalBytes,
  formatTilePath,
  fromUtf8,
  frontierRoot,
  hashLeaf,
  isRefused,
  type Refused,
  readCosigned,
  tilesSince,
  toHex,
  trustRoot,
} from "@writ/core";
import { JournalReader, verifyNative } from "@writ/node";
import { verifyWithNode } from "../../packages/core/testing/estate-kit.ts";
import { Rig } from "./testing/rig.ts";

let rig: Rig;
before(async () => {
  rig = await Rig.open({ witnesses: 3, threshold: 2 });
  await rig.found();
});
after(() => rig.close());

const note = (text: string) => ({ kind: "claim" as const, says: "note" as const, note: text });
function must<T>(value: T | Refused): Exclude<T, Refused> {
  assert.ok(!isRefused(value), JSON.stringify(value));
  return value as Exclude<T, Refused>;
}
const root = () => must(trustRoot(rig.document));

async function checkpoint() {
  const text = fromUtf8(must(await rig.api.checkpoint()))!;
  return { text, cosigned: must(readCosigned(root(), text, verifyWithNode)) };
}

test("a published checkpoint is the journal's, cosigned by a threshold and nobody else", async () => {
  const index = await rig.say("butler", note("one"));
  await rig.witnessed(index);
  const { text, cosigned } = await checkpoint();
  assert.ok(cosigned.size > index);
  assert.ok(text.startsWith(`${rig.document.journal.origin}\n${cosigned.size}\n`));
  assert.ok(Math.abs(cosigned.time - Date.now()) < 60_000, "time is what witnesses say");
});

test("tiles and bundles, read by their paths, are the tree of the checkpoint", async () => {
  for (let i = 0; i < 300; i += 1) await rig.say("butler", note(`entry ${i}`));
  const last = await rig.say("butler", note("last"));
  await rig.witnessed(last);
  const { cosigned } = await checkpoint();
  let frontier = emptyFrontier();
  const leaves: Uint8Array[] = [];
  for (const tile of tilesSince(0, cosigned.size)) {
    const bytes = must(await rig.api.tile(formatTilePath(tile)));
    if (tile.kind !== "entries") continue;
    for (const entry of must(decodeEntryBundle(bytes, tile.width))) {
      leaves.push(hashLeaf(entry));
      frontier = appendLeaf(frontier, hashLeaf(entry));
    }
  }
  assert.equal(toHex(frontierRoot(frontier)), cosigned.root);
  const tile = must(await rig.api.tile("tile/0/000"));
  for (const [i, hash] of must(decodeHashTile(tile, 256)).entries()) {
    assert.ok(equalBytes(hash, leaves[i]!));
  }
  const response = await fetch(`${rig.url}/journal/tile/0/000`);
  assert.equal(response.headers.get("content-type"), "application/octet-stream");
  assert.match(response.headers.get("cache-control") ?? "", /immutable/);
  assert.ok(isRefused(await rig.api.tile("tile/0/001")), "a tile that is not full is not there");
});

test("a reader that trusts one digest follows it", async () => {
  const entries: Uint8Array[] = [];
  const source = {
    checkpoint: () => rig.api.checkpoint(),
    tile: (path: string) => rig.api.tile(path),
  };
  const reader = new JournalReader({
    source,
    pin: rig.estate,
    verify: verifyNative,
    onEntries: (read) => {
      entries.push(...read);
      return undefined;
    },
  });
  const cosigned = must(await reader.poll());
  assert.equal(entries.length, cosigned.size);
});

test("an order is witnessed soon: 3 witnesses, 2 of them needed", async () => {
  const times: number[] = [];
  for (let i = 0; i < 20; i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const index = await rig.say("ada", {
      kind: "register",
      set: [{ document: "component", component: `c${i}`, kind: "model", owner: "ada" }],
      remove: [],
    });
    times.push(await rig.witnessed(index));
  }
  times.sort((a, b) => a - b);
  console.log(
    `acknowledged -> witnessed: median ${Math.round(times[10]!)} ms, max ${Math.round(times[19]!)} ms`,
  );
  assert.ok(times[19]! < 5000);
});

test("killed, it resumes with all that it acknowledged, and nothing twice", async () => {
  const sent: { bytes: Uint8Array; index: number | undefined }[] = [];
  const killed = new Promise<void>((resolve) => {
    setTimeout(() => void rig.end("SIGKILL").then(() => resolve()), 500);
  });
  for (let i = 0; i < 100_000; i += 1) {
    const bytes = rig.entryBytes("butler", note(`before the kill ${i}`));
    const result = await rig.api.submit(bytes);
    sent.push({ bytes, index: isRefused(result) ? undefined : result.index });
    if (isRefused(result)) break;
    rig.advance("butler", bytes);
  }
  await killed;
  await rig.startServer();
  for (const { bytes, index } of sent) {
    const again = must(await rig.api.submit(bytes));
    if (index === undefined) rig.advance("butler", bytes);
    else assert.deepEqual([again.index, again.duplicate], [index, true]);
  }
  console.log(`${sent.length} entries before the kill`);
  await rig.witnessed(await rig.say("butler", note("after the kill")));
});

test("stopped politely, it ends with exit code 0 and resumes", async () => {
  assert.equal(await rig.restart("SIGTERM"), 0);
  await rig.witnessed(await rig.say("butler", note("after the stop")));
});

test("without a threshold of witnesses nothing is witnessed, and the server stays up", async () => {
  for (const { child } of rig.witnesses.slice(0, 2)) child.kill("SIGSTOP");
  const before = must(await rig.api.witnessed());
  const index = await rig.say("butler", note("nobody sees this"));
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const during = must(await rig.api.witnessed());
  assert.ok(during.size <= index, "what one witness saw is not witnessed");
  assert.ok(during.size - before.size <= 2);
  assert.equal(must(await rig.api.estate()).size > index, true);
  for (const { child } of rig.witnesses) child.kill("SIGCONT");
  await rig.witnessed(index);
});

test("a store that was written to by somebody else is not served", async () => {
  await rig.end("SIGTERM");
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(`${rig.folder}/server/journal.sqlite`);
  const kept = database.prepare("SELECT text FROM checkpoint").get()!.text as string;
  // One signature changed: what is published is no longer what witnesses cosigned.
  const lines = kept.split("\n");
  const at = lines.length - 2;
  const broken = lines[at]!.replace(/.(.{8})$/, (_, rest) => `A${rest}`);
  database.prepare("UPDATE checkpoint SET text = ?").run(lines.with(at, broken).join("\n"));
  await assert.rejects(rig.startServer(), /bad-signature|not-cosigned|bad-checkpoint/);
  database.prepare("UPDATE checkpoint SET text = ?").run(kept);
  database.close();
  await rig.startServer();
});
