/**
 * The probe's voice: seals what it has to say into its key's chain, and sends it in order. One
 * entry is on its way at a time, and it is on disk before it is on the wire.
 */
import {
  assert,
  type Digest,
  digestOf,
  type EntryBody,
  encodeStatement,
  entryPayloadType,
  isRefused,
  preAuthenticationEncoding,
  type RefusalCode,
  sealEntry,
} from "@writ/core";
import type { Log } from "../log.ts";
import type { ProbeKey } from "./key-file.ts";
import type { Head, Message, Spool } from "./spool.ts";
import type { Desk } from "./submit.ts";

/**
 * Refusals that no waiting mends: this entry will never be admitted, and those behind it may be.
 * All others (an unknown key, a broken chain) are a human's to mend, and nothing is thrown away.
 */
const lasting: ReadonlySet<RefusalCode> = new Set([
  "malformed",
  "not-canonical",
  "oversized",
  "unknown-kind",
  "unknown-version",
  "stale-sight",
]);

export type VoiceParts = {
  readonly key: ProbeKey;
  readonly spool: Spool;
  readonly desk: Desk;
  readonly log: Log;
  /** The estate that this probe serves, once it is known. */
  readonly estate: () => Promise<Digest | undefined>;
};

export type Voice = {
  /** Sends all that waits; true if nothing waits any more. Never rejects for what a server does. */
  flush(): Promise<boolean>;
  /** Says something that is worth nothing later, if nothing else waits. */
  sayNow(message: Message): Promise<boolean>;
};

/** The voice of one key. */
export function openVoice(parts: VoiceParts): Voice {
  const { spool } = parts;
  const flush = async (): Promise<boolean> => {
    for (;;) {
      if (!(await sendSealed(parts))) return false;
      const next = spool.next();
      if (next === undefined) return true;
      if (!(await seal(parts, next.message, next.number))) return false;
    }
  };
  return {
    flush,
    async sayNow(message) {
      if (!(await flush())) return false;
      return (await seal(parts, message, undefined)) && (await sendSealed(parts));
    },
  };
}

async function seal(
  parts: VoiceParts,
  message: Message,
  number: number | undefined,
): Promise<boolean> {
  const { key, spool } = parts;
  const estate = await parts.estate();
  const head = await headOf(parts);
  if (estate === undefined || head === undefined) return false;
  assert(spool.sealed() === undefined, "one entry is sealed at a time");
  const sequence = head.sequence + 1;
  const { previous } = head;
  const payload = encodeStatement({
    version: 1,
    estate,
    at: message.at,
    chain: previous === undefined ? { sequence } : { sequence, previous },
    body: message.body,
  });
  const signature = key.sign(preAuthenticationEncoding(entryPayloadType, payload));
  const entry = sealEntry(payload, [{ key: key.id, signature }]);
  spool.seal({ sequence, digest: digestOf(entry), entry, blobs: message.blobs, message: number });
  return true;
}

/** Where this key's chain ends: our own word, or for a folder that lost it, the server's. */
async function headOf({ key, spool, desk, log }: VoiceParts): Promise<Head | undefined> {
  const own = spool.head();
  if (own !== undefined) return own;
  const head = key.isNew ? { sequence: -1, previous: undefined } : await desk.head(key.id);
  if (isRefused(head)) {
    log("warning", "chain unknown", { code: head.refused, detail: head.detail });
    return undefined;
  }
  spool.begin(head);
  return head;
}

async function sendSealed({ spool, desk, log }: VoiceParts): Promise<boolean> {
  const sealed = spool.sealed();
  if (sealed === undefined) return true;
  const outcome = await desk.submit(sealed);
  if (outcome.sent === "admitted") {
    spool.settle("admitted");
    log("info", "admitted", { sequence: sealed.sequence, entry: sealed.digest });
    return true;
  }
  if (outcome.sent === "away") {
    log("warning", "server away", { why: outcome.why, waiting: spool.waiting });
    return false;
  }
  const { refused: code, detail } = outcome.refused;
  const isLasting = lasting.has(code);
  log("error", isLasting ? "refused" : "held up", { sequence: sealed.sequence, code, detail });
  if (isLasting) spool.settle("refused");
  return isLasting;
}

/** The body types that a probe says. */
export type ProbeBody = Extract<EntryBody, { kind: "census" | "heartbeat" }>;
