/**
 * Reading /proc, whose folder is an argument so that a test can build one. All text is latin1: the
 * kernel hands out bytes, and programs choose their own names and arguments.
 */
import { closeSync, openSync, readlinkSync, readSync } from "node:fs";
import { placeBuffer } from "../files/place.ts";

/** The longest of these files on real hosts (maps of 65,530 areas) is a fifth of this. */
const procFileBytesMax = 64 * 1024 * 1024;
const chunkBytes = 64 * 1024;

/** A whole file of /proc, whose size no stat tells; cut at a limit. Throws what open throws. */
export function readProc(path: string, bytesMax = procFileBytesMax): string {
  const file = openSync(placeBuffer(path), "r");
  const parts: string[] = [];
  try {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    for (let total = 0; total < bytesMax; ) {
      const count = readSync(file, chunk, 0, Math.min(chunkBytes, bytesMax - total), null);
      if (count === 0) break;
      parts.push(chunk.toString("latin1", 0, count));
      total += count;
    }
  } finally {
    closeSync(file);
  }
  return parts.join("");
}

/** What a link of /proc says; `undefined` if it says nothing (a kernel thread has no `exe`). */
export function readProcLink(path: string): string | undefined {
  try {
    return readlinkSync(placeBuffer(path), "latin1");
  } catch {
    return undefined;
  }
}

export type Area = {
  /** The name of the area's link in `map_files`. */
  readonly range: string;
  readonly device: string;
  readonly inode: string;
  /** As the kernel tells it, newlines restored. */
  readonly path: string;
};

/** The file-backed areas of a `maps` file (proc_pid_maps(5)), the first of each inode. */
export function parseMaps(text: string): Area[] {
  const areas = new Map<string, Area>();
  for (const line of text.split("\n")) {
    const match = /^([0-9a-f]+)-([0-9a-f]+) \S+ \S+ (\S+) (\d+) *(.*)$/s.exec(line);
    if (match === null) continue;
    const [, start, end, device, inode, path] = match as unknown as string[];
    if (inode === "0" || areas.has(`${device} ${inode}`)) continue;
    areas.set(`${device} ${inode}`, {
      range: `${bare(start!)}-${bare(end!)}`,
      device: device!,
      inode: inode!,
      path: path!.replaceAll("\\012", "\n"),
    });
  }
  return [...areas.values()];
}

/** `maps` pads addresses with zeros, the names in `map_files` do not. */
function bare(address: string): string {
  return address.replace(/^0+(?=.)/, "");
}

export type Status = { readonly user: number; readonly resident: number; readonly kernel: boolean };

/** Effective user, resident bytes, and whether it has no memory of its own (a kernel thread). */
export function parseStatus(text: string): Status {
  const user = /^Uid:\s+\d+\s+(\d+)/m.exec(text)?.[1];
  const resident = /^VmRSS:\s+(\d+) kB/m.exec(text)?.[1];
  return {
    user: Number(user ?? 0),
    resident: Number(resident ?? 0) * 1024,
    kernel: !/^VmSize:/m.test(text),
  };
}

/**
 * The container that a process's control group names (cgroups(7)): Docker, Podman, containerd and
 * CRI-O all put the 64 hex digits of its id into the path. Whoever may move it may fake it.
 */
export function parseContainer(text: string): string | undefined {
  return /(?:^|[^0-9a-f])([0-9a-f]{64})(?:\.scope)?(?:\/|$)/m.exec(text)?.[1];
}

/** Start time in ticks since boot: field 22 of `stat`, after a name that may hold anything. */
export function parseStarted(text: string): number | undefined {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[19]);
  return Number.isSafeInteger(ticks) && ticks >= 0 ? ticks : undefined;
}

export type Listener = { readonly inode: string; readonly address: string; readonly port: number };

/** Sockets that listen: inode to port, from `net/tcp` or `net/tcp6`. */
export function parseListeners(text: string): Map<string, number> {
  return new Map(parseListening(text).map(({ inode, port }) => [inode, port]));
}

/** Sockets that listen, with their addresses as a URL has them, from `net/tcp` or `net/tcp6`. */
export function parseListening(text: string): Listener[] {
  const listeners: Listener[] = [];
  for (const line of text.split("\n").slice(1)) {
    const fields = line.trim().split(/\s+/);
    const [address = "", portText = ""] = fields[1]?.split(":") ?? [];
    const port = Number.parseInt(portText, 16);
    const inode = fields[9];
    if (fields[3] !== "0A" || inode === undefined || !(port > 0)) continue;
    listeners.push({ inode, address: addressOf(address), port });
  }
  return listeners;
}

/** An address as URLs have it: the kernel writes each 32-bit word of it least byte first. */
export function addressOf(hex: string): string {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => Buffer.from(word, "hex").reverse().toJSON().data);
  if (bytes.length === 4) return bytes.join(".");
  const isMapped = bytes.every((byte, at) => (at < 10 ? byte === 0 : at > 11 || byte === 255));
  if (isMapped) return bytes.slice(12).join(".");
  const groups = Array.from({ length: 8 }, (_, at) =>
    ((bytes[at * 2]! << 8) | bytes[at * 2 + 1]!).toString(16),
  );
  return new URL(`http://[${groups.join(":")}]/`).hostname;
}
