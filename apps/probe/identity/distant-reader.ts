/**
 * Bytes of a store, read by the thread that compares: it asks for ranges, and the thread that holds
 * the secrets and the connections serves them.
 */
import type { MessagePort } from "node:worker_threads";
import type { Reader } from "@writ/weights";
import { type ByteBudget, NotRead, type ReadRange, rangedReader } from "../behind/ranged-reader.ts";

/** One comparison reads the sketch's places and the header of a model, or a small one whole. */
const compareBytesMax = 512 * 1024 * 1024;

type Asked = { readonly offset: number; readonly length: number };

/** Serves ranges on a port until it is closed. */
export function serveRanges(port: MessagePort, readRange: ReadRange): void {
  port.on("message", async ({ offset, length }: Asked) => {
    const bytes = await readRange(offset, length).catch(() => undefined);
    port.postMessage(bytes);
  });
}

/** A reader of what is served at the other end. One read at a time. */
export function distantReader(port: MessagePort, size: number): Reader {
  const budget: ByteBudget = { left: compareBytesMax };
  const ask: ReadRange = (offset, length) =>
    new Promise((resolve, reject) => {
      port.once("message", (bytes: Uint8Array | undefined) => {
        if (bytes === undefined) reject(new NotRead("unreadable"));
        else resolve(bytes);
      });
      port.postMessage({ offset, length });
    });
  return rangedReader(size, ask, budget);
}
