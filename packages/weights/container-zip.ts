/** What kind of zip a file is, by the names in it that its two ends show. */
import { type Edges, holds } from "./container.ts";

/** Names read from one file's ends: enough to tell, little enough to be cheap. */
const namesReadMax = 256;

/**
 * `pytorch-zip`, `keras-zip`, `npz`, `llamafile` or `zip`; `undefined` if it is none. A zip is
 * known by its directory at the end, so bytes put before it (an executable, a picture) do not
 * hide it.
 */
export function zipContainerOf({ head, tail, size }: Edges): string | undefined {
  const starts = holds(head, "PK\x03\x04", 0) || holds(head, "PK\x05\x06", 0);
  const ends = endOfDirectory(tail) !== -1;
  if (!starts && !ends) return undefined;
  const names = [...namesIn(head, localHeader), ...(ends ? namesIn(tail, directoryHeader) : [])];
  if (names.some((name) => /(^|\/)data\.pkl$|\/\.format_version$|\/data\/\d+$/.test(name))) {
    return "pytorch-zip";
  }
  if (names.some((name) => name.endsWith(".weights.h5"))) return "keras-zip";
  if (names.length > 0 && names.every((name) => name.endsWith(".npy"))) return "npz";
  if (names.some((name) => /\.(gguf|ggml)$/i.test(name))) return "llamafile";
  // Without a directory at its end, or something before it: cut short, or longer than the tail.
  return starts || size > 22 ? "zip" : undefined;
}

/** Place of the end-of-central-directory record (APPNOTE.TXT §4.3.16) in the tail, or -1. */
export function endOfDirectory(tail: Uint8Array): number {
  for (let at = tail.length - 22; at >= 0; at -= 1) {
    if (tail[at] !== 0x50 || !holds(tail, "PK\x05\x06", at)) continue;
    const comment = tail[at + 20]! + tail[at + 21]! * 256;
    if (at + 22 + comment === tail.length) return at;
  }
  return -1;
}

type Header = { readonly magic: string; readonly lengthAt: number; readonly nameAt: number };
const localHeader: Header = { magic: "PK\x03\x04", lengthAt: 26, nameAt: 30 };
const directoryHeader: Header = { magic: "PK\x01\x02", lengthAt: 28, nameAt: 46 };

function namesIn(bytes: Uint8Array, header: Header): string[] {
  const names: string[] = [];
  for (let at = bytes.indexOf(0x50); at !== -1; at = bytes.indexOf(0x50, at + 1)) {
    if (!holds(bytes, header.magic, at)) continue;
    const low = bytes[at + header.lengthAt];
    const high = bytes[at + header.lengthAt + 1];
    if (low === undefined || high === undefined) break;
    const start = at + header.nameAt;
    const end = start + low + high * 256;
    if (end > bytes.length) continue;
    names.push(String.fromCharCode(...bytes.subarray(start, Math.min(end, start + 1024))));
    if (names.length === namesReadMax) break;
  }
  return names;
}
