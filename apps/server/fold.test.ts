/** The two folds: what is shown never runs ahead of the disk, whatever becomes of a batch. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { blobsNamed, estateImage, isRefused, parseEntry, type Refused } from "@writ/core";
import {
  Journal,
  type JournalStore,
  openSqliteStore,
  ordinaryLimits,
  type Submitted,
  systemClock,
} from "@writ/node";
import { censusOf, chatbotRegister } from "../../packages/core/testing/chatbot.ts";
import { EstateKit } from "../../packages/core/testing/estate-kit.ts";
import { freshFolder } from "../../packages/node/testing/folder.ts";
import { gatherBlobs } from "./candidate.ts";
import { EstateFold } from "./fold.ts";

type Node = { readonly fold: EstateFold; readonly journal: Journal };

async function openNode(store: JournalStore): Promise<Node> {
  const fold = new EstateFold({ store, trustedSize: 0, onProgress: () => undefined });
  const journal = await Journal.open({
    store,
    foldedSize: 0,
    decide: (batch, size) => fold.decide(batch, size),
    onEntries: (entries, from) => fold.take(entries, from),
    limits: ordinaryLimits,
  });
  return { fold, journal };
}

type Given = { readonly kit: EstateKit; readonly bytes: Uint8Array; readonly store: JournalStore };

/** Hands an entry of the kit, with the blobs that it names, to a node. */
async function submit(node: Node, given: Given): Promise<Submitted | Refused> {
  return node.journal.submit(await prepare(node, given), "test");
}

async function prepare({ fold }: Node, given: Given): Promise<Uint8Array> {
  const { kit, store } = given;
  // A node never shares its array with another.
  const entry = parseEntry(new Uint8Array(given.bytes));
  assert.ok(!isRefused(entry));
  const sent = blobsNamed(entry.body).map((digest) => kit.blobs.get(digest)!);
  const gathered = await gatherBlobs(entry, sent, store);
  assert.ok(!isRefused(gathered));
  fold.prepare({ entry, ...gathered, checked: [] });
  return entry.bytes;
}

async function story(): Promise<EstateKit> {
  const kit = new EstateKit();
  kit.found();
  kit.register(...chatbotRegister("h1"));
  await kit.witness();
  kit.sees(censusOf("h1"));
  const order = { action: "rollback", component: "chatbot", from: "4.2", to: "3.8" } as const;
  const writ = await kit.carriedOut(order);
  kit.sees(censusOf("h1", { runs: "3.8" }));
  kit.certify(writ);
  await kit.witness();
  return kit;
}

test("a whole story in one batch is judged entry by entry, each as after the one before", async () => {
  const kit = await story();
  const store = await openSqliteStore(freshFolder(), systemClock);
  const node = await openNode(store);
  const prepared = kit.entries.map((bytes) => prepare(node, { kit, bytes, store }));
  const all = await Promise.all(prepared);
  const results = await Promise.all(all.map((bytes) => node.journal.submit(bytes, "test")));
  assert.deepEqual(
    results.map((result) => (isRefused(result) ? result : result.index)),
    kit.entries.map((_, index) => index),
  );
  assert.deepEqual(estateImage(node.fold.estate), estateImage(kit.estate));
  await node.journal.close();
});

test("a batch that the store loses leaves nothing in the estate, and is taken when sent again", async () => {
  const kit = await story();
  const inner = await openSqliteStore(freshFolder(), systemClock);
  let failing: "before" | "after" | undefined;
  const store: JournalStore = {
    ...inner,
    append: async (batch) => {
      if (failing === "before") throw new Error("disk full");
      const appended = await inner.append(batch);
      if (failing === "after") throw new Error("connection lost");
      return appended;
    },
  };
  const node = await openNode(store);
  for (const [i, bytes] of kit.entries.entries()) {
    const given = { kit, bytes, store };
    failing = (["before", "after", undefined] as const)[i % 3];
    const first = await submit(node, given);
    assert.equal(isRefused(first), failing !== undefined);
    if (failing === "before") assert.equal(node.fold.estate.size, i);
    failing = undefined;
    const second = await submit(node, given);
    assert.ok(!isRefused(second), JSON.stringify(second));
    assert.equal(second.index, i);
    assert.equal(second.duplicate, i % 3 !== 0);
  }
  assert.deepEqual(estateImage(node.fold.estate), estateImage(kit.estate));
  await node.journal.close();
});

test("two nodes on one store tell one story, whoever is asked", async () => {
  const kit = await story();
  const folder = freshFolder();
  const stores = await Promise.all([0, 1].map(() => openSqliteStore(folder, systemClock)));
  const nodes = await Promise.all(stores.map(openNode));
  for (const [i, bytes] of kit.entries.entries()) {
    const [first, other] = i % 2 === 0 ? [0, 1] : [1, 0];
    const results = await Promise.all(
      [first, other].map((at) => submit(nodes[at!]!, { kit, bytes, store: stores[at!]! })),
    );
    for (const result of results) {
      assert.ok(!isRefused(result), JSON.stringify(result));
      assert.equal(result.index, i);
    }
  }
  for (const { fold, journal } of nodes) {
    await journal.refresh();
    assert.deepEqual(estateImage(fold.estate), estateImage(kit.estate));
    await journal.close();
  }
});

test("an estate folded from the disk is the one that was built entry by entry", async () => {
  const kit = await story();
  const folder = freshFolder();
  const store = await openSqliteStore(folder, systemClock);
  const node = await openNode(store);
  for (const bytes of kit.entries) await submit(node, { kit, bytes, store });
  await node.journal.close();
  const again = await openNode(await openSqliteStore(folder, systemClock));
  assert.deepEqual(estateImage(again.fold.estate), estateImage(kit.estate));
  await again.journal.close();
});
