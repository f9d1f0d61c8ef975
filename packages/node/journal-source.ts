/**
 * Where a journal is read from: checkpoint and tiles under one URL (c2sp.org/tlog-tiles), over
 * HTTP. The other side is untrusted: what it answers is cut off at a limit and a time, and checked
 * later.
 */
import {
  bundleEntryBytesMax,
  isRefused,
  noteBytesMax,
  type Refused,
  refused,
  tileWidth,
} from "@writ/core";

/**
 * What a reader needs of a journal. A refusal `unknown-reference` means that there is no such tile.
 */
export type JournalSource = {
  /** The bytes of the latest checkpoint. */
  checkpoint(signal?: AbortSignal): Promise<Uint8Array | Refused>;
  /** The bytes of a tile or entry bundle by its path, `tile/…`. */
  tile(path: string, signal?: AbortSignal): Promise<Uint8Array | Refused>;
};

/** A full bundle of largest entries: 16 MiB. */
export const bundleBytesMax: number = tileWidth * (2 + bundleEntryBytesMax);
/** A bundle of ordinary entries is 300 kB: even a slow line brings it within this. */
const requestMilliseconds = 30_000;

/** Reads a journal under its URL, such as `https://writ.example/journal`. */
export function httpJournalSource(url: string): JournalSource {
  const base = url.endsWith("/") ? url : `${url}/`;
  return {
    checkpoint: (signal) => getBytes(`${base}checkpoint`, { bytesMax: noteBytesMax, signal }),
    tile: (path, signal) => getBytes(`${base}${path}`, { bytesMax: bundleBytesMax, signal }),
  };
}

/**
 * GETs a body of at most `bytesMax` bytes. Refuses `unavailable` if it cannot be had now,
 * `unknown-reference` for 404, `oversized` for more. Redirects are not followed: whoever could
 * send one could as well send the executor to ask things of its own network.
 */
export async function getBytes(
  url: string,
  limits: { readonly bytesMax: number; readonly signal?: AbortSignal | undefined },
): Promise<Uint8Array | Refused> {
  const { bytesMax, signal } = limits;
  const timeout = AbortSignal.timeout(requestMilliseconds);
  try {
    const answer = await fetch(url, {
      redirect: "error",
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    const body = await readBody(answer, bytesMax);
    if (answer.status === 404) return refused("unknown-reference", `nothing is at ${url}`);
    if (!answer.ok) return refused("unavailable", `${url} answered ${answer.status}`);
    return body;
  } catch (error) {
    signal?.throwIfAborted();
    return refused("unavailable", `${url}: ${reasonOf(error)}`);
  }
}

/** Reads a body up to a limit; a length that the other side states is not believed. */
export async function readBody(answer: Response, bytesMax: number): Promise<Uint8Array | Refused> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of answer.body ?? []) {
    length += part.length;
    if (length > bytesMax) return refused("oversized", `an answer of over ${bytesMax} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts, length);
}

/** What went wrong with a request, in a few words. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  const { cause } = error;
  return cause instanceof Error ? `${error.message} (${cause.message})` : error.message;
}

/** True if a tile is not there, as opposed to not to be had now. */
export function isAbsent(answer: Uint8Array | Refused): answer is Refused {
  return isRefused(answer) && answer.refused === "unknown-reference";
}
