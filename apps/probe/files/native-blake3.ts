/**
 * Keyed BLAKE3 by the Rust implementation, with the widest vectors that this machine has: twice as
 * fast as WebAssembly's. The probe loads it by itself: it shares no code with those it watches. On
 * a platform without a ready-made binary there is none, and the pass uses something slower.
 */
import { createRequire } from "node:module";
import type { Hashing } from "@writ/weights";

/** What is used of the package. */
type Hasher = {
  reset(): void;
  update(bytes: Uint8Array): unknown;
  digestBuffer(): Buffer;
};
type Package = { readonly Blake3Hasher: { newKeyed(key: Buffer): Hasher } };

/** Loads it; `undefined` if it is not there for this platform. */
export function nativeKeyedBlake3(): Hashing["keyed"] | undefined {
  let loaded: Package;
  try {
    loaded = createRequire(import.meta.url)("@napi-rs/blake-hash") as Package;
  } catch {
    return undefined;
  }
  // Few keys are ever used, each for many hashes: a hasher that knows its key is kept with it.
  const hashers = new WeakMap<Uint8Array, { readonly hasher: Hasher; readonly key: Buffer }>();
  return (key, bytes) => {
    let known = hashers.get(key);
    if (known === undefined || !known.key.equals(key)) {
      const copy = Buffer.from(key);
      known = { hasher: loaded.Blake3Hasher.newKeyed(copy), key: copy };
      hashers.set(key, known);
    } else known.hasher.reset();
    known.hasher.update(bytes);
    return new Uint8Array(known.hasher.digestBuffer());
  };
}
