/**
 * The kernel's own account of its sockets (sock_diag(7), linux/inet_diag.h), as messages: how many
 * bytes of each the other side acknowledged, and how many came. Pure: asking is netlink.ts.
 */

export type SocketBytes = { readonly sent: number; readonly received: number };

const headerBytes = 16;
const inetDiagBytes = 72;
const sockDiagByFamily = 20;
const requestFlags = 0x0301; // NLM_F_REQUEST | NLM_F_DUMP
const done = 3;
const failed = 2;
const tcp = 6;
/** Attribute 2, INET_DIAG_INFO, holds a `tcp_info`. */
const info = 2;
/** States that may have sent: all but those that listen, open or have been closed for long. */
const states = [1, 4, 5, 8, 9, 11].reduce((mask, state) => mask | (1 << state), 0);
/** Where `tcp_info` has `tcpi_bytes_acked` and `tcpi_bytes_received` (Linux 4.1 and later). */
const ackedOffset = 120;
const receivedOffset = 128;

/** Asks for all TCP sockets of an address family (2 or 10). */
export function dumpRequest(family: number): Uint8Array {
  const bytes = new Uint8Array(headerBytes + 8 + 48);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, sockDiagByFamily, true);
  view.setUint16(6, requestFlags, true);
  view.setUint32(8, 1, true);
  bytes[headerBytes] = family;
  bytes[headerBytes + 1] = tcp;
  bytes[headerBytes + 2] = 1 << (info - 1);
  view.setUint32(headerBytes + 4, states, true);
  return bytes;
}

export type Reply = {
  /** By inode of the socket. */
  readonly sockets: readonly (readonly [inode: string, bytes: SocketBytes])[];
  /** `more` to come, `done`, or `failed`. */
  readonly state: "more" | "done" | "failed";
};

/** Reads one datagram of the answer. What does not parse is `failed`, never half believed. */
export function parseReply(bytes: Uint8Array): Reply {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sockets: [string, SocketBytes][] = [];
  for (let at = 0; at + headerBytes <= bytes.length; ) {
    const length = view.getUint32(at, true);
    const type = view.getUint16(at + 4, true);
    if (length < headerBytes || at + length > bytes.length) return { sockets, state: "failed" };
    if (type === done) return { sockets, state: "done" };
    if (type === failed) return { sockets, state: "failed" };
    if (type === sockDiagByFamily) {
      const found = socketIn(view, at + headerBytes, at + length);
      if (found !== undefined) sockets.push(found);
    }
    at += aligned(length);
  }
  return { sockets, state: "more" };
}

function socketIn(view: DataView, start: number, end: number): [string, SocketBytes] | undefined {
  if (start + inetDiagBytes > end) return undefined;
  const inode = view.getUint32(start + inetDiagBytes - 4, true);
  for (let at = start + inetDiagBytes; at + 4 <= end; ) {
    const length = view.getUint16(at, true);
    if (length < 4 || at + length > end) return undefined;
    if (view.getUint16(at + 2, true) === info && length >= 4 + receivedOffset + 8) {
      const sent = Number(view.getBigUint64(at + 4 + ackedOffset, true));
      const received = Number(view.getBigUint64(at + 4 + receivedOffset, true));
      if (!Number.isSafeInteger(sent) || !Number.isSafeInteger(received)) return undefined;
      // One of them may be the handshake's, which the kernel acknowledges as a byte.
      return [String(inode), { sent, received }];
    }
    at += aligned(length);
  }
  return undefined;
}

function aligned(length: number): number {
  return (length + 3) & ~3;
}
