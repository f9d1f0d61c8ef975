/**
 * What lies behind a host: stores that its probe was told of, each seen by the vantage of its kind.
 * A store that cannot be had, or not whole in the time that a look has, is a gap; what was read of
 * it once is not read again, so the next look gets further.
 */
import { readFileSync } from "node:fs";
import type { Stored, Vantage } from "@writ/core";
import type { Ledger } from "../coverage.ts";
import type { Comparable } from "./comparable.ts";
import { gapAt, type ObjectMemory, type ObjectParts } from "./kept-object.ts";
import { openWeb, type Web } from "./polite-web.ts";
import type { ByteBudget } from "./ranged-reader.ts";
import { emptyTold, type Telling } from "./told.ts";
import { type ToldStore, vantageOf } from "./told-store.ts";

/** One store in one look. A look with changes waits for it. */
const storeMilliseconds = 60_000;
/** What a model is compared by is read after the look. */
const compareMilliseconds = 30_000;
/** Of all stores in one look. */
const lookBytesMax = 2 * 1024 * 1024 * 1024;

/** Kept from one look to the next. */
export type BehindMemory = {
  readonly objects: ObjectMemory;
  /** What a registry had under a tag, and may have still when the tag is gone; and suchlike. */
  readonly remembered: Map<string, string>;
};

export function emptyBehindMemory(): BehindMemory {
  return { objects: new Map(), remembered: new Map() };
}

/** What a vantage gets to look at one store. */
export type StoreLook = ObjectParts &
  Telling & {
    readonly store: ToldStore;
    /** Digests that the register names, with their sizes. */
    readonly artefacts: readonly { readonly digest: string; readonly size: number }[];
    readonly remembered: Map<string, string>;
    readonly now: () => number;
    /** Milliseconds since the epoch: nothing is asked of the store from then on. */
    readonly ends: number;
    /** The way to it, open until the look's findings are compared. */
    readonly web: Web;
    /** Has something else closed then. */
    readonly onClose: (close: () => void) => void;
  };

export type BehindParts = Omit<ObjectParts, "memory" | "budget" | "ledger"> & {
  readonly stores: readonly ToldStore[];
  readonly artefacts: StoreLook["artefacts"];
  readonly memory: BehindMemory;
  readonly ledgerOf: (vantage: Vantage) => Ledger;
  readonly now: () => number;
  readonly eyes: { readonly [K in ToldStore["kind"]]: (look: StoreLook) => Promise<void> };
};

export type BehindSeen = {
  readonly stored: readonly Stored[];
  readonly comparable: readonly Comparable[];
  /** Ends what the comparing may still ask of the stores. */
  close(): void;
};

/** Looks at all stores at once: each is another machine. */
export async function lookBehind(parts: BehindParts): Promise<BehindSeen> {
  const told = emptyTold();
  const budget: ByteBudget = { left: lookBytesMax };
  const closing: (() => void)[] = [];
  const onClose = (close: () => void): void => void closing.push(close);
  await Promise.all(
    parts.stores.map(async (store) => {
      const vantage = vantageOf[store.kind];
      const ledger = parts.ledgerOf(vantage);
      const ends = parts.now() + storeMilliseconds;
      const { objects: memory, remembered } = parts.memory;
      try {
        const { also } = store.secret;
        const web = openWeb({
          ...{ origin: store.url.origin, also, authority: authorityIn(store), now: parts.now },
          ends: ends + compareMilliseconds,
        });
        onClose(web.close);
        const own = {
          ...parts,
          memory,
          remembered,
          budget,
          ledger,
          store,
          vantage,
          told,
          ends,
          web,
          onClose,
        };
        await parts.eyes[store.kind](own);
      } catch {
        // A store that breaks its reader is not seen whole; the others are.
        gapAt(ledger, store.at, "unreadable");
      }
    }),
  );
  const stored = told.stored.sort((a, b) => (rowKey(a) < rowKey(b) ? -1 : 1));
  return {
    stored,
    comparable: [...told.comparable.values()],
    close: () => {
      for (const close of closing) close();
    },
  };
}

function authorityIn({ secret }: ToldStore): string | undefined {
  return secret.authority === undefined ? undefined : readFileSync(secret.authority, "utf8");
}

function rowKey({ store, holder, path }: Stored): string {
  return [store, holder, path].join("\0");
}
