/**
 * Who reads another file under a control's name: a process in a mount namespace of its own, where
 * something else is mounted over the file or a folder above it. In a container, whose whole tree is
 * another one, that is so for most names: there, a process must be known to use the control's
 * folder.
 */
import { statSync } from "node:fs";
import { type Ledger, noteUnlessVanished } from "../coverage.ts";
import { inodeKey } from "../files/mass-table.ts";
import { joined, mountOf, type Namespace, otherNamespaces } from "../files/mounts.ts";
import { type Place, placeBuffer } from "../files/place.ts";
import { userOf } from "../processes/environment.ts";
import { pidsOf } from "../processes/processes.ts";

export type View = { readonly pid: number; readonly place: Place };
export type ControlViews = {
  /** Other files that processes have under this name. */
  of(file: Place): readonly View[];
};

export type ControlViewsParts = { readonly proc: string; readonly ledger: Ledger };

/** Compares namespaces once, when first asked. */
export function openControlViews(parts: ControlViewsParts): ControlViews {
  let namespaces: readonly Namespace[] | undefined;
  return {
    of(file) {
      namespaces ??= otherNamespaces(parts, pidsOf(parts));
      const own = inodeAt(parts, file);
      return namespaces.flatMap((namespace) => {
        const pid = readerIn(parts, namespace, file);
        if (pid === undefined) return [];
        const place = joined(namespace.top, file);
        const inode = inodeAt(parts, place);
        return inode === undefined || inode === own ? [] : [{ pid, place }];
      });
    },
  };
}

function readerIn(
  parts: ControlViewsParts,
  { mounts, pids }: Namespace,
  file: Place,
): number | undefined {
  const deciding = mountOf(mounts, file);
  if (deciding !== undefined && deciding.point !== "/") return pids[0];
  return userOf(parts, pids, file);
}

function inodeAt({ ledger }: ControlViewsParts, place: Place): string | undefined {
  try {
    return inodeKey(statSync(placeBuffer(place), { bigint: true }));
  } catch (error) {
    noteUnlessVanished(ledger, place, error);
    return undefined;
  }
}
