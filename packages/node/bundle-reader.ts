/** Reads entry bundles of a journal: from memory, from the cache on disk, or from their source. */
import {
  decodeEntryBundle,
  formatTilePath,
  isRefused,
  type Refused,
  refused,
  tileWidth,
} from "@writ/core";
import type { BundleCache } from "./bundle-cache.ts";
import { isAbsent, type JournalSource } from "./journal-source.ts";

/**
 * Bundles kept between the check of their tree and their handing on: some 200,000 small entries.
 */
const heldBytesMax = 64 * 1024 * 1024;

/** Entries of one bundle, from where the reader stood on. */
export type Bundle = { readonly path: string; readonly entries: readonly Uint8Array[] };

/** How far is read: entries up to, not including, `size`. */
export type Walk = { readonly size: number; readonly signal: AbortSignal | undefined };

export class BundleReader {
  readonly #source: JournalSource;
  readonly #cache: BundleCache | undefined;
  #held = new Map<string, Uint8Array>();
  #heldBytes = 0;

  constructor(source: JournalSource, cache: BundleCache | undefined) {
    this.#source = source;
    this.#cache = cache;
  }

  /**
   * The entries from `from` to the end of its bundle, or of the walk. Nothing in them is checked.
   */
  async read(from: number, { size, signal }: Walk): Promise<Bundle | Refused> {
    const index = Math.floor(from / tileWidth);
    const width = Math.min(tileWidth, size - index * tileWidth);
    const path = formatTilePath({ kind: "entries", index, width });
    const held = this.#held.get(path);
    const kept = held ?? (width === tileWidth ? await this.#cache?.get(path) : undefined);
    if (kept !== undefined) return within(path, kept, { from, width });
    const bytes = await this.#source.tile(path, signal);
    if (!isAbsent(bytes)) {
      if (isRefused(bytes)) return bytes;
      this.#hold(path, bytes);
      return within(path, bytes, { from, width });
    }
    const missing = refused("unavailable", `the journal has no ${path}`);
    if (width === tileWidth) return missing;
    // A log may drop a partial bundle once the full one is there (tlog-tiles, "Partial Tiles").
    const full = formatTilePath({ kind: "entries", index, width: tileWidth });
    const whole = await this.#source.tile(full, signal);
    if (isRefused(whole)) return isAbsent(whole) ? missing : whole;
    return within(full, whole, { from, width: tileWidth, upTo: width });
  }

  /** Keeps a bundle for later starts, once all of it was found to be the journal's. */
  async keep({ path, entries }: Bundle): Promise<void> {
    const whole = this.#held.get(path);
    // Of a bundle that was read in parts, only the last part was held to the root as it is here.
    if (entries.length === tileWidth && whole !== undefined) await this.#cache?.put(path, whole);
  }

  /** Forgets what is held in memory. */
  letGo(): void {
    this.#held.clear();
    this.#heldBytes = 0;
  }

  #hold(path: string, bytes: Uint8Array): void {
    if (this.#heldBytes + bytes.length > heldBytesMax) this.letGo();
    this.#held.set(path, bytes);
    this.#heldBytes += bytes.length;
  }
}

function within(
  path: string,
  bytes: Uint8Array,
  { from, width, upTo = width }: { from: number; width: number; upTo?: number },
): Bundle | Refused {
  const entries = decodeEntryBundle(bytes, width);
  if (isRefused(entries)) return refused("unavailable", `${path}: ${entries.detail}`);
  return { path, entries: entries.slice(from % tileWidth, upTo) };
}
