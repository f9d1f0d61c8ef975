/**
 * The journal's store in PostgreSQL (or an engine that speaks it), for many server nodes on one
 * database. Each write is one statement, which is one transaction: one round trip, one commit.
 * Blobs are in a table, so that every node sees what an entry names
 * (docs/decisions/journal-stores.md).
 */
import { assert, tileWidth } from "@writ/core";
import pg from "pg";
import { checkBlob, missingBlob } from "./blob-folder.ts";
import {
  type BlobStore,
  type JournalStore,
  pageEntriesMax,
  projectionBytesMax,
} from "./journal-store.ts";
import { prepareSchema } from "./postgres-schema.ts";

/** Connections of one node: writes go one at a time, the others serve reads. */
const connectionsMax = 8;
const connectMillisecondsMax = 10_000;
/** A statement without an answer for so long has an unknown outcome, and is treated so. */
const statementMillisecondsMax = 60_000;

/** Opens (and makes, if need be) the store in the schema `writ` of a database. */
export async function openPostgresStore(connectionString: string): Promise<JournalStore> {
  const pool = new pg.Pool({
    connectionString,
    max: connectionsMax,
    connectionTimeoutMillis: connectMillisecondsMax,
    query_timeout: statementMillisecondsMax,
    statement_timeout: statementMillisecondsMax,
    application_name: "writ",
    // Whatever the database or the role was set to: a commit returns when it is on disk. And each
    // query of ours has its index: a plan made while the tables were small must not outlive that.
    options: "-c synchronous_commit=on -c enable_seqscan=off",
  });
  // An idle connection that breaks is replaced; a query on a broken one fails by itself.
  pool.on("error", () => undefined);
  try {
    await prepareSchema(pool);
  } catch (error) {
    await pool.end();
    throw error;
  }
  return { ...entriesOf(pool), ...blobsOf(pool), ...valuesOf(pool) };
}

// The whole batch, or nothing: the update finds no row if the journal has moved on, and every
// other part reads from it. Bytes travel as one binary value each, cut into rows by the database.
const appendStatement = `
  WITH head AS (
    UPDATE writ.journal SET size = size + $2 WHERE size = $1::bigint RETURNING size
  ), entries AS (
    INSERT INTO writ.entry (position, leaf_hash, bytes)
    SELECT $1 + at - 1, substring($3::bytea FROM (at * 32 - 31)::int FOR 32),
      substring($4::bytea FROM start FOR length)
    FROM head, unnest($5::int[], $6::int[]) WITH ORDINALITY AS part (start, length, at)
  ), tile_roots AS (
    INSERT INTO writ.tile_root (level, position, hash)
    SELECT level, position, substring($7::bytea FROM (at * 32 - 31)::int FOR 32)
    FROM head, unnest($8::int[], $9::bigint[]) WITH ORDINALITY AS root (level, position, at)
  )
  SELECT size FROM head`;

const leafHashesStatement = `
  SELECT string_agg(leaf_hash, '' ORDER BY position) AS hashes, count(*)::int AS count
  FROM writ.entry WHERE position >= $1 AND position < $2`;
const tileRootsStatement = `
  SELECT string_agg(hash, '' ORDER BY position) AS hashes, count(*)::int AS count
  FROM writ.tile_root WHERE position >= $1 AND position < $2 AND level = $3`;

type Entries = Pick<JournalStore, "size" | "append" | "indexesOf" | "readPage" | "readHashes">;

