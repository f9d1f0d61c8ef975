/** The hash functions of a pass, with kernels built for this machine's WebAssembly. */
import { equalBytes } from "../core.ts";
import { type Hashing, plainHashing, type RunningHash, type StepRoom } from "./hashing.ts";
import { makeFastKeyedHash } from "./kernel/blake3-kernel.ts";
import { makeFastCutFinder } from "./kernel/gear-kernel.ts";
import { openStepRoom } from "./kernel/step-kernel.ts";
import { type KeyedHash, keyedBlake3 } from "./xet-hash.ts";

/** Rooms that are kept for the next pass: more passes at once are rare. */
const roomsKept = 2;

/**
 * Fast hashing. An app brings its platform's SHA-256, which no JavaScript comes near, and a native
 * keyed BLAKE3 if it has one; that is used only if it hashes as BLAKE3 does.
 */
export function makeFastHashing(
  sha256: () => RunningHash = plainHashing.sha256,
  native?: KeyedHash,
): Hashing {
  const free: StepRoom[] = [];
  return {
    sha256,
    keyed: native !== undefined && isKeyedBlake3(native) ? native : makeFastKeyedHash(),
    findCut: makeFastCutFinder(),
    rooms: {
      lend: () => free.pop() ?? openStepRoom(),
      giveBack: (room) => {
        if (free.length < roomsKept && !free.includes(room)) free.push(room);
      },
    },
  };
}

/** Tried on lengths that take each of BLAKE3's paths, twice, for a hasher may be used again. */
function isKeyedBlake3(hash: KeyedHash): boolean {
  const key = Uint8Array.from({ length: 32 }, (_, i) => 7 * i + 1);
  const bytes = Uint8Array.from({ length: 5000 }, (_, i) => (i * i) >> 3);
  return [0, 1, 1024, 5000, 0, 1, 1024, 5000].every((length) => {
    const part = bytes.subarray(0, length);
    return equalBytes(hash(key, part), keyedBlake3(key, part));
  });
}
