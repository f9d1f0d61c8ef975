/**
 * Notices changes in folders, each by its own inotify watch: names that come and go, and bytes that
 * are written. The kernel grants a limited number of watches; the folders beyond are asked in turn
 * when their names last changed. It notices; only a look says what is there.
 */
import { type FSWatcher, lstatSync, watch } from "node:fs";
import { inodeKey } from "../files/mass-table.ts";
import { type Place, placeBuffer } from "../files/place.ts";

/**
 * Watches asked of the kernel: below what `fs.inotify.max_user_watches` gives on hosts of today, so
 * that the programs of the same user keep theirs. Each costs about 2 kB here and 1 kB there.
 */
export const watchesMax = 20_000;
/** Time for asking the other folders, in one turn. */
const pollMilliseconds = 10;

/** A folder as it was when a look read it. */
export type FolderState = { readonly inode: string; readonly changed: bigint };
export type Folders = ReadonlyMap<Place, FolderState>;

export type FolderWatch = {
  /** Watches these folders and no others; tells those that changed since they were read. */
  follow(folders: Folders): void;
  /** Asks the next of the folders that have no watch. */
  poll(): void;
  close(): void;
  readonly watched: number;
  readonly polled: number;
};

type Watched = { readonly watcher: FSWatcher; readonly inode: string };
type State = {
  readonly onStir: (folder: Place) => void;
  readonly watchesMax: number;
  readonly watched: Map<Place, Watched>;
  readonly polled: Map<Place, bigint>;
  /** Those of `polled` still to be asked in this round. */
  turn: Place[];
};

export type FolderWatchParts = {
  readonly onStir: (folder: Place) => void;
  readonly watchesMax: number;
  /** Milliseconds. */
  readonly now: () => number;
};

/** Watches nothing yet. */
export function openFolderWatch(parts: FolderWatchParts): FolderWatch {
  const { onStir } = parts;
  const state: State = { ...parts, watched: new Map(), polled: new Map(), turn: [] };
  return {
    follow: (folders) => follow(state, folders),
    poll() {
      const end = parts.now() + pollMilliseconds;
      if (state.turn.length === 0) state.turn = [...state.polled.keys()];
      while (parts.now() < end) {
        const folder = state.turn.pop();
        if (folder === undefined) return;
        const before = state.polled.get(folder);
        const changed = changedOf(folder)?.changed ?? 0n;
        if (before === undefined || before === changed) continue;
        state.polled.set(folder, changed);
        onStir(folder);
      }
    },
    close() {
      for (const { watcher } of state.watched.values()) watcher.close();
      state.watched.clear();
      state.polled.clear();
    },
    get watched() {
      return state.watched.size;
    },
    get polled() {
      return state.polled.size;
    },
  };
}

function follow(state: State, folders: Folders): void {
  for (const [folder, { watcher, inode }] of state.watched) {
    // Another folder under the same name: the old watch would hear nothing of it.
    if (folders.get(folder)?.inode === inode) continue;
    watcher.close();
    state.watched.delete(folder);
  }
  state.polled.clear();
  let granted = true;
  for (const [folder, { inode, changed }] of folders) {
    if (!state.watched.has(folder)) {
      granted &&= state.watched.size < state.watchesMax;
      const watcher = granted ? watcherOf(state, folder) : "refused";
      if (watcher === "refused") {
        granted = false;
        state.polled.set(folder, changed);
      } else if (watcher !== undefined) state.watched.set(folder, { watcher, inode });
    }
    // What changed after the look had read it and before it was watched.
    if (changedOf(folder)?.changed !== changed) state.onStir(folder);
  }
}

/** A watcher; `undefined` if the folder is gone, "refused" if the kernel gives no more. */
function watcherOf(state: State, folder: Place): FSWatcher | "refused" | undefined {
  try {
    // Which name it was does not matter, and names are bytes that no text may hold.
    const options = { persistent: false, encoding: "buffer" } as const;
    const watcher: FSWatcher = watch(
      placeBuffer(folder) as unknown as string,
      options,
      () => void state.onStir(folder),
    );
    watcher.on("error", () => {
      watcher.close();
      state.watched.delete(folder);
      state.polled.set(folder, 0n);
    });
    return watcher;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" || code === "ENOTDIR" ? undefined : "refused";
  }
}

function changedOf(folder: Place): FolderState | undefined {
  try {
    const stat = lstatSync(placeBuffer(folder), { bigint: true });
    return { inode: inodeKey(stat), changed: stat.ctimeNs };
  } catch {
    return undefined;
  }
}
