/**
 * Keyed BLAKE3 by the Rust implementation, with the widest vectors that this machine has: twice as
 * fast as WebAssembly's. The package holds ready-made binaries; on a platform without one there is
 * none, and whoever hashes uses something slower.
 */
import { createRequire } from "node:module";

/** 32 bytes of key, any bytes, 32 bytes out. */
export type KeyedBlake3 = (key: Uint8Array, bytes: Uint8Array) => Uint8Array;

/** What is used of the package. */
type Hasher = {
  reset(): void;
  update(bytes: Uint8Array): unknown;
  digestBuffer(): Buffer;
};
type Package = { readonly Blake3Hasher: { newKeyed(key: Buffer): Hasher } };

/** Loads it; `undefined` if it is not there for this platform. */
export function nativeKeyedBlake3(): KeyedBlake3 | undefined {
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
