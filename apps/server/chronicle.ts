/** When each key was last heard in the journal: who is there, and who has gone silent. */
import { type Admitted, type Estate, type KeyId, timeOf } from "@writ/core";

export type Moment = { readonly index: number; readonly time: number };

export class Chronicle {
  readonly #heard = new Map<KeyId, Moment>();

  /** Hears of an entry that the estate holds now. */
  hear({ entry, opened }: Admitted, index: number, estate: Estate): void {
    const [signature] = entry.envelope.signatures;
    if (opened === "root" || signature === undefined) return;
    this.#heard.set(signature.key, { index, time: estate.time });
  }

  /** When a key was last heard. */
  heard(key: KeyId): Moment | undefined {
    return this.#heard.get(key);
  }
}

/** When witnesses had seen the entry at the latest; `null` if they have not yet. */
export function witnessedTimeOf(estate: Estate, index: number): number | null {
  return index < (estate.lastWitnessed?.size ?? 0) ? timeOf(estate, index) : null;
}
