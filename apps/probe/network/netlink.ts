/**
 * Asks the kernel for its sockets over netlink, which Node has no name for: by koffi, a foreign
 * function interface in ready-made binaries, where it is installed. Four functions of the C library
 * are called, with buffers of ours; nothing else of any process or file passes through it.
 */
import { closeSync, openSync } from "node:fs";
import { createRequire } from "node:module";
import { assert } from "@writ/core";
import { dumpRequest, parseReply, type SocketBytes } from "./socket-diagnosis.ts";

const netlinkFamily = 16;
const datagram = 2;
const sockDiag = 4;
const closeOnExec = 0x80000;
const networkNamespace = 0x40000000;
const dontWait = 0x40;
/** The kernel fills datagrams of up to 32 KiB. */
const datagramBytes = 64 * 1024;
/** About a million sockets. */
const datagramsMax = 16_384;
const families = [2, 10] as const;

/** What is used of the package. */
type Call = (...parts: readonly (number | Uint8Array)[]) => number;
type Package = { load(path: null): { func(signature: string): Call } };

export type Netlink = {
  /**
   * Bytes of every TCP socket in a network namespace, named by a file such as `/proc/7/ns/net`; of
   * the probe's own if absent. `undefined` if the kernel does not answer, or not let it in.
   */
  socketsIn(namespace?: string): ReadonlyMap<string, SocketBytes> | undefined;
};

/** Loads it; `undefined` if koffi, or this interface of the kernel, is not there. */
export function openNetlink(): Netlink | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const library = (createRequire(import.meta.url)("koffi") as Package).load(null);
    const calls = {
      socket: library.func("int socket(int, int, int)"),
      send: library.func("long send(int, const uint8_t *, size_t, int)"),
      receive: library.func("long recv(int, _Out_ uint8_t *, size_t, int)"),
      setns: library.func("int setns(int, int)"),
    };
    const netlink: Netlink = { socketsIn: (namespace) => socketsIn(calls, namespace) };
    return netlink.socketsIn() === undefined ? undefined : netlink;
  } catch {
    return undefined;
  }
}

type Calls = { readonly [K in "socket" | "send" | "receive" | "setns"]: Call };

function socketsIn(calls: Calls, namespace: string | undefined) {
  const socket = namespace === undefined ? opened(calls) : openedIn(calls, namespace);
  if (socket < 0) return undefined;
  try {
    const sockets = new Map<string, SocketBytes>();
    for (const family of families) {
      if (!dump(calls, { socket, family, sockets })) return undefined;
    }
    return sockets;
  } finally {
    closeSync(socket);
  }
}

function opened({ socket }: Calls): number {
  return socket(netlinkFamily, datagram | closeOnExec, sockDiag);
}

/**
 * A socket belongs to the namespace in which it was made, so that this thread is in the other one
 * for a single call. Nothing else runs on it meanwhile, and other threads stay where they are.
 */
function openedIn(calls: Calls, namespace: string): number {
  const own = openSync("/proc/thread-self/ns/net", "r");
  try {
    const other = openSync(namespace, "r");
    try {
      if (calls.setns(other, networkNamespace) !== 0) return -1;
      const socket = opened(calls);
      assert(calls.setns(own, networkNamespace) === 0, "the thread is back in its own namespace");
      return socket;
    } finally {
      closeSync(other);
    }
  } catch (error) {
    // A process that is gone, or closed to this probe, has no namespace to open.
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return -1;
  } finally {
    closeSync(own);
  }
}

type Dump = {
  readonly socket: number;
  readonly family: number;
  readonly sockets: Map<string, SocketBytes>;
};

function dump(calls: Calls, { socket, family, sockets }: Dump): boolean {
  const request = dumpRequest(family);
  if (calls.send(socket, request, request.length, 0) !== request.length) return false;
  const buffer = new Uint8Array(datagramBytes);
  for (let count = 0; count < datagramsMax; count += 1) {
    const length = calls.receive(socket, buffer, buffer.length, dontWait);
    if (length <= 0) return false;
    const reply = parseReply(buffer.subarray(0, length));
    for (const [inode, bytes] of reply.sockets) sockets.set(inode, bytes);
    if (reply.state !== "more") return reply.state === "done";
  }
  return false;
}
