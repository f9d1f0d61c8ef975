/**
 * Entries: the closed list of what can be said in the journal, and how it is said. Each is one
 * signed statement; a body that could grow is a blob that the statement names by digest.
 */

import { nameShape, trustRootShape } from "../authority/trust-root.ts";
import { instantShape } from "../authority/writ.ts";
import {
  encodeCanonical,
  type JsonObject,
  parseCanonicalObject,
} from "../encoding/canonical-json.ts";
import { type Digest, digestOf } from "../encoding/digest.ts";
import { isRefused, type Refused, refused, unreachable } from "../encoding/refusal.ts";
import {
  boolean,
  digest,
  integer,
  list,
  matching,
  object,
  oneOf,
  optional,
  read,
  type Shape,
  type Shaped,
  tagged,
  text,
} from "../encoding/shape.ts";
import { registerDocument } from "../register/document.ts";
import { originShape } from "../register/origin.ts";
import type { KeyId } from "../signature/key.ts";
import {
  type Envelope,
  encodeEnvelope,
  entryBytesMax,
  entryPayloadType,
  parseEnvelope,
} from "./envelope.ts";

const size = integer(0, Number.MAX_SAFE_INTEGER);
const rootHash = matching(/^[0-9a-f]{64}$/, "64 hex digits");

/** A witnessed state of the journal: what a look was fresh against. */
const since = object({ size, root: rootHash });

/** A new version of the trust root, signed by the quorums of the old and of the new. */
const root = object({ kind: oneOf("root"), root: trustRootShape });

/** A human's change of the register. */
const register = object({
  kind: oneOf("register"),
  set: list(registerDocument, 1000),
  remove: list(text(128), 1000),
  /** Out of what the person had it; absent: their own word. */
  origin: optional(originShape),
});

/** What an agent or an executor says. Recorded, compared with sight, believed by nobody. */
const claim = object({
  kind: oneOf("claim"),
  says: oneOf("completed", "inventory", "note"),
  /** The writ that is said to be completed. */
  writ: optional(digest),
  /** The inventory that is said to be whole. */
  host: optional(text(128)),
  releases: optional(
    list(object({ component: text(128), release: text(128), running: boolean }), 500),
  ),
  note: optional(text(4096)),
});

/** A probe is alive, though it has nothing new to tell. */
const heartbeat = object({ kind: oneOf("heartbeat"), host: nameShape, spooled: size });

/** One complete look at a host. The census itself is the blob. */
const census = object({ kind: oneOf("census"), host: nameShape, census: digest, since });

/** Someone proposes a writ. It is a blob; its digest is what humans then sign. */
const proposal = object({ kind: oneOf("proposal"), writ: digest });

/** A human's word on a writ. */
const decision = object({
  kind: oneOf("decision"),
  writ: digest,
  decision: oneOf("approve", "deny", "veto"),
  /** Milliseconds from showing the writ to signing it: very fast approvals are seen as such. */
  consideredMilliseconds: optional(size),
  reason: optional(text(4096)),
});

/** What the executor says of one step. Its own word, a claim like any other. */
const execution = object({
  kind: oneOf("execution"),
  writ: digest,
  step: integer(0, 9_999),
  phase: oneOf("intent", "done", "failed", "indeterminate"),
  detail: optional(text(4096)),
});

/** A cosigned checkpoint, brought back into the journal: time, as witnesses saw it. */
const witnessed = object({ kind: oneOf("witnessed"), checkpoint: text(16_384) });

/** The server turned something away. */
const refusal = object({
  kind: oneOf("refusal"),
  code: text(64),
  /** Digest of the bytes that were refused. */
  entry: digest,
  signer: optional(text(32)),
  /** How many like it were refused since the last such entry (a flood is told in one line). */
  count: integer(1, Number.MAX_SAFE_INTEGER),
  detail: text(1024),
});

/** A writ was fulfilled. The statement (in-toto, in its own envelope) is the blob. */
const certificate = object({ kind: oneOf("certificate"), writ: digest, statement: digest });

