/** Deterministic noise for tests and benches: small, fast, the same in any language. */

/** Numbers from a seed: xorshift32 (Marsaglia 2003). */
export type Noise = {
  /** The next 32 bits. */
  word(): number;
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Standard normal (Box and Muller). */
  normal(): number;
};

/** Noise from a seed; zero counts as one. */
export function noiseOf(seed: number): Noise {
  let x = seed >>> 0 || 1;
  let spare: number | undefined;
  const word = (): number => {
    x = (x ^ (x << 13)) >>> 0;
    x = (x ^ (x >>> 17)) >>> 0;
    x = (x ^ (x << 5)) >>> 0;
    return x;
  };
  // xorshift32 starts slowly from small seeds.
  const warmUp = () => {
    for (let i = 0; i < 16; i += 1) word();
  };
  const uniform = () => word() / 2 ** 32;
  const normal = (): number => {
    if (spare !== undefined) {
      const kept = spare;
      spare = undefined;
      return kept;
    }
    const size = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = size * Math.sin(angle);
    return size * Math.cos(angle);
  };
  warmUp();
  return { word, uniform, normal };
}

/** Bytes of plain xorshift32 from a seed, without warm-up: the form that vectors are made with. */
export function noiseBytes(length: number, seed: number): Uint8Array {
  let x = seed >>> 0;
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i += 1) {
    x = (x ^ (x << 13)) >>> 0;
    x = (x ^ (x >>> 17)) >>> 0;
    x = (x ^ (x << 5)) >>> 0;
    bytes[i] = x & 255;
  }
  return bytes;
}
