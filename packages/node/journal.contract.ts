/** What the journal must do over any store. Each adapter's test calls it with its own stores. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  decodeEntryBundle,
  equalBytes,
  formatTilePath,
  hashLeaf,
  isRefused,
  refused,
  tilesSince,
  verifyConsistency,
  verifyInclusion,
} from "@writ/core";
import fc from "fast-check";
import { ordinaryLimits, type Submitted } from "./journal.ts";
import type { StorePlace } from "./journal-store.contract.ts";
import type { StoredEntry } from "./journal-store.ts";
import { failingStore } from "./testing/failing-store.ts";
import { bytesOf, checkedTexts, openPlainJournal, textOf } from "./testing/journal-check.ts";

/** `runs`: property runs; fewer where a fresh store costs a database. */
export function journalContract(
  name: string,
  freshPlace: () => Promise<StorePlace>,
  runs: number,
): void {
  describe(`${name}: journal`, () => {
    it("answers when an entry is durable, with its index, and the same one again", async () => {
      const place = await freshPlace();
      const { journal, texts } = await openPlainJournal(await place.open());
      const first = await Promise.all(
        ["a", "b", "a", "c"].map((t) => journal.submit(bytesOf(t), t)),
      );
      assert.deepEqual(first, [
        { index: 0, duplicate: false },
        { index: 1, duplicate: false },
        { index: 0, duplicate: true },
        { index: 2, duplicate: false },
      ]);
      assert.deepEqual(await journal.submit(bytesOf("b"), "x"), { index: 1, duplicate: true });
      assert.deepEqual(texts, ["a", "b", "c"]);
      await journal.close();
      assert.deepEqual(await readTexts(place), ["a", "b", "c"]);
    });

    it("asks for admission in journal order, and keeps the refused out", async () => {
      const place = await freshPlace();
      const seen: string[] = [];
      const { journal, texts } = await openPlainJournal(await place.open(), {
        decide: (batch, size) => {
          assert.equal(size, texts.length);
          seen.push(...batch.map(({ bytes }) => textOf(bytes)));
          return batch.map(({ bytes }) =>
            textOf(bytes).startsWith("bad") ? refused("chain-gap", "bad") : undefined,
          );
        },
      });
      const outcomes = await Promise.all(
        ["good 1", "bad 1", "good 2", "bad 2"].map((t) => journal.submit(bytesOf(t), "one")),
      );
      assert.deepEqual(
        outcomes.map((o) => (isRefused(o) ? o.refused : o.index)),
        [0, "chain-gap", 1, "chain-gap"],
      );
      assert.deepEqual(seen, ["good 1", "bad 1", "good 2", "bad 2"]);
      assert.deepEqual(texts, ["good 1", "good 2"]);
      await journal.close();
    });

    it("refuses what is no entry", async () => {
      const { journal } = await openPlainJournal(await (await freshPlace()).open());
      const empty = await journal.submit(new Uint8Array(0), "one");
      assert.ok(isRefused(empty) && empty.refused === "malformed");
      const large = await journal.submit(new Uint8Array(65_536), "one");
      assert.ok(isRefused(large) && large.refused === "oversized");
      assert.ok(!isRefused(await journal.submit(new Uint8Array(65_535), "one")));
      await journal.close();
      const late = await journal.submit(bytesOf("late"), "one");
      assert.ok(isRefused(late) && late.refused === "unavailable");
    });

    it("gives two nodes that append at once one history: no gap, no double, no lost answer", async () => {
      const place = await freshPlace();
      const nodes = await Promise.all([0, 1].map(async () => openPlainJournal(await place.open())));
      const count = process.env.SLOW ? 2000 : 300;
      const acknowledged = await Promise.all(
        nodes.map(async ({ journal }, node) => {
          const answers: [string, Submitted][] = [];
          await Promise.all(
            Array.from({ length: 10 }, async (_, lane) => {
              for (let i = lane; i < count; i += 10) {
                // Every seventh is sent to both nodes.
                const text = i % 7 === 0 ? `both ${i}` : `node ${node} ${i}`;
                const outcome = await journal.submit(bytesOf(text), `lane ${lane}`);
                assert.ok(!isRefused(outcome));
                answers.push([text, outcome]);
              }
            }),
          );
          return answers;
        }),
      );
      for (const { journal } of nodes) await journal.refresh();
      assert.deepEqual(nodes[0]!.texts, nodes[1]!.texts);
      assert.deepEqual(nodes[0]!.journal.root, nodes[1]!.journal.root);
      const texts = nodes[0]!.texts;
      const fresh = acknowledged.flat().filter(([, { duplicate }]) => !duplicate);
      assert.equal(fresh.length, texts.length, "each entry was new to exactly one call");
      for (const [text, { index }] of acknowledged.flat()) assert.equal(texts[index], text);
      for (const { journal } of nodes) await journal.close();
      assert.deepEqual(await readTexts(place), texts);
    });

    it("takes no refusal from a memory that another node has overtaken", async () => {
      const place = await freshPlace();
      const one = await openPlainJournal(await place.open());
      const judgedAt: number[] = [];
      const two: Awaited<ReturnType<typeof openPlainJournal>> = await openPlainJournal(
        await place.open(),
        {
          decide: (batch, size) => {
            judgedAt.push(size);
            return batch.map(({ bytes }) => {
              if (textOf(bytes) === "never") return refused("chain-gap", "never");
              return two.texts.includes("first") ? undefined : refused("chain-gap", "no first");
            });
          },
        },
      );
      await one.journal.submit(bytesOf("first"), "one");
      // Node two has not heard of the first, and would refuse what stands on it.
      const second = await two.journal.submit(bytesOf("second"), "two");
      assert.deepEqual(second, { index: 1, duplicate: false });
      assert.deepEqual(judgedAt, [0, 1]);
      const never = await two.journal.submit(bytesOf("never"), "two");
      assert.ok(isRefused(never) && never.refused === "chain-gap");
      assert.deepEqual(judgedAt, [0, 1, 2], "what nobody overtook is judged once");
      assert.deepEqual(two.texts, ["first", "second"]);
      for (const { journal } of [one, two]) await journal.close();
    });

    it("gives every answer while others wait, though nothing is admitted any more", async () => {
      const { journal } = await openPlainJournal(await (await freshPlace()).open(), {
        decide: (batch) =>
          batch.map(({ bytes }) =>
            textOf(bytes).startsWith("bad") ? refused("chain-gap", "bad") : undefined,
          ),
        limits: { ...ordinaryLimits, batchEntriesMax: 2 },
      });
      // Each line submits again once it is answered, so that the queue is never empty before the end.
      const line = async (name: string) => {
        for (let i = 0; i < 10; i += 1) {
          const good = i < 2;
          const text = `${good ? "good" : "bad"} ${name} ${i}`;
          const outcome = await journal.submit(bytesOf(text), name);
          assert.equal(isRefused(outcome), !good);
        }
      };
      await Promise.all(Array.from({ length: 7 }, (_, i) => line(`line ${i}`)));
      assert.equal(journal.size, 14);
      await journal.close();
    });

    it("lets a flood by one wait behind itself: others are served, and the flood is told", async () => {
      const { journal, texts } = await openPlainJournal(await (await freshPlace()).open(), {
        limits: { batchEntriesMax: 8, batchBytesMax: 8192, queueBytesMax: 64 * 1024 },
      });
      const flood = Array.from({ length: 500 }, (_, i) =>
        journal.submit(bytesOf(`flood ${i}`), "f"),
      );
      const quiet = await Promise.all(
        [0, 1, 2].map((i) => journal.submit(bytesOf(`quiet ${i}`), `quiet ${i}`)),
      );
      for (const outcome of quiet) assert.ok(!isRefused(outcome) && outcome.index < 16);
      const outcomes = await Promise.all(flood);
      const served = outcomes.filter((outcome) => !isRefused(outcome));
      assert.ok(served.length >= 50 && served.length < 500);
      assert.ok(outcomes.every((o) => !isRefused(o) || o.refused === "overloaded"));
      assert.equal(texts.length, served.length + quiet.length);
      await journal.close();
    });

    it("serves proofs and tiles that core verifies", async () => {
      const { journal } = await openPlainJournal(await (await freshPlace()).open());
      const size = 256 * 2 + 37;
      const texts = Array.from({ length: size }, (_, i) => `entry ${i}`);
      await Promise.all(texts.map((text) => journal.submit(bytesOf(text), "one")));
      const rootOf = async (at: number) => {
        const root = await journal.tree.root(at);
        assert.ok(!isRefused(root));
        return root;
      };
      assert.deepEqual(await rootOf(size), journal.root);
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: size }), fc.nat(), async (at, seed) => {
          const index = seed % at;
          const root = await rootOf(at);
          const inclusion = await journal.tree.inclusionProof(index, at);
          assert.ok(!isRefused(inclusion));
          const leafHash = hashLeaf(bytesOf(texts[index]!));
          const claim = { index, size: at, leafHash, proof: inclusion, root };
          assert.equal(verifyInclusion(claim), undefined);
          const consistency = await journal.tree.consistencyProof(at, size);
          assert.ok(!isRefused(consistency));
          const sizes = { size1: at, size2: size, root1: root, root2: journal.root };
          assert.equal(verifyConsistency({ ...sizes, proof: consistency }), undefined);
        }),
        { numRuns: runs },
      );
      for (const tile of tilesSince(0, size)) {
        const bytes = await journal.tree.tile(formatTilePath(tile));
        assert.ok(!isRefused(bytes));
        if (tile.kind === "hashes") assert.equal(bytes.length, tile.width * 32);
        else {
          const bundle = decodeEntryBundle(bytes, tile.width);
          assert.ok(!isRefused(bundle));
          const from = tile.index * 256;
          assert.deepEqual(bundle.map(textOf), texts.slice(from, from + tile.width));
        }
      }
      for (const path of ["tile/0/002.p/38", "tile/1/000", "tile/1/000.p/3", "tile/entries/003"]) {
        const verdict = await journal.tree.tile(path);
        assert.ok(isRefused(verdict) && verdict.refused === "unknown-reference", path);
      }
      assert.ok(isRefused(await journal.tree.root(size + 1)));
      assert.ok(isRefused(await journal.tree.inclusionProof(size, size)));
      assert.ok(isRefused(await journal.tree.consistencyProof(0, size)));
      await journal.close();
    });

    it("reads back what was written, whatever it was and however it was grouped", async () => {
      const entry = fc.uint8Array({ minLength: 1, maxLength: 300 });
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(entry, { maxLength: 20 }), { maxLength: 8 }),
          async (groups) => {
            const place = await freshPlace();
            const heard: StoredEntry[] = [];
            const { journal } = await openPlainJournal(await place.open(), {
              onEntries: (entries) => void heard.push(...entries),
            });
            const indexes = new Map<string, number>();
            for (const group of groups) {
              const outcomes = await Promise.all(
                group.map((bytes) => journal.submit(bytes, "one")),
              );
              for (const [i, outcome] of outcomes.entries()) {
                assert.ok(!isRefused(outcome));
                const key = Buffer.from(group[i]!).toString("hex");
                assert.equal(outcome.duplicate, indexes.has(key));
                assert.equal(indexes.get(key) ?? outcome.index, outcome.index);
                indexes.set(key, outcome.index);
              }
            }
            const { root } = journal;
            await journal.close();
            const again: StoredEntry[] = [];
            const reopened = await openPlainJournal(await place.open(), {
              onEntries: (entries) => void again.push(...entries),
            });
            assert.ok(equalBytes(reopened.journal.root, root));
            const hex = ({ bytes }: StoredEntry) => Buffer.from(bytes).toString("hex");
            assert.deepEqual(again.map(hex), heard.map(hex));
            assert.deepEqual(again.map(hex), [...indexes.keys()]);
            await reopened.journal.close();
          },
        ),
        { numRuns: runs },
      );
    });

    it("continues from a projection without reading what it holds", async () => {
      const place = await freshPlace();
      const first = await openPlainJournal(await place.open());
      for (let i = 0; i < 300; i += 1) void first.journal.submit(bytesOf(`entry ${i}`), "one");
      const { root } = await first.journal.close().then(() => first.journal);
      const heard: number[] = [];
      const { journal } = await openPlainJournal(await place.open(), {
        foldedSize: 290,
        onEntries: (entries, from) => void heard.push(...entries.map((_, i) => from + i)),
      });
      assert.deepEqual(heard, [290, 291, 292, 293, 294, 295, 296, 297, 298, 299]);
      assert.deepEqual(journal.root, root);
      await journal.close();
    });

    for (const moment of ["before", "after"] as const) {
      it(`loses nothing acknowledged when any write fails ${moment} it is done`, async () => {
        let failures = 0;
        for (let failAt = 1; failAt < 100; failAt += 1) {
          const place = await freshPlace();
          const store = failingStore(await place.open(), failAt, moment);
          const { journal, texts } = await openPlainJournal(store, {
            limits: { ...ordinaryLimits, batchEntriesMax: 7 },
          });
          const wanted = Array.from({ length: 40 }, (_, i) => `entry ${i}`);
          const submit = (text: string) => journal.submit(bytesOf(text), text);
          const outcomes = await Promise.all(wanted.map(submit));
          const failed = wanted.filter((_, i) => {
            const outcome = outcomes[i]!;
            if (!isRefused(outcome)) assert.equal(texts[outcome.index], wanted[i]);
            else assert.equal(outcome.refused, "unavailable");
            return isRefused(outcome);
          });
          failures += failed.length;
          // Whoever got no answer submits again, and every entry is there once.
          const again = await Promise.all(failed.map(submit));
          assert.ok(!again.some(isRefused));
          assert.deepEqual(texts.toSorted(), wanted.toSorted());
          await journal.close();
          assert.deepEqual(await readTexts(place), texts);
          if (store.writes() < failAt) {
            assert.ok(failures > 0, "the failure was felt");
            return;
          }
        }
        assert.fail("writes never stopped failing");
      });
    }

    it("stops when the store holds another history than it acknowledged", async () => {
      const place = await freshPlace();
      const store = await place.open();
      let size = store.size;
      const { journal } = await openPlainJournal({ ...store, size: () => size() });
      await journal.submit(bytesOf("a"), "one");
      await journal.submit(bytesOf("b"), "one");
      size = async () => 1;
      await assert.rejects(journal.refresh(), /rollback-of-history/);
      await assert.rejects(journal.submit(bytesOf("c"), "one"), /rollback-of-history/);
      await journal.close();
    });
  });
}

/** The texts of a journal, read and checked by another opening of its store. */
async function readTexts(place: StorePlace): Promise<string[]> {
  const store = await place.open();
  const texts = await checkedTexts(store);
  await store.close();
  return texts;
}
