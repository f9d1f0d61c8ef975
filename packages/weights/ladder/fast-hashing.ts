/** The hash functions of a pass, with kernels built for this machine's WebAssembly. */
import { type Hashing, plainHashing, type RunningHash } from "./hashing.ts";
import { makeFastKeyedHash } from "./kernel/blake3-kernel.ts";
import { makeFastCutFinder } from "./kernel/gear-kernel.ts";

/** Fast hashing. An app brings its platform's SHA-256, which no JavaScript comes near. */
export function makeFastHashing(sha256: () => RunningHash = plainHashing.sha256): Hashing {
  return { sha256, keyed: makeFastKeyedHash(), findCut: makeFastCutFinder() };
}
