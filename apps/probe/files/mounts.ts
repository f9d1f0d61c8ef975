/**
 * What is mounted, here and in the mount namespaces of other processes (mount_namespaces(7)). Under
 * one name two programs may find two different files: who hides something, or shows a program
 * another configuration than everybody else reads, needs no more than a mount of its own.
 */
import { type Ledger, noteUnlessVanished } from "../coverage.ts";
import { readProc, readProcLink } from "../processes/proc.ts";
import { isInside, type Place } from "./place.ts";

/** Namespaces compared in one look; a host with more containers than that gets a gap. */
const namespacesMax = 4096;

export type Mount = {
  /** `major:minor`. */
  readonly device: string;
  /** The folder or file of that device that is shown. */
  readonly shown: string;
  /** Where it is mounted. */
  readonly point: Place;
  readonly type: string;
};

export type Namespace = {
  /** As the link of /proc says: `mnt:[4026531841]`. */
  readonly id: string;
  /** A process in it, through which its files are reached. */
  readonly pids: readonly number[];
  /** The top of its files, as this probe reaches it. */
  readonly top: Place;
  readonly mounts: readonly Mount[];
};

/** The mounts of a `mountinfo` file (proc_pid_mountinfo(5)), in its order: later ones lie above. */
export function parseMounts(text: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split("\n")) {
    const fields = line.split(" ");
    const dash = fields.indexOf("-", 6);
    const [, , device, shown, point] = fields;
    if (point === undefined || dash < 0) continue;
    const type = fields[dash + 1] ?? "";
    mounts.push({
      device: device!,
      shown: unescaped(shown!),
      point: unescaped(point) as Place,
      type,
    });
  }
  return mounts;
}

/** The probe's own mounts; none, and a gap, if they cannot be read. */
export function ownMounts({ proc, ledger }: { proc: string; ledger: Ledger }): readonly Mount[] {
  const path = `${proc}/self/mountinfo`;
  try {
    return parseMounts(readProc(path));
  } catch (error) {
    noteUnlessVanished(ledger, path, error);
    return [];
  }
}

/** Mount namespaces that a process is in and the probe is not. */
export function otherNamespaces(
  parts: { readonly proc: string; readonly ledger: Ledger },
  pids: readonly number[],
): readonly Namespace[] {
  const { proc, ledger } = parts;
  const own = readProcLink(`${proc}/self/ns/mnt`);
  const members = new Map<string, number[]>();
  for (const pid of pids) {
    const id = readProcLink(`${proc}/${pid}/ns/mnt`);
    if (id === undefined || id === own) continue;
    const known = members.get(id);
    if (known !== undefined) known.push(pid);
    else if (members.size < namespacesMax) members.set(id, [pid]);
    else ledger.gap(`${proc}/${pid}/ns/mnt`, "limit");
  }
  return [...members].flatMap(([id, all]) => {
    for (const pid of all) {
      const folder = `${proc}/${pid}`;
      try {
        const mounts = parseMounts(readProc(`${folder}/mountinfo`));
        return [{ id, pids: all, top: `${folder}/root` as Place, mounts }];
      } catch (error) {
        noteUnlessVanished(ledger, `${folder}/mountinfo`, error);
      }
    }
    return [];
  });
}

/** The mount that decides what lies at a place: the deepest, and of equal ones the last. */
export function mountOf(mounts: readonly Mount[], place: string): Mount | undefined {
  let found: Mount | undefined;
  for (const mount of mounts) {
    if (!isInside(place, mount.point)) continue;
    if (found === undefined || mount.point.length >= found.point.length) found = mount;
  }
  return found;
}

/**
 * Where other namespaces have something under the roots that the probe's own has not so: each as a
 * place that the probe can open.
 */
export function viewsUnder(
  roots: readonly Place[],
  own: readonly Mount[],
  namespaces: readonly Namespace[],
): readonly Place[] {
  const here = new Set(own.map(keyOf));
  const views = new Set<Place>();
  for (const { mounts, top } of namespaces) {
    for (const mount of mounts) {
      if (here.has(keyOf(mount))) continue;
      for (const root of roots) {
        if (isInside(mount.point, root)) views.add(joined(top, mount.point));
        else if (mountOf(mounts, root) === mount) views.add(joined(top, root));
      }
    }
  }
  return [...views];
}

/** A place as a namespace has it, as the probe reaches it. */
export function joined(top: Place, place: Place): Place {
  return (place === "/" ? top : `${top}${place}`) as Place;
}

function keyOf({ device, shown, point }: Mount): string {
  return `${device}\0${shown}\0${point}`;
}

/** The kernel writes blanks, tabs, newlines and backslashes in octal. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}
