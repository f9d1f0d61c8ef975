/** A model that others are compared with: enrolled here, or long ago by a record. */
import {
  type ChunkSet,
  type ContentDigests,
  chunkSetOf,
  enrol,
  type Fingerprint,
  type Weight,
  weightsOf,
} from "@writ/weights";
import type { Progress } from "../progress.ts";
import type { Found } from "./found.ts";
import { contentsOf } from "./pass.ts";
import type { EnrolmentRecord } from "./record.ts";
import { placeText } from "./specimen.ts";

export class KnownModel {
  readonly name: string;
  /** What it was enrolled from, where that is at hand. */
  readonly found: Found | undefined;
  #fingerprint: Fingerprint;
  #chunks: ChunkSet | undefined;
  #weights: readonly Weight[] | undefined;

  private constructor(record: EnrolmentRecord, found: Found | undefined) {
    this.name = record.fingerprint.name;
    this.found = found;
    this.#fingerprint = record.fingerprint;
    this.#chunks = record.chunks;
  }

  static recorded(record: EnrolmentRecord): KnownModel {
    return new KnownModel(record, undefined);
  }

  /** Enrols a model by its sketch. Its bytes are passed over later, if ever. */
  static async enrolled(
    found: Found,
    { name, key }: { readonly name: string; readonly key: Uint8Array },
  ): Promise<KnownModel> {
    const weights = found.model === undefined ? [] : weightsOf(found.model);
    const fingerprint = await enrol(weights, { name, format: found.format, key });
    return new KnownModel({ fingerprint, chunks: undefined }, found);
  }

  get fingerprint(): Fingerprint {
    return this.#fingerprint;
  }

  get chunks(): ChunkSet | undefined {
    return this.#chunks;
  }

  /** Size of all its files; `undefined` if its record has none. */
  get size(): number | undefined {
    if (this.found !== undefined) return this.found.size;
    const { files } = this.#fingerprint;
    return files.length === 0 ? undefined : files.reduce((sum, { size }) => sum + size, 0);
  }

  /** Its weights, where it is at hand. */
  get weights(): readonly Weight[] | undefined {
    const model = this.found?.model;
    if (model !== undefined) this.#weights ??= weightsOf(model);
    return this.#weights;
  }

  /** Passes over its bytes, once, if it is at hand. */
  async readWhole(progress: Progress): Promise<void> {
    if (this.found === undefined || this.#chunks !== undefined) return;
    this.#take(await contentsOf(this.found, progress));
  }

  #take(contents: readonly ContentDigests[]): void {
    this.#chunks = chunkSetOf(contents.flatMap(({ chunks }) => chunks));
    this.#fingerprint = {
      ...this.#fingerprint,
      files: contents.map(({ size, sha256, xet }) => ({ size, sha256, xet })),
      tensors: contents.flatMap(({ tensors }) => tensors),
    };
  }

  /** The record of it. */
  get record(): EnrolmentRecord {
    return { fingerprint: this.#fingerprint, chunks: this.#chunks };
  }
}

/** What a model that is enrolled without a name of its own is called. */
export function nameOfFound(found: Found): string {
  return placeText(found).slice(0, 1_024);
}