/** A person's word on a finding: borne with until a day, taken back, or somebody's to see to. */
const disposition = object({
  kind: oneOf("disposition"),
  /** Which contradiction: both its sides, and where. */
  finding: digest,
  /** Where it is found again, so that admission need not go through all there is. */
  rule: text(64),
  host: text(256),
  writ: optional(digest),
  says: oneOf("accept", "assign", "withdraw"),
  reason: text(4096),
  /** A person or a group of the trust root. */
  owner: optional(nameShape),
  /** Until when it is accepted; it comes back then by itself. */
  until: optional(instantShape),
});

type Bodies = {
  readonly root: Shaped<typeof root>;
  readonly register: Shaped<typeof register>;
  readonly claim: Shaped<typeof claim>;
  readonly heartbeat: Shaped<typeof heartbeat>;
  readonly census: Shaped<typeof census>;
  readonly proposal: Shaped<typeof proposal>;
  readonly decision: Shaped<typeof decision>;
  readonly execution: Shaped<typeof execution>;
  readonly witnessed: Shaped<typeof witnessed>;
  readonly refusal: Shaped<typeof refusal>;
  readonly certificate: Shaped<typeof certificate>;
  readonly disposition: Shaped<typeof disposition>;
};

export type EntryKind = keyof Bodies;
export type EntryBody = Bodies[EntryKind];
export type BodyOf<K extends EntryKind> = Bodies[K];

const body: Shape<EntryBody> = tagged<EntryBody>("kind", {
  root,
  register,
  claim,
  heartbeat,
  census,
  proposal,
  decision,
  execution,
  witnessed,
  refusal,
  certificate,
  disposition,
});

const statementShape = object({
  version: integer(1, 1),
  estate: digest,
  at: instantShape,
  /** Each key's entries form a chain; a trust root, signed by many, stands outside it. */
  chain: optional(object({ sequence: size, previous: optional(digest) })),
  body,
});
export type Statement = Shaped<typeof statementShape>;
export type Chain = NonNullable<Statement["chain"]>;

/** An entry that was read: well formed, not yet admitted. */
export type Entry = {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  readonly envelope: Envelope;
  readonly statement: Statement;
  readonly body: EntryBody;
};

/** An entry whose body is of one kind. */
export type EntryOf<K extends EntryKind> = Entry & { readonly body: BodyOf<K> };

/** The payload bytes of a statement, ready to be signed. */
export function encodeStatement(statement: Statement): Uint8Array {
  return encodeCanonical(statement as unknown as JsonObject);
}

/** Reads an entry's bytes: the only way in. */
export function parseEntry(bytes: Uint8Array): Entry | Refused {
  if (bytes.length === 0) return refused("malformed", "an empty entry");
  if (bytes.length > entryBytesMax) {
    return refused("oversized", `an entry of ${bytes.length} bytes; at most ${entryBytesMax}`);
  }
  const envelope = parseEnvelope(bytes);
  if (isRefused(envelope)) return envelope;
  if (envelope.payloadType !== entryPayloadType) {
    return refused("unknown-kind", `payloadType is not ${entryPayloadType}`);
  }
  const json = parseCanonicalObject(envelope.payload);
  if (isRefused(json)) return json;
  if (json.version !== 1) {
    return refused("unknown-version", "statement.version is not 1; this Writ reads version 1");
  }
  const statement = read(statementShape, json, "statement");
  if (isRefused(statement)) return statement;
  return { digest: digestOf(bytes), bytes, envelope, statement, body: statement.body };
}

/** Puts signatures to a statement's payload. */
export function sealEntry(
  payload: Uint8Array,
  signatures: readonly { readonly key: KeyId; readonly signature: Uint8Array }[],
): Uint8Array {
  return encodeEnvelope({ payloadType: entryPayloadType, payload, signatures });
}

/** The blobs that must be stored before this entry may be. */
export function blobsNamed(entryBody: EntryBody): readonly Digest[] {
  switch (entryBody.kind) {
    case "census":
      return [entryBody.census];
    case "proposal":
      return [entryBody.writ];
    case "certificate":
      return [entryBody.statement];
    case "root":
    case "register":
    case "claim":
    case "heartbeat":
    case "decision":
    case "execution":
    case "witnessed":
    case "refusal":
    case "disposition":
      return [];
    default:
      return unreachable(entryBody);
  }
}
