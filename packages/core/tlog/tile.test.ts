import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { concatBytes } from "../encoding/bytes.ts";
import { isRefused } from "../encoding/refusal.ts";
import { proveConsistency } from "./consistency.ts";
import { proveInclusion, verifyInclusion } from "./inclusion.ts";
import { appendLeaf, emptyFrontier, frontierRoot, hashLeaf } from "./merkle.ts";
import { testEntries } from "./testing/reference-tree.ts";
import { runs } from "./testing/runs.ts";
import {
  decodeEntryBundle,
  decodeHashTile,
  encodeEntryBundle,
  encodeHashTile,
  formatTilePath,
  nodesFromTiles,
  parseTilePath,
  type Tile,
  tilesSince,
  tileWidthAt,
} from "./tile.ts";

test("paths of the specification", () => {
  const index = 1234067;
  assert.equal(
    formatTilePath({ kind: "hashes", level: 0, index, width: 256 }),
    "tile/0/x001/x234/067",
  );
  assert.deepEqual(parseTilePath("tile/entries/000.p/1"), { kind: "entries", index: 0, width: 1 });
});

test("the tree of 70,000 leaves of the specification has its tiles", () => {
  const tiles = tilesSince(0, 70_000);
  const paths = tiles.map(formatTilePath);
  const hashes = tiles.filter(({ kind }) => kind === "hashes");
  assert.equal(hashes.filter((tile) => tile.kind === "hashes" && tile.level === 0).length, 274);
  assert.ok(paths.includes("tile/0/273.p/112"));
  assert.ok(paths.includes("tile/entries/273.p/112"));
  assert.ok(paths.includes("tile/1/000"));
  assert.ok(paths.includes("tile/1/001.p/17"));
  assert.ok(paths.includes("tile/2/000.p/1"));
  assert.ok(!paths.some((path) => path.startsWith("tile/3/")));
  assert.deepEqual(tilesSince(0, 256).map(formatTilePath), [
    "tile/0/000",
    "tile/entries/000",
    "tile/1/000.p/1",
  ]);
  assert.deepEqual(tilesSince(256, 256), []);
  assert.deepEqual(tilesSince(255, 257).map(formatTilePath), [
    "tile/0/000",
    "tile/entries/000",
    "tile/0/001.p/1",
    "tile/entries/001.p/1",
    "tile/1/000.p/1",
  ]);
  assert.equal(tileWidthAt(70_000, 0, 274), 0);
});

test("what is no path of a tile is refused", () => {
  for (const path of [
    "",
    "tile",
    "/tile/0/000",
    "tile/0/000/",
    "tile/00/000",
    "tile/64/000",
    "tile/-1/000",
    "tile/0/0",
    "tile/0/0000",
    "tile/0/x000/000",
    "tile/0/001/000",
    "tile/0/x001/x000",
    "tile/0/000.p/0",
    "tile/0/000.p/01",
    "tile/0/000.p/256",
    "tile/0/000.p/999",
    "tile/0/000.p/",
    "tile/0/000.p",
    "tile/0/../000",
    "tile/0/000%00",
    "tile/0/000\n",
    "tile/entries/x999/x999/x999/x999/x999/999",
    "tile/data/000",
  ]) {
    assert.ok(isRefused(parseTilePath(path)), path);
  }
});

test("paths and tiles read back as they were written", () => {
  const index = fc.nat({ max: 2 ** 31 - 1 }).map((n) => n * 4099);
  const width = fc.integer({ min: 1, max: 256 });
  const plain = { noNullPrototype: true };
  const tile: fc.Arbitrary<Tile> = fc.oneof(
    fc.record({ kind: fc.constant("entries" as const), index, width }, plain),
    fc.record({ kind: fc.constant("hashes" as const), level: fc.nat(63), index, width }, plain),
  );
  const entries = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 256 });
  fc.assert(
    fc.property(tile, entries, fc.nat(), (one, list, at) => {
      assert.deepEqual(parseTilePath(formatTilePath(one)), one);
      const bundle = encodeEntryBundle(list);
      assert.deepEqual(decodeEntryBundle(bundle, list.length), list);
      assert.ok(isRefused(decodeEntryBundle(bundle, list.length + 1)));
      assert.ok(isRefused(decodeEntryBundle(concatBytes(bundle, new Uint8Array(1)), list.length)));
      const cut = bundle.subarray(0, at % bundle.length);
      assert.ok(isRefused(decodeEntryBundle(cut, list.length)));
      const hashes = list.map(hashLeaf);
      const bytes = encodeHashTile(hashes);
      assert.deepEqual(decodeHashTile(bytes, hashes.length), hashes);
      assert.ok(isRefused(decodeHashTile(bytes, hashes.length + 1)));
      assert.ok(isRefused(decodeHashTile(bytes.subarray(1), hashes.length)));
    }),
    runs,
  );
});

test("a longest entry fits a bundle", () => {
  const longest = new Uint8Array(65_535).fill(7);
  assert.deepEqual(decodeEntryBundle(encodeEntryBundle([longest, longest]), 2), [longest, longest]);
});

test("tile levels alone give every proof that all nodes give", async () => {
  const size = 70_000;
  const every = new Map<string, Uint8Array>();
  let frontier = emptyFrontier();
  const entries = testEntries(1 << 16);
  for (let i = 0; i < size; i += 1) {
    frontier = appendLeaf(frontier, hashLeaf(entries[i & 0xffff]!), (level, index, hash) => {
      every.set(`${level}/${index}`, hash);
    });
  }
  const root = frontierRoot(frontier);
  const nodeAt = nodesFromTiles(async (level, from, to) => {
    assert.ok(level % 8 === 0 && to - from <= 128);
    const hashes = Array.from({ length: to - from }, (_, i) => every.get(`${level}/${from + i}`)!);
    return concatBytes(...hashes);
  });
  for (const index of [0, 255, 256, 65_535, 65_536, 69_999]) {
    const proof = await proveInclusion(index, size, nodeAt);
    const leafHash = hashLeaf(entries[index & 0xffff]!);
    assert.equal(verifyInclusion({ index, size, leafHash, proof, root }), undefined);
  }
  const all = async (level: number, index: number) => every.get(`${level}/${index}`)!;
  for (const size1 of [1, 255, 256, 257, 65_536, 69_999]) {
    assert.deepEqual(
      await proveConsistency(size1, size, nodeAt),
      await proveConsistency(size1, size, all),
    );
  }
});
