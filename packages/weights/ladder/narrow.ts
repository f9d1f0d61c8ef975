/**
 * Narrowing without loss: the same values in fewer bits, or nothing. This is what makes the digest
 * of a BF16 tensor and of its F32 copy the same.
 */

/** The float forms a tensor may be written in, narrowest first: the first that holds all wins. */
export const forms = ["F16", "BF16", "F32"] as const;
export type Form = (typeof forms)[number];

/** Types that narrowing reads, and the bytes of one element. */
export const narrowable: { readonly [type: string]: number } = { F64: 8, F32: 4, F16: 2, BF16: 2 };

/** Forms narrower than a type, in which its values may also be found. */
export function formsBelow(type: string): readonly Form[] {
  switch (type) {
    case "F64":
      return forms;
    case "F32":
      return ["F16", "BF16"];
    case "BF16":
      return ["F16"];
    default:
      return [];
  }
}

/** Bytes of the same values in a narrower form; `undefined` if even one would change. */
export function narrow(type: string, form: Form, bytes: Uint8Array): Uint8Array | undefined {
  const width = narrowable[type]!;
  const count = bytes.length / width;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Uint8Array(count * (form === "F32" ? 4 : 2));
  const target = new DataView(out.buffer);
  for (let i = 0; i < count; i += 1) {
    const single = singleBits(type, view, i * width);
    if (single < 0) return undefined;
    if (form === "F32") {
      target.setUint32(4 * i, single, true);
      continue;
    }
    const half = form === "BF16" ? brainBits(single) : halfBits(single);
    if (half < 0) return undefined;
    target.setUint16(2 * i, half, true);
  }
  return out;
}

const scratch = new DataView(new ArrayBuffer(4));

/** binary32 bits of one element, or −1 if it does not fit. */
function singleBits(type: string, view: DataView, at: number): number {
  if (type === "F32") return view.getUint32(at, true);
  if (type === "BF16") return view.getUint16(at, true) * 65_536;
  const value = view.getFloat64(at, true);
  // A NaN's payload may not survive: then the wide form stands, which is safe.
  if (Math.fround(value) !== value) return -1;
  scratch.setFloat32(0, value);
  return scratch.getUint32(0);
}

/** bfloat16 bits of a binary32, or −1. */
function brainBits(single: number): number {
  return (single & 0xffff) === 0 ? single >>> 16 : -1;
}

/** binary16 bits of a binary32, or −1. */
function halfBits(single: number): number {
  const sign = (single >>> 16) & 0x8000;
  const exponent = (single >>> 23) & 255;
  const mantissa = single & 0x7f_ffff;
  if (exponent === 0) return mantissa === 0 ? sign : -1;
  if (exponent === 255) return (mantissa & 0x1fff) === 0 ? sign | 0x7c00 | (mantissa >>> 13) : -1;
  if (exponent > 142 || exponent < 103) return -1;
  if (exponent >= 113) {
    if ((mantissa & 0x1fff) !== 0) return -1;
    return sign | ((exponent - 112) << 10) | (mantissa >>> 13);
  }
  const shift = 126 - exponent;
  const whole = mantissa | 0x80_0000;
  return (whole & (2 ** shift - 1)) === 0 ? sign | (whole >>> shift) : -1;
}
