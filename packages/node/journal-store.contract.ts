/** What every store of the journal must do. Each adapter's test calls it with its own stores. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { digestOf, emptyFrontier, frontierAt, isRefused, nodesFromTiles } from "@writ/core";
import { type JournalStore, pageEntriesMax } from "./journal-store.ts";
import { batchAfter, entryOf, fill, numbered } from "./testing/batch.ts";

/** An empty place for a store. `open` may be called again, for the next run or for another node. */
export type StorePlace = { readonly open: () => Promise<JournalStore> };

export function journalStoreContract(name: string, freshPlace: () => Promise<StorePlace>): void {
  const withStore = (title: string, story: (store: JournalStore, place: StorePlace) => unknown) =>
    it(title, async () => {
      const place = await freshPlace();
      const store = await place.open();
      try {
        await story(store, place);
      } finally {
        await store.close();
      }
    });

  describe(`${name}: entries`, () => {
    withStore("starts empty", async (store) => {
      assert.equal(await store.size(), 0);
      assert.deepEqual(await store.indexesOf([entryOf("nothing").leafHash]), [undefined]);
      assert.equal((await store.readHashes(0, 0, 0)).length, 0);
    });

    withStore(
      "gives back what was appended, in order, after it was closed too",
      async (_, place) => {
        const first = await place.open();
        const entries = [...numbered("entry", 0, 600), entryOf("x".repeat(65_535))];
        await fill(first, entries, 97);
        await first.close();
        const second = await place.open();
        assert.equal(await second.size(), 601);
        const read = [];
        while (read.length < 601) {
          const page = await second.readPage(read.length, 601);
          assert.ok(page.length >= 1 && page.length <= pageEntriesMax);
          read.push(...page);
        }
        assert.deepEqual(read.map(plain), entries.map(plain));
        const asked = [600, 0, 300].map((index) => entries[index]!.leafHash);
        assert.deepEqual(await second.indexesOf([...asked, entryOf("other").leafHash]), [
          600,
          0,
          300,
          undefined,
        ]);
        await second.close();
      },
    );

    withStore("writes nothing for a caller that is behind, or ahead", async (store) => {
      const frontier = await fill(store, numbered("entry", 0, 5), 5);
      const late = batchAfter(emptyFrontier(), numbered("late", 0, 3)).batch;
      assert.deepEqual(await store.append(late), { behind: 5 });
      const early = batchAfter(frontier, numbered("early", 0, 3)).batch;
      assert.deepEqual(await store.append({ ...early, expectedSize: 8 }), { behind: 5 });
      assert.equal(await store.size(), 5);
      assert.deepEqual(await store.indexesOf(late.entries.map(({ leafHash }) => leafHash)), [
        undefined,
        undefined,
        undefined,
      ]);
    });

    withStore("takes a whole batch or none of it", async (store) => {
      const frontier = await fill(store, numbered("entry", 0, 4), 4);
      // The last of the batch is no entry: a bug of the caller, which must leave no trace.
      const empty = { ...entryOf("empty"), bytes: new Uint8Array(0) };
      const broken = batchAfter(frontier, [...numbered("new", 0, 3), empty]).batch;
      await assert.rejects(store.append(broken));
      assert.equal(await store.size(), 4);
      assert.deepEqual(await store.indexesOf([entryOf("new 0").leafHash]), [undefined]);
      const good = batchAfter(frontier, numbered("new", 0, 3)).batch;
      assert.deepEqual(await store.append(good), { appended: true });
      assert.equal(await store.size(), 7);
    });

    withStore("lets one of two nodes win each place", async (one, place) => {
      const two = await place.open();
      let frontier = emptyFrontier();
      for (let round = 0; round < 20; round += 1) {
        const batches = [one, two].map((_, i) =>
          batchAfter(frontier, numbered(`round ${round} node ${i}`, 0, 3)),
        );
        const results = await Promise.all([
          one.append(batches[0]!.batch),
          two.append(batches[1]!.batch),
        ]);
        const winners = results.flatMap((result, i) => ("appended" in result ? [i] : []));
        assert.equal(winners.length, 1);
        frontier = batches[winners[0]!]!.frontier;
        assert.equal(await two.size(), frontier.size);
      }
      const read = await frontierAt(60, nodesFromTiles(one.readHashes));
      assert.deepEqual(read.peaks.map(hex), frontier.peaks.map(hex));
      await two.close();
    });

    withStore("keeps the nodes that a frontier is read from", async (store) => {
      const frontier = await fill(store, numbered("entry", 0, 256 * 3 + 77), 100);
      const read = await frontierAt(frontier.size, nodesFromTiles(store.readHashes));
      assert.deepEqual(read.peaks.map(hex), frontier.peaks.map(hex));
      await assert.rejects(store.readHashes(8, 0, 4), /assertion/, "node 3 is not complete");
    });
  });

  describe(`${name}: blobs`, () => {
    const bytes = new TextEncoder().encode("a census of a million files");
    const digest = digestOf(bytes);

    withStore("keeps bytes under their digest, for the next run too", async (store, place) => {
      assert.equal(await store.hasBlob(digest), false);
      const missing = await store.getBlob(digest);
      assert.ok(isRefused(missing) && missing.refused === "missing-blob");
      assert.equal(await store.putBlob(digest, bytes), undefined);
      assert.equal(await store.putBlob(digest, bytes), undefined);
      const next = await place.open();
      assert.equal(await next.hasBlob(digest), true);
      const read = await next.getBlob(digest);
      assert.ok(!isRefused(read));
      assert.equal(hex(read), hex(bytes));
      await next.close();
    });

    withStore("takes the same blob many times at once", async (store) => {
      const results = await Promise.all(
        Array.from({ length: 8 }, () => store.putBlob(digest, bytes)),
      );
      assert.deepEqual(results, Array(8).fill(undefined));
      assert.ok(!isRefused(await store.getBlob(digest)));
    });

    withStore("refuses bytes under another's name", async (store) => {
      const verdict = await store.putBlob(digest, new TextEncoder().encode("another"));
      assert.equal(verdict?.refused, "wrong-blob");
      assert.equal(await store.hasBlob(digest), false);
    });

    withStore("keeps the empty blob", async (store) => {
      const empty = new Uint8Array(0);
      assert.equal(await store.putBlob(digestOf(empty), empty), undefined);
      const read = await store.getBlob(digestOf(empty));
      assert.ok(!isRefused(read) && read.length === 0);
    });
  });

  describe(`${name}: values beside the journal`, () => {
    withStore("keeps the last projection of each name until all are dropped", async (store) => {
      assert.equal(await store.getProjection("estate"), undefined);
      await store.putProjection("estate", { size: 3, bytes: new Uint8Array([1]) });
      await store.putProjection("estate", { size: 7, bytes: new Uint8Array([2, 0, 255]) });
      await store.putProjection("other", { size: 1, bytes: new Uint8Array(0) });
      const { size, bytes } = (await store.getProjection("estate"))!;
      assert.deepEqual([size, ...bytes], [7, 2, 0, 255]);
      await store.dropProjections();
      assert.equal(await store.getProjection("estate"), undefined);
      assert.equal(await store.getProjection("other"), undefined);
    });

    withStore("never publishes a smaller checkpoint later", async (one, place) => {
      const two = await place.open();
      assert.equal(await one.latestCheckpoint(), undefined);
      await fill(one, numbered("entry", 0, 10), 10);
      assert.equal(await one.publishCheckpoint({ size: 4, text: "four\n" }), true);
      assert.equal(await two.publishCheckpoint({ size: 3, text: "three\n" }), false);
      assert.deepEqual(await two.latestCheckpoint(), { size: 4, text: "four\n" });
      const cosigned = { size: 4, text: "four\n— witness\n" };
      assert.equal(await two.publishCheckpoint(cosigned), true);
      assert.deepEqual({ ...(await one.latestCheckpoint()) }, cosigned);
      await Promise.all(
        [7, 10, 5, 9, 6, 8].map((size, i) =>
          (i % 2 === 0 ? one : two).publishCheckpoint({ size, text: `${size}\n` }),
        ),
      );
      assert.equal((await one.latestCheckpoint())?.size, 10);
      await two.close();
    });

    withStore("never publishes a checkpoint of entries that are not there", async (store) => {
      assert.equal(await store.publishCheckpoint({ size: 1, text: "one\n" }), false);
      assert.equal(await store.publishCheckpoint({ size: 0, text: "none\n" }), true);
    });
  });
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function plain({ bytes, leafHash }: { bytes: Uint8Array; leafHash: Uint8Array }) {
  return { bytes: hex(bytes), leafHash: hex(leafHash) };
}
