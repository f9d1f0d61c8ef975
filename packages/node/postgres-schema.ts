/** The tables of the journal's store in PostgreSQL, in a schema of their own. */
import type pg from "pg";

const schemaVersion = 1;

/** Any fixed number: nodes that open a database at the same time make its tables in turn. */
const schemaLock = 0x77726974;

// `journal` has one row: its lock is what orders the appends of many nodes. Entries and blobs are
// stored as they are (EXTERNAL): signatures and digests do not compress.
const schema = `
  CREATE SCHEMA writ;
  CREATE TABLE writ.journal (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    schema_version int NOT NULL,
    size bigint NOT NULL
  );
  INSERT INTO writ.journal (schema_version, size) VALUES (${schemaVersion}, 0);
  CREATE TABLE writ.entry (
    position bigint PRIMARY KEY,
    leaf_hash bytea NOT NULL UNIQUE CHECK (octet_length(leaf_hash) = 32),
    bytes bytea NOT NULL CHECK (octet_length(bytes) BETWEEN 1 AND 65535)
  );
  ALTER TABLE writ.entry ALTER COLUMN bytes SET STORAGE EXTERNAL;
  CREATE TABLE writ.tile_root (
    level int NOT NULL,
    position bigint NOT NULL,
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (level, position)
  );
  CREATE TABLE writ.blob (digest bytea PRIMARY KEY, bytes bytea NOT NULL);
  ALTER TABLE writ.blob ALTER COLUMN bytes SET STORAGE EXTERNAL;
  CREATE TABLE writ.projection (name text PRIMARY KEY, size bigint NOT NULL, bytes bytea NOT NULL);
  CREATE TABLE writ.checkpoint (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    size bigint NOT NULL,
    text text NOT NULL
  );
`;

/** Makes the tables if there are none; fails if they are of another version, or not durable. */
export async function prepareSchema(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    await client.query("SELECT pg_advisory_xact_lock($1)", [schemaLock]);
    const { rows } = await client.query(`
      SELECT to_regclass('writ.journal') IS NOT NULL AS present,
        current_setting('fsync', true) AS fsync,
        current_setting('full_page_writes', true) AS full_page_writes`);
    const { present, fsync, full_page_writes } = rows[0];
    if (fsync === "off" || full_page_writes === "off") {
      throw new Error("PostgreSQL runs with fsync or full_page_writes off: it would lose entries");
    }
    if (!present) await client.query(schema);
    const found = await client.query("SELECT schema_version FROM writ.journal");
    const version = found.rows[0]?.schema_version;
    if (version !== schemaVersion) {
      throw new Error(`schema writ has version ${version}; this Writ knows ${schemaVersion}`);
    }
    await client.query("COMMIT");
  } finally {
    // Closed, not reused: a transaction that failed ends with its connection.
    client.release(true);
  }
}
