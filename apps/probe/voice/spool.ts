/**
 * What the probe has to tell and could not yet: a queue of looks on disk, and the one entry that
 * was sealed and is being sent. An entry takes its place in the key's chain when it is sealed; it
 * is kept, byte for byte, until the server answers, so that after a crash the same bytes are sent
 * again and no second entry ever takes the same place.
 *
 *     outbox/000000000012.json   a body, when it was said, its blob
 *     sealed.json                the entry on its way, its place in the chain, its blob
 *     chain.json                 the last entry that the server has
 */
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Digest, type EntryBody, isDigest } from "@writ/core";
import { readIfThere, removeDurably, writeDurably } from "./durable-file.ts";

export type Message = {
  readonly at: string;
  readonly body: EntryBody;
  /** The bytes that the body names by digest. */
  readonly blobs: readonly Uint8Array[];
};
export type Head = { readonly sequence: number; readonly previous: Digest | undefined };
export type Sealed = {
  readonly sequence: number;
  readonly digest: Digest;
  readonly entry: Uint8Array;
  readonly blobs: readonly Uint8Array[];
  /** The queued message it carries, to be dropped with it. */
  readonly message: number | undefined;
};

/** Looks kept while the server is away: at one a minute, a night. */
export const outboxMax = 720;
/** And what they may fill: a probe must not be what fills the disk. */
export const outboxBytesMax = 1024 * 1024 * 1024;

export type Spool = {
  /** Queues a message, durably. Answers how many of the oldest had to go for it. */
  add(message: Message): number;
  /** The oldest message that waits. */
  next(): { readonly number: number; readonly message: Message } | undefined;
  readonly waiting: number;
  sealed(): Sealed | undefined;
  seal(sealed: Sealed): void;
  /** The chain's last entry that the server has; sequence -1 before the first. */
  head(): Head | undefined;
  /** The server has the sealed entry, or `refused` it for good. */
  settle(outcome: "admitted" | "refused"): void;
  begin(head: Head): void;
};

/** Opens the spool in the probe's own folder. */
export function openSpool(data: string): Spool {
  const outbox = join(data, "outbox");
  const sealedPath = join(data, "sealed.json");
  const chainPath = join(data, "chain.json");
  mkdirSync(outbox, { recursive: true, mode: 0o700 });
  const sizes = new Map<number, number>();
  for (const name of readdirSync(outbox).sort()) {
    // What ends in .new was being written when the probe was killed: it was never promised.
    if (/^\d{12}\.json$/.test(name)) sizes.set(Number(name.slice(0, 12)), sizeOf(outbox, name));
  }
  const pathOf = (number: number) => join(outbox, `${String(number).padStart(12, "0")}.json`);
  const drop = (number: number): void => {
    removeDurably(pathOf(number));
    sizes.delete(number);
  };
  let last = Math.max(0, ...sizes.keys());
  return {
    add(message) {
      const text = JSON.stringify({ ...message, blobs: message.blobs.map(base64) });
      last += 1;
      writeDurably(pathOf(last), text);
      sizes.set(last, text.length);
      const inSealed = this.sealed()?.message;
      let dropped = 0;
      for (const number of sizes.keys()) {
        const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
        if (sizes.size <= outboxMax && total <= outboxBytesMax) break;
        if (number === inSealed || number === last) continue;
        drop(number);
        dropped += 1;
      }
      return dropped;
    },
    next() {
      for (const number of sizes.keys()) {
        const message = messageOf(readIfThere(pathOf(number)));
        if (message !== undefined) return { number, message };
        drop(number);
      }
      return undefined;
    },
    get waiting() {
      return sizes.size;
    },
    sealed: () => sealedOf(readIfThere(sealedPath)),
    seal(sealed) {
      const { entry, blobs } = sealed;
      const text = { ...sealed, entry: base64(entry), blobs: blobs.map(base64) };
      writeDurably(sealedPath, JSON.stringify(text));
    },
    head: () => headOf(readIfThere(chainPath)),
    begin: (head) => writeDurably(chainPath, JSON.stringify(head)),
    settle(outcome) {
      const sealed = this.sealed();
      if (sealed === undefined) return;
      const { sequence, digest: previous } = sealed;
      // In this order: killed in between, the same entry is sent once more and answered as before.
      if (outcome === "admitted") writeDurably(chainPath, JSON.stringify({ sequence, previous }));
      if (sealed.message !== undefined) drop(sealed.message);
      removeDurably(sealedPath);
    },
  };
}

function sizeOf(folder: string, name: string): number {
  return statSync(join(folder, name)).size;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
}

function bytesOf(text: unknown): Uint8Array {
  if (typeof text !== "string") throw new TypeError("not base64");
  return Buffer.from(text, "base64");
}

/** The files are the probe's own, written whole; a damaged one is as good as none. */
function parsed<T>(bytes: Buffer | undefined, of: (value: Record<string, unknown>) => T) {
  if (bytes === undefined) return undefined;
  try {
    return of(JSON.parse(bytes.toString("utf8")) as Record<string, unknown>);
  } catch {
    return undefined;
  }
}

function messageOf(bytes: Buffer | undefined): Message | undefined {
  return parsed(bytes, ({ at, body, blobs }) => ({
    at: String(at),
    body: body as EntryBody,
    blobs: (blobs as unknown[]).map(bytesOf),
  }));
}

function sealedOf(bytes: Buffer | undefined): Sealed | undefined {
  return parsed(bytes, ({ sequence, digest, entry, blobs, message }) => {
    if (!isDigest(digest)) throw new TypeError("no digest");
    return {
      sequence: Number(sequence),
      digest,
      entry: bytesOf(entry),
      blobs: (blobs as unknown[]).map(bytesOf),
      message: typeof message === "number" ? message : undefined,
    };
  });
}

function headOf(bytes: Buffer | undefined): Head | undefined {
  return parsed(bytes, ({ sequence, previous }) => {
    if (!Number.isSafeInteger(sequence)) throw new TypeError("no sequence");
    return { sequence: Number(sequence), previous: isDigest(previous) ? previous : undefined };
  });
}
