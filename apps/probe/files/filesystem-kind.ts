/**
 * Which mounted file systems hold no bytes of anybody's, told by their magic number (linux/magic.h,
 * statfs(2)): neither a mount's name nor what a FUSE server says can imitate one.
 */
import { statfsSync } from "node:fs";
import { isInside, placeBuffer } from "./place.ts";

const kernelMagics = new Set([
  0x9fa0, // proc
  0x62656572, // sysfs
  0x63677270, // cgroup2
  0x27e0eb, // cgroup
  0x1cd1, // devpts
  0x73636673, // securityfs
  0x64626720, // debugfs
  0x74726163, // tracefs
  0xcafe4a11, // bpf
  0x6165676c, // pstore
  0x62656570, // configfs
  0x19800202, // mqueue
  0xde5e81e4, // efivarfs
  0x65735543, // fusectl
  0x42494e4d, // binfmt_misc
  0x6e736673, // nsfs
  0xf97cff8c, // selinuxfs
  0x67596969, // rpc_pipefs
]);
/** A name that mounts something when looked into: looking would change the host. */
const automountMagic = 0x187;
/** Where kernel file systems are at home. Elsewhere, one may lie over something else. */
const kernelHomes = ["/proc", "/sys", "/dev", "/run"];

export type FilesystemKind = "ordinary" | "kernel" | "stray-kernel" | "automount";

/** What kind of file system a folder is the top of. Throws what statfs throws. */
export function filesystemKind(place: string): FilesystemKind {
  const magic = statfsSync(placeBuffer(place)).type >>> 0;
  if (magic === automountMagic) return "automount";
  if (!kernelMagics.has(magic)) return "ordinary";
  return kernelHomes.some((home) => isInside(place, home)) ? "kernel" : "stray-kernel";
}
