/**
 * The `files` vantage: every name under the roots. It walks without recursion and without following
 * links, opens only regular files, and tells each place that it could not see. A folder that
 * changes while the walk is on is read again, so that a file carried from a folder not yet read to
 * one already read (the shell game) is still met. What other mount namespaces have under the same
 * names is looked at too, by way of a process that is in them.
 */
import {
  type BigIntStats,
  lstatSync,
  opendirSync,
  readlinkSync,
  realpathSync,
  statSync,
} from "node:fs";
import { setImmediate as othersFirst } from "node:timers/promises";
import { sightsMax } from "@writ/core";
import { gapOf, type Ledger, noteUnlessVanished } from "../coverage.ts";
import { readProcLink } from "../processes/proc.ts";
import { pidsOf } from "../processes/processes.ts";
import type { FolderState, Folders } from "../watch/folder-watch.ts";
import { filesystemKind } from "./filesystem-kind.ts";
import { inodeKey, type MassTable } from "./mass-table.ts";
import { otherNamespaces, ownMounts, viewsUnder } from "./mounts.ts";
import { folderOf, isInside, type Place, placeBuffer, placePath, within } from "./place.ts";

/** Passes over folders that keep changing; what has not held still by then is a gap. */
const passesMax = 4;
/** Names taken from the kernel at a time. */
const namesPerRead = 1024;
/** Entries met in one go: heartbeats and the watch have their turn between. */
const entriesPerTurn = 4096;

export type FilesParts = {
  /** `/proc`. */
  readonly proc: string;
  readonly roots: readonly Place[];
  readonly excluded: readonly Place[];
  readonly table: MassTable;
  readonly ledger: Ledger;
  readonly onProgress: (place: string) => void;
  /** Told each regular file's name. */
  readonly onFile?: (place: Place) => void;
};

type Walk = FilesParts & {
  /** Folders still to be read, with the device of the folder above. */
  readonly ahead: { readonly place: Place; readonly device: bigint | undefined }[];
  /** Folders read, each as it was by then. */
  readonly folders: Map<Place, FolderState>;
  /** Inodes of those folders. */
  readonly inodes: Set<string>;
  /** Links to regular files, settled at the end, when all masses are known. */
  readonly links: Map<Place, string>;
  pass: number;
};

/** Walks all roots into the table and the ledger; gives the folders that it read. */
export async function lookAtFiles(parts: FilesParts): Promise<Folders> {
  const walk: Walk = {
    ...parts,
    ahead: [],
    folders: new Map(),
    inodes: new Set(),
    links: new Map(),
    pass: 1,
  };
  const roots = outermost(parts.roots);
  for (const root of roots) await lookAtRoot(walk, root);
  await walkAhead(walk);
  await lookAtViews(walk, roots);
  for (walk.pass = 2; walk.pass <= passesMax; walk.pass += 1) {
    if (!requeueChanged(walk)) break;
    await walkAhead(walk);
  }
  if (walk.pass > passesMax) {
    for (const place of changedFolders(walk)) walk.ledger.gap(place, "changed-while-read");
  }
  for (const [place, target] of walk.links) await settleLink(walk, place, target);
  return walk.folders;
}

/** Roots that lie in no other root: each name is counted once. */
export function outermost(roots: readonly Place[]): Place[] {
  const unique = [...new Set(roots)];
  return unique.filter((root) => !unique.some((other) => other !== root && isInside(root, other)));
}

async function lookAtRoot(walk: Walk, root: Place): Promise<void> {
  try {
    let place = root;
    if (lstatSync(placeBuffer(root)).isSymbolicLink()) {
      walk.table.link(root, readlinkSync(placeBuffer(root), "latin1"));
      place = realpathSync.native(placeBuffer(root), "latin1") as Place;
    }
    if (filesystemKind(place) !== "ordinary") return walk.ledger.gap(root, "other-filesystem");
    await meet(walk, place, undefined);
  } catch (error) {
    // A root that is not there is no vanished file: what should be looked at cannot be.
    const why = gapOf(error);
    walk.ledger.gap(root, why === "vanished-while-read" ? "unreadable" : why);
  }
}

/** What other mount namespaces have under the roots, and this one has not, or has otherwise. */
async function lookAtViews(walk: Walk, roots: readonly Place[]): Promise<void> {
  const { ledger, proc } = walk;
  const own = ownMounts(walk);
  const namespaces = otherNamespaces(walk, pidsOf(walk));
  const ids = new Set([readProcLink(`${proc}/self/ns/mnt`), ...namespaces.map(({ id }) => id)]);
  for (const { type, shown, point } of own) {
    // A namespace with no process in it, kept by a mount of its handle: nobody can look into it.
    const kept = type === "nsfs" && shown.startsWith("mnt:") && !ids.has(shown);
    if (kept && !point.startsWith(`${proc}/`)) ledger.gap(point, "other-filesystem");
  }
  for (const view of viewsUnder(roots, own, namespaces)) {
    try {
      if (filesystemKind(view) === "ordinary") await meet(walk, view, undefined);
    } catch (error) {
      noteUnlessVanished(ledger, view, error);
    }
    await walkAhead(walk);
  }
}

/** True of a place that is reached by way of a process, in its mount namespace. */
function isView({ proc }: Walk, place: Place): boolean {
  return isInside(place, proc);
}

async function walkAhead(walk: Walk): Promise<void> {
  for (let next = walk.ahead.pop(); next !== undefined; next = walk.ahead.pop()) {
    await readFolder(walk, next.place, next.device);
  }
}