function entriesOf(pool: pg.Pool): Entries {
  const size = async () => {
    const { rows } = await pool.query("SELECT size FROM writ.journal");
    return integer(rows[0].size);
  };
  return {
    size,
    append: async ({ expectedSize, entries, tileRoots }) => {
      let start = 1;
      const starts = entries.map(({ bytes }) => {
        start += bytes.length;
        return start - bytes.length;
      });
      const { rowCount } = await pool.query({
        name: "append",
        text: appendStatement,
        values: [
          expectedSize,
          entries.length,
          Buffer.concat(entries.map(({ leafHash }) => leafHash)),
          Buffer.concat(entries.map(({ bytes }) => bytes)),
          starts,
          entries.map(({ bytes }) => bytes.length),
          Buffer.concat(tileRoots.map(({ hash }) => hash)),
          tileRoots.map(({ level }) => level),
          tileRoots.map(({ index }) => index),
        ],
      });
      return rowCount === 1 ? { appended: true } : { behind: await size() };
    },
    indexesOf: async (leafHashes) => {
      const { rows } = await pool.query({
        name: "indexes",
        text: `SELECT (SELECT position FROM writ.entry
            WHERE leaf_hash = substring($1::bytea FROM at * 32 + 1 FOR 32))
          FROM generate_series(0, $2::int - 1) AS at ORDER BY at`,
        values: [Buffer.concat(leafHashes), leafHashes.length],
      });
      return rows.map(({ position }) => (position === null ? undefined : integer(position)));
    },
    readPage: async (from, to) => {
      assert(from < to, "a page holds at least one entry");
      const { rows } = await pool.query({
        name: "page",
        text: `SELECT position, leaf_hash, bytes FROM writ.entry
          WHERE position >= $1 AND position < $2 ORDER BY position`,
        values: [from, Math.min(to, from + pageEntriesMax)],
      });
      return rows.map((row, at) => {
        assert(integer(row.position) === from + at, `entry ${from + at} is in its place`);
        return { leafHash: row.leaf_hash, bytes: row.bytes };
      });
    },
    readHashes: async (level, from, to) => {
      assert(from <= to && to - from <= tileWidth, "hashes are read by the tile");
      const { rows } = await (level === 0
        ? pool.query({ name: "leaf-hashes", text: leafHashesStatement, values: [from, to] })
        : pool.query({ name: "roots", text: tileRootsStatement, values: [from, to, level] }));
      const { hashes, count } = rows[0];
      assert(count === to - from, `nodes ${from} to ${to} of level ${level} are all there`);
      return hashes ?? new Uint8Array(0);
    },
  };
}

function blobsOf(pool: pg.Pool): BlobStore {
  const raw = (digest: string) => Buffer.from(digest.slice("sha256:".length), "hex");
  return {
    putBlob: async (digest, bytes) => {
      const refusal = checkBlob(digest, bytes);
      if (refusal !== undefined) return refusal;
      await pool.query("INSERT INTO writ.blob VALUES ($1, $2) ON CONFLICT DO NOTHING", [
        raw(digest),
        bytes,
      ]);
      return undefined;
    },
    getBlob: async (digest) => {
      const { rows } = await pool.query("SELECT bytes FROM writ.blob WHERE digest = $1", [
        raw(digest),
      ]);
      const bytes: Uint8Array | undefined = rows[0]?.bytes;
      return bytes === undefined ? missingBlob(digest) : (checkBlob(digest, bytes) ?? bytes);
    },
    hasBlob: async (digest) => {
      const { rowCount } = await pool.query("SELECT FROM writ.blob WHERE digest = $1", [
        raw(digest),
      ]);
      return rowCount === 1;
    },
  };
}

type Values = Omit<JournalStore, keyof Entries | keyof BlobStore>;

function valuesOf(pool: pg.Pool): Values {
  return {
    getProjection: async (name) => {
      const { rows } = await pool.query("SELECT size, bytes FROM writ.projection WHERE name = $1", [
        name,
      ]);
      return rows[0] && { size: integer(rows[0].size), bytes: rows[0].bytes };
    },
    putProjection: async (name, { size, bytes }) => {
      assert(bytes.length <= projectionBytesMax, "a projection fits a row");
      await pool.query(
        `INSERT INTO writ.projection VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET size = excluded.size, bytes = excluded.bytes`,
        [name, size, bytes],
      );
    },
    dropProjections: async () => {
      await pool.query("DELETE FROM writ.projection");
    },
    latestCheckpoint: async () => {
      const { rows } = await pool.query("SELECT size, text FROM writ.checkpoint");
      return rows[0] && { size: integer(rows[0].size), text: rows[0].text };
    },
    // The journal's size is compared too: what the world is shown must be on disk first.
    publishCheckpoint: async ({ size, text }) => {
      const { rowCount } = await pool.query(
        `INSERT INTO writ.checkpoint (size, text)
           SELECT $1, $2 FROM writ.journal WHERE $1 <= size
         ON CONFLICT (single) DO UPDATE SET size = excluded.size, text = excluded.text
           WHERE excluded.size >= writ.checkpoint.size`,
        [size, text],
      );
      return rowCount === 1;
    },
    close: () => pool.end(),
  };
}

/** PostgreSQL's 64-bit integers arrive as text. */
function integer(text: string): number {
  const value = Number(text);
  assert(Number.isSafeInteger(value), "a position is an integer of 53 bits");
  return value;
}
