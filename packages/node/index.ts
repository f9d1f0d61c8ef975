/** The public surface of @writ/node, written by hand. */
export { type BundleCache, openBundleCache } from "./bundle-cache.ts";
export { cedarEngine } from "./cedar-engine.ts";
export { type CheckedSignature, checkSignatures, verifierOf } from "./checked-signatures.ts";
export { type Clock, systemClock } from "./clock.ts";
export { verifyInPool, verifyNative } from "./ed25519.ts";
export {
  type Candidate,
  Journal,
  type JournalLimits,
  type JournalParts,
  ordinaryLimits,
  type Submitted,
} from "./journal.ts";
export { type FetchBlob, Follower } from "./journal-follower.ts";
export { JournalReader, type OnEntries, type ReaderParts } from "./journal-reader.ts";
export { httpJournalSource, type JournalSource } from "./journal-source.ts";
export {
  type Appended,
  type Batch,
  type BlobStore,
  batchEntriesMax,
  blobBytesMax,
  type JournalStore,
  type Projection,
  type PublishedCheckpoint,
  projectionBytesMax,
  type StoredEntry,
  type TileRoot,
} from "./journal-store.ts";
export { JournalTree } from "./journal-tree.ts";
export { createKeyFile, readKeyFile, type SigningKey } from "./key-file.ts";
export { hashEntry } from "./leaf-hash.ts";
export { type Log, type LogFacts, type LogLevel, logLines } from "./log-lines.ts";
export { openPostgresStore } from "./postgres-store.ts";
export { openSqliteStore } from "./sqlite-store.ts";
export { createSshKeyFile } from "./ssh-key-file.ts";
export { openSshSigner, readSshPublicKey, type SshSigner } from "./ssh-signer.ts";
export { growTree } from "./tree-growth.ts";