async function readFolder(walk: Walk, place: Place, above: bigint | undefined): Promise<void> {
  const path = placeBuffer(place);
  try {
    const before = lstatSync(path, { bigint: true });
    if (!before.isDirectory()) return walk.ledger.gap(place, "changed-while-read");
    if (above !== undefined && before.dev !== above && !isWalkable(walk, place)) return;
    if (walk.folders.size >= sightsMax && !walk.folders.has(place)) {
      return walk.ledger.gap(place, "limit");
    }
    const inode = inodeKey(before);
    // The same folder as under its own name, only mounted elsewhere.
    if (walk.pass === 1 && isView(walk, place) && walk.inodes.has(inode)) return;
    walk.inodes.add(inode);
    walk.folders.set(place, { inode, changed: before.ctimeNs });
    const folder = opendirSync(path as unknown as string, {
      encoding: "latin1" as BufferEncoding,
      bufferSize: namesPerRead,
    });
    try {
      for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) {
        if (walk.pass === 1) walk.ledger.entries += 1;
        const waiting = meet(walk, within(place, entry.name), before.dev);
        if (waiting !== undefined) await waiting;
        else if (walk.ledger.entries % entriesPerTurn === 0) await othersFirst();
      }
    } finally {
      folder.closeSync();
    }
    // opendir follows links: was it this folder, or one that was swapped in, that was read?
    const after = lstatSync(path, { bigint: true });
    if (inodeKey(after) !== inodeKey(before)) walk.ledger.gap(place, "changed-while-read");
  } catch (error) {
    // What vanished is no gap here: the folder that lost it has changed by that, and is read again,
    // as is the one that it may have gone to.
    noteUnlessVanished(walk.ledger, place, error);
  }
  walk.onProgress(place);
}

function isWalkable(walk: Walk, place: Place): boolean {
  const kind = filesystemKind(place);
  if (kind === "stray-kernel" || kind === "automount") walk.ledger.gap(place, "other-filesystem");
  return kind === "ordinary";
}

/** A promise only if there is something to wait for: a file to be read. */
function meet(walk: Walk, place: Place, above: bigint | undefined): Promise<unknown> | undefined {
  if (walk.excluded.includes(place)) {
    walk.ledger.gap(place, "excluded");
    return undefined;
  }
  let stat: BigIntStats;
  try {
    stat = lstatSync(placePath(place), { bigint: true });
  } catch (error) {
    noteUnlessVanished(walk.ledger, place, error);
    return undefined;
  }
  if (stat.isDirectory()) {
    if (walk.pass === 1 || !walk.folders.has(place)) walk.ahead.push({ place, device: above });
  } else if (stat.isSymbolicLink()) {
    // In another namespace it leads by that one's names: what it leads to is met there.
    if (!isView(walk, place)) meetLink(walk, place);
  } else if (stat.isFile()) {
    walk.onFile?.(place);
    // What is known by a name of this namespace needs no other.
    if (isView(walk, place) && walk.table.knows(stat)) return undefined;
    return walk.table.isNothing(stat) ? undefined : walk.table.consider(place, stat);
  } else if (stat.isBlockDevice() && !isInside(place, "/dev")) {
    // A FIFO, a socket or a character device keeps no bytes; a disk under a strange name does.
    walk.ledger.gap(place, "special-file");
  }
  return undefined;
}

function meetLink(walk: Walk, place: Place): void {
  try {
    const target = readlinkSync(placeBuffer(place), "latin1");
    const stat = statSync(placeBuffer(place), { bigint: true });
    if (stat.isFile()) walk.links.set(place, target);
    else if (stat.isDirectory()) noteWayOut(walk, place);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // A link to nothing, or one in a circle, leads to no bytes.
    if (code !== "ENOENT" && code !== "ELOOP" && code !== "ENOTDIR") {
      walk.ledger.gap(place, gapOf(error));
    }
  }
}

/** A folder outside the roots, reachable by a name inside them, is not looked at: say so. */
function noteWayOut(walk: Walk, place: Place): void {
  const real = realpathSync.native(placeBuffer(place), "latin1");
  if (walk.roots.some((root) => isInside(real, root) || isInside(root, real))) return;
  if (filesystemKind(real) !== "kernel") walk.ledger.gap(place, "excluded");
}

async function settleLink(walk: Walk, place: Place, target: string): Promise<void> {
  try {
    const stat = statSync(placeBuffer(place), { bigint: true });
    const known = walk.table.addName(place, stat);
    // Not known: either judged inside the roots and found to be nothing, or it lies outside.
    if (known || (await isMassOutside(walk, place, stat))) walk.table.link(place, target);
  } catch (error) {
    noteUnlessVanished(walk.ledger, place, error);
  }
}

async function isMassOutside(walk: Walk, place: Place, stat: BigIntStats): Promise<boolean> {
  const real = realpathSync.native(placeBuffer(place), "latin1") as Place;
  const isRead = walk.folders.has(folderOf(real));
  if (isRead) return false;
  return await walk.table.consider(place, stat, "linked");
}

function requeueChanged(walk: Walk): boolean {
  const changed = changedFolders(walk);
  // Already walked folders keep their place in the map, so that only news is walked again.
  for (const place of changed) walk.ahead.push({ place, device: undefined });
  return changed.length > 0;
}

function changedFolders(walk: Walk): Place[] {
  const changed: Place[] = [];
  for (const [place, { changed: before }] of walk.folders) {
    try {
      const stat = lstatSync(placeBuffer(place), { bigint: true });
      if (stat.ctimeNs !== before) changed.push(place);
    } catch {
      // Gone since, and its files with it: the folder that lost it has changed, and is read again.
      walk.folders.delete(place);
    }
  }
  return changed;
}
