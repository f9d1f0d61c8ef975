/**
 * Whether a page of memory is of numbers as a trained model has them. Heaps, text, pointers,
 * images, sound and whatever is compressed or encrypted are not; other tables of small signed
 * floats (embeddings, samples of a simulation) cannot be told from weights, and are not.
 *
 * Weights lie around zero, as often below as above, within a few powers of two of each other, and
 * their last bits are noise. Quantised ones come in blocks: noise, and a scale every so many bytes.
 */

/** Shares of values: nearly all within the powers of two, and signs about even. */
const withinPart = 0.97;
const signPartMin = 0.35;
/** Numbers of a page that may be zero: a sparse tensor is one, a page of nothing is not. */
const zeroPartMax = 0.5;
/** Bits of entropy in a byte of the mantissa; a page has few samples, so the full 8 are not met. */
const noiseBits = 7.1;
/** Bits of entropy of the sign and exponents: a tensor spreads over several powers of two. */
const exponentBitsMin = 1.5;
const exponentBitsMax = 5;

type FloatForm = {
  readonly bytes: 2 | 4;
  readonly exponentShift: number;
  readonly exponentMask: number;
  /** Exponents, biased, between which trained values lie: 2^-24 to 2^3. */
  readonly from: number;
  readonly to: number;
};

const forms: readonly FloatForm[] = [
  // BF16, and F16 down to where it has no normal numbers any more.
  { bytes: 2, exponentShift: 7, exponentMask: 0xff, from: 103, to: 130 },
  { bytes: 2, exponentShift: 10, exponentMask: 0x1f, from: 1, to: 18 },
  { bytes: 4, exponentShift: 23, exponentMask: 0xff, from: 103, to: 130 },
];

/** Bytes of a block of ggml's quantised types whose blocks are many in a page. */
const blockBytes = [18, 20, 22, 24, 34, 36, 66, 74, 82, 84, 98, 110, 136, 144, 176, 210] as const;
/** Places of a block that hold a byte of a scale, or of a minimum, and take few values. */
const scalePlacesMax = 2;
/** A scale's high byte takes so few of the values that noise would take in as many blocks. */
const scaleDistinctMax = 0.35;
/** The other places are noise, all but the packed small scales of some types. */
const noiseDistinctMin = 0.4;
const noisyPlacesMin = 0.85;
/** Bits per byte of a whole page of blocks: programs and records have less. */
const blockBitsMin = 6.4;

/** True if a page's bytes look like weights: floats of 16 or 32 bits, or quantised blocks. */
export function isWeightLike(page: Uint8Array): boolean {
  return forms.some((form) => isFloats(page, form)) || isBlocks(page);
}

function isFloats(page: Uint8Array, form: FloatForm): boolean {
  const { bytes, exponentShift, exponentMask, from, to } = form;
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  const count = Math.floor(page.length / bytes);
  const noise = new Float64Array(256);
  const exponents = new Float64Array(2 * (exponentMask + 1));
  let zeros = 0;
  let within = 0;
  let below = 0;
  for (let i = 0; i < count; i += 1) {
    const value = bytes === 2 ? view.getUint16(2 * i, true) : view.getUint32(4 * i, true);
    const sign = bytes === 2 ? value >>> 15 : value >>> 31;
    if ((bytes === 2 ? value & 0x7fff : value & 0x7fff_ffff) === 0) {
      zeros += 1;
      continue;
    }
    const exponent = (value >>> exponentShift) & exponentMask;
    if (exponent >= from && exponent <= to) within += 1;
    below += sign;
    const last = exponent * 2 + sign;
    exponents[last] = exponents[last]! + 1;
    // The top bits of the mantissa: they are noise also where the last ones are zeros of a cast.
    const mantissa = exponentShift >= 8 ? value >>> (exponentShift - 8) : value << 1;
    noise[mantissa & 255] = noise[mantissa & 255]! + 1;
  }
  const numbers = count - zeros;
  if (zeros > zeroPartMax * count || within < withinPart * numbers) return false;
  if (below < signPartMin * numbers || below > (1 - signPartMin) * numbers) return false;
  const spread = entropyBits(exponents);
  if (spread < exponentBitsMin || spread > exponentBitsMax) return false;
  // BF16 has seven bits of mantissa.
  return entropyBits(noise) >= (exponentShift === 7 ? noiseBits - 0.9 : noiseBits);
}

function isBlocks(page: Uint8Array): boolean {
  const bytes = new Float64Array(256);
  for (const byte of page) bytes[byte] = bytes[byte]! + 1;
  return entropyBits(bytes) >= blockBitsMin && blockBytes.some((size) => isBlocksOf(page, size));
}

function isBlocksOf(page: Uint8Array, size: number): boolean {
  const blocks = Math.floor(page.length / size);
  // So many values a place can be expected to take, if any of 256 is as likely.
  const expected = 256 * (1 - (255 / 256) ** blocks);
  const seenAt = new Int16Array(256);
  let scales = 0;
  let noisy = 0;
  for (let place = 0; place < size; place += 1) {
    let distinct = 0;
    for (let at = place, block = 0; block < blocks; at += size, block += 1) {
      const byte = page[at]!;
      if (seenAt[byte] === place + 1) continue;
      seenAt[byte] = place + 1;
      distinct += 1;
    }
    if (distinct <= scaleDistinctMax * expected) scales += 1;
    else if (distinct >= noiseDistinctMin * expected) noisy += 1;
    if (scales > scalePlacesMax) return false;
  }
  return scales > 0 && noisy >= noisyPlacesMin * size;
}

function entropyBits(histogram: Float64Array): number {
  let total = 0;
  for (const count of histogram) total += count;
  let bits = 0;
  for (const count of histogram) {
    if (count > 0) bits -= (count / total) * Math.log2(count / total);
  }
  return bits;
}
