/**
 * Floats of 16 bits and less, exactly, as tables: IEEE 754 binary16, the two 8-bit forms of OCP
 * OFP8 v1.0 and their "FNUZ" cousins (one zero, one NaN, no infinity), and the 4- and 6-bit
 * elements and the 8-bit scale of OCP MX v1.0.
 */

/** How bits spell a float: `special` says what the highest exponent, or the sign alone, means. */
type Layout = {
  readonly exponentBits: number;
  readonly mantissaBits: number;
  readonly bias: number;
  readonly special: "ieee" | "fn" | "fnuz" | "none";
};

const layouts = {
  F16: { exponentBits: 5, mantissaBits: 10, bias: 15, special: "ieee" },
  F8_E5M2: { exponentBits: 5, mantissaBits: 2, bias: 15, special: "ieee" },
  F8_E4M3: { exponentBits: 4, mantissaBits: 3, bias: 7, special: "fn" },
  F8_E5M2FNUZ: { exponentBits: 5, mantissaBits: 2, bias: 16, special: "fnuz" },
  F8_E4M3FNUZ: { exponentBits: 4, mantissaBits: 3, bias: 8, special: "fnuz" },
  F6_E3M2: { exponentBits: 3, mantissaBits: 2, bias: 3, special: "none" },
  F6_E2M3: { exponentBits: 2, mantissaBits: 3, bias: 1, special: "none" },
  F4: { exponentBits: 2, mantissaBits: 1, bias: 1, special: "none" },
} as const satisfies { readonly [name: string]: Layout };

export type SmallFloat = keyof typeof layouts | "F8_E8M0";

const tables = new Map<SmallFloat, Float32Array>();

/** Every value of a small float, indexed by its bits. All are exact in binary32. */
export function smallFloatTable(type: SmallFloat): Float32Array {
  const known = tables.get(type);
  if (known !== undefined) return known;
  const made = type === "F8_E8M0" ? scaleTable() : tableOf(layouts[type]);
  tables.set(type, made);
  return made;
}

/** Powers of two from 2^-127 to 2^127; 255 is NaN (OCP MX v1.0 §5.4.1). */
function scaleTable(): Float32Array {
  const table = Float32Array.from({ length: 256 }, (_, bits) => 2 ** (bits - 127));
  table[255] = Number.NaN;
  return table;
}

function tableOf(layout: Layout): Float32Array {
  const bits = 1 + layout.exponentBits + layout.mantissaBits;
  const table = new Float32Array(2 ** bits);
  for (let word = 0; word < table.length; word += 1) table[word] = floatOf(layout, word);
  return table;
}

function floatOf(layout: Layout, word: number): number {
  const { exponentBits, mantissaBits, bias, special } = layout;
  const mantissa = word & (2 ** mantissaBits - 1);
  const exponent = (word >> mantissaBits) & (2 ** exponentBits - 1);
  const negative = word >> (mantissaBits + exponentBits) !== 0;
  const highest = 2 ** exponentBits - 1;
  if (special === "fnuz" && negative && exponent === 0 && mantissa === 0) return Number.NaN;
  if (special === "ieee" && exponent === highest) {
    if (mantissa !== 0) return Number.NaN;
    return negative ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  if (special === "fn" && exponent === highest && mantissa === 2 ** mantissaBits - 1) {
    return Number.NaN;
  }
  const size =
    exponent === 0
      ? mantissa * 2 ** (1 - bias - mantissaBits)
      : (1 + mantissa / 2 ** mantissaBits) * 2 ** (exponent - bias);
  return negative ? -size : size;
}
