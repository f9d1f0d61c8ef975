/** Graphics processors, and which processes use them, as a census tells it. */
import {
  boolean,
  integer,
  list,
  object,
  oneOf,
  optional,
  type Shaped,
  text,
} from "../encoding/shape.ts";

export const gpusMax = 256;
/** Processes told of one device. */
export const gpuUsersMax = 4096;

const count = integer(0, Number.MAX_SAFE_INTEGER);

/**
 * How it is known, each by the kernel's word: `fdinfo` (drm-usage-stats), `kfd` (AMD's compute
 * driver), `handle` for an open device file without a figure.
 */
export const gpuSources = ["fdinfo", "kfd", "handle"] as const;

const user = object({
  pid: integer(1, 4_194_304),
  started: optional(count),
  /** Bytes of the device's memory; absent for a mere handle. */
  memory: optional(count),
  /** Nanoseconds that its engines worked for it. */
  engine: optional(count),
  /** True if it computes; absent if nothing says whether it draws or computes. */
  computes: optional(boolean),
  by: oneOf(...gpuSources),
});

export const gpuShape = object({
  /** PCI address, UUID, or the device file where nothing else is known. */
  device: text(128),
  driver: text(64),
  /** As its maker calls it. */
  name: optional(text(256)),
  /** Of the whole device, in bytes. */
  memory: optional(count),
  used: optional(count),
  users: list(user, gpuUsersMax),
});
export type Gpu = Shaped<typeof gpuShape>;
