/** What each reader of a store is given, and what it says of bytes that no label names. */
import type { Label } from "@writ/core";
import type { Ledger } from "../coverage.ts";
import { type Place, placeText } from "../files/place.ts";

export type StoreParts = {
  readonly store: Place;
  /** Places of all masses. */
  readonly present: ReadonlySet<Place>;
  readonly ledger: Ledger;
};

/** What no label names; a blob's own name still says which bytes it has. */
export function orphan(store: Label["store"], folder: Place, path: Place): Label {
  const hex = /\/(?:sha256[-:])?([0-9a-f]{64})$/.exec(path)?.[1];
  return {
    ...{ store, said: placeText(folder), path: placeText(path), there: true },
    ...(hex === undefined ? {} : { digest: `sha256:${hex}` as const }),
  };
}
