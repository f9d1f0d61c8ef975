/**
 * Flows of the network, as a census tells them: what left this host, or came to it, by which
 * process. A flow between two processes of one host is none: what it carries stays to be seen.
 */
import {
  boolean,
  digest,
  integer,
  list,
  object,
  oneOf,
  optional,
  type Shaped,
  text,
} from "../encoding/shape.ts";
import { identitiesShape } from "./identity.ts";

/** Flows of one census: those that sent the most. A busy server has more; the coverage says so. */
export const flowsMax = 4096;
/** Processes told of one flow, and files that they held. */
export const partiesMax = 64;
export const carriedMax = 64;

const count = integer(0, Number.MAX_SAFE_INTEGER);
const pid = integer(1, 4_194_304);
/** PATH_MAX, with escaped bytes of four characters, as for a mass. */
const path = text(4 * 4096);

/** What a process has to do with a flow: it has the socket, or its bytes pass through it. */
export const partyWays = ["itself", "pipe", "parent", "child", "loopback"] as const;

const party = object({
  pid,
  /** Start time in clock ticks since boot, as for a process. */
  started: count,
  how: oneOf(...partyWays),
  /** Its own claim, and cut: it may be gone when the census is read. */
  command: text(1024, 0),
  user: integer(0, 4_294_967_295),
});

/** A mass that a party had open or mapped while the flow was there. */
const carried = object({
  pid,
  how: oneOf("mapped", "open"),
  path,
  size: count,
  digest,
  /** How far the process has read it, by the position of its descriptor; for `open` alone. */
  position: optional(count),
  known: optional(identitiesShape),
});

export const flowShape = object({
  protocol: oneOf("tcp", "udp"),
  /** `10.0.0.2:43210`, `[2001:db8::1]:22`. */
  local: text(64),
  remote: text(64),
  /** True if the other side asked for it: the local port is one that is listened on. */
  accepted: boolean,
  /** False if it ended before this look, and was seen between looks. */
  open: boolean,
  /** Payload that the other side acknowledged, and that came; absent if the kernel did not tell. */
  sent: optional(count),
  received: optional(count),
  /** First seen by this probe, on its own clock. */
  seen: text(24, 24),
  parties: list(party, partiesMax),
  carried: list(carried, carriedMax),
});

export type Flow = Shaped<typeof flowShape>;
export type Party = Flow["parties"][number];
export type Carried = Flow["carried"][number];

/** Names one flow for good: its process and both its ends. */
export function flowKey(boot: string, { protocol, local, remote, parties }: Flow): string {
  const own = parties.find(({ how }) => how === "itself");
  return `flow\0${boot}\0${own?.pid}\0${own?.started}\0${protocol}\0${local}\0${remote}`;
}
