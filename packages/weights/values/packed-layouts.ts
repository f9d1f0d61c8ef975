/**
 * Where each packed layout keeps a value, and what it makes of it. Sources: AutoGPTQ and GPTQModel
 * `qlinear`, AutoAWQ `WQLinear_GEMM`, bitsandbytes `functional.py`, compressed-tensors
 * `pack_quantized`, MLX `quantize`, OCP MX v1.0, NVIDIA ModelOpt, DeepSeek-V3's inference code.
 */
import { fromUtf8, unreachable } from "../core.ts";
import type { Model, PackedWeight, PackingRole } from "../tensor.ts";
import { smallFloatTable } from "./small-floats.ts";
import type { Weight } from "./weight.ts";

/**
 * A value, and how far an honest quantiser was from it at most; NaN where its method has no bound.
 */
export type Cell = { readonly value: number; readonly slack: number };

/** The value at a row (all dimensions but the last, flattened) and a column. */
export type Layout = (row: number, column: number) => Promise<Cell>;

/** Numbers of the packed tensors by role. */
export type Cells = {
  has(role: PackingRole): boolean;
  /** Length of a dimension, from the outermost; 1 beyond. */
  size(role: PackingRole, axis: number): number;
  at(role: PackingRole, index: number): Promise<number>;
};

/** Cells over the weights that roles name. */
export function cellsOf(find: (role: PackingRole) => Weight | undefined): Cells {
  const known = new Map<PackingRole, Weight | undefined>();
  const weight = (role: PackingRole) => {
    if (!known.has(role)) known.set(role, find(role));
    return known.get(role);
  };
  return {
    has: (role) => weight(role) !== undefined,
    size: (role, axis) => weight(role)?.shape[axis] ?? 1,
    async at(role, index) {
      const found = weight(role);
      // Shapes that do not agree were refused when the layout was recognised; a value beyond the
      // tensor is then nothing, not a read outside it.
      if (found === undefined || index >= found.elements) return Number.NaN;
      const run = await found.read(index, 1);
      return run.values[0]!;
    },
  };
}

const noBound = Number.NaN;
const fourBitFloats = smallFloatTable("F4");

/** `bits` at a bit position of a stream of 32-bit words, low bits first. */
async function bitsAt(
  word: (index: number) => Promise<number>,
  position: number,
  bits: number,
): Promise<number> {
  const index = Math.floor(position / 32);
  const shift = position % 32;
  let code = (await word(index)) >>> shift;
  if (shift + bits > 32) code |= ((await word(index + 1)) << (32 - shift)) >>> 0;
  return code & (2 ** bits - 1);
}

/** The layout of a packed weight; `undefined` if its tensors do not allow one. */
export function layoutOf(model: Model, packed: PackedWeight, cells: Cells): Layout | undefined {
  switch (packed.scheme) {
    case "gptq":
      return gptq(packed, cells);
    case "awq":
      return awq(packed, cells);
    case "bnb-4bit":
      return bnbFour(model, packed, cells);
    case "bnb-int8":
      return async (row, column) => {
        const scale = (await cells.at("scales", row)) / 127;
        const code = await cells.at("weight", row * packed.shape[1]! + column);
        return { value: code * scale, slack: Math.abs(scale) * 0.51 };
      };
    case "compressed-tensors-int":
      return compressedIntegers(packed, cells);
    case "compressed-tensors-float":
    case "fp8-block":
      return scaledFloats(packed, cells);
    case "mxfp4":
      return async (row, column) => {
        const exponent = await cells.at(
          "scales",
          row * (packed.shape.at(-1)! / 32) + (column >> 5),
        );
        const scale = 2 ** (exponent - 127);
        const value = scale * (await fourBitFloat(packed, cells, row, column));
        return { value, slack: scale * 2.01 };
      };
    case "nvfp4":
    case "compressed-tensors-nvfp4":
      return nvfp4(packed, cells);
    case "mlx-affine":
      return mlx(packed, cells);
    case "onnx-qdq":
      return quantisedLinear(packed, cells);
    default:
      return unreachable(packed.scheme);
  }
}

async function fourBitFloat(packed: PackedWeight, cells: Cells, row: number, column: number) {
  const byte = await cells.at("weight", Math.floor((row * packed.shape.at(-1)! + column) / 2));
  return fourBitFloats[column % 2 === 0 ? byte & 15 : byte >> 4]!;
}

/** Codes run down the input in words; zero points are stored one less than they are. */
function gptq({ bits, groupSize }: PackedWeight, cells: Cells): Layout {
  const outputs = cells.size("scales", 1);
  const zeroWords = cells.size("zeros", 1);
  return async (output, input) => {
    const group = cells.has("groupIndex")
      ? await cells.at("groupIndex", input)
      : Math.floor(input / groupSize);
    const code = await bitsAt((k) => cells.at("weight", k * outputs + output), input * bits, bits);
    const zero =
      1 + (await bitsAt((k) => cells.at("zeros", group * zeroWords + k), output * bits, bits));
    const scale = await cells.at("scales", group * outputs + output);
    return { value: scale * (code - zero), slack: noBound };
  };
}

/** Outputs interleave within a word: its nibbles hold outputs 0, 2, 4, 6, 1, 3, 5, 7. */
const awqNibbles = [0, 4, 1, 5, 2, 6, 3, 7];

function awq({ bits, groupSize }: PackedWeight, cells: Cells): Layout {
  const words = cells.size("weight", 1);
  const outputs = cells.size("scales", 1);
  return async (output, input) => {
    const perWord = 32 / bits;
    const within = output % perWord;
    const shift = bits * (bits === 4 ? awqNibbles[within]! : within);
    const index = Math.floor(output / perWord);
    const group = Math.floor(input / groupSize);
    const mask = 2 ** bits - 1;
    const code = ((await cells.at("weight", input * words + index)) >>> shift) & mask;
    const zero = ((await cells.at("zeros", group * words + index)) >>> shift) & mask;
    const scale = await cells.at("scales", group * outputs + output);
    return { value: scale * (code - zero), slack: noBound };
  };
}

/** Two codes a byte, the first in the high nibble; scales may be quantised themselves. */
function bnbFour(model: Model, packed: PackedWeight, cells: Cells): Layout {
  const columns = packed.shape.at(-1)!;
  let offset: number | undefined;
  return async (row, column) => {
    const index = row * columns + column;
    const byte = await cells.at("weight", index >> 1);
    const block = Math.floor(index / packed.groupSize);
    let scale = await cells.at("scales", block);
    if (cells.has("nestedScales")) {
      offset ??= await nestedOffset(model, packed);
      const outer = await cells.at("nestedScales", Math.floor(block / 256));
      scale = (await cells.at("nestedCodebook", scale)) * outer + offset;
    }
    const level = await cells.at("codebook", index % 2 === 0 ? byte >> 4 : byte & 15);
    // Levels lie at most a third of the scale apart (fp4 between 2/3 and 1; nf4 less).
    return { value: level * scale, slack: Math.abs(scale) * 0.18 };
  };
}

/** What bitsandbytes took from the scales before it quantised them: a member of its JSON state. */
async function nestedOffset(model: Model, packed: PackedWeight): Promise<number> {
  const tensor = model.tensors[packed.roles.state ?? -1];
  if (tensor === undefined || tensor.data.length > 65_536) return 0;
  const { part, offset, length } = tensor.data;
  const text = fromUtf8(await model.parts[part]!.reader.read(offset, length)) ?? "";
  return Number(/"nested_offset":\s*(-?[0-9.]+(?:[eE][-+]?[0-9]+)?)/.exec(text)?.[1] ?? 0);
}

function compressedIntegers(packed: PackedWeight, cells: Cells): Layout {
  const { bits, groupSize, shape } = packed;
  const [rows, columns] = shape as [number, number];
  const groups = groupSize === 0 ? 1 : Math.ceil(columns / groupSize);
  const plain = bits === 8 && cells.size("weight", 1) === columns;
  const words = cells.size("weight", 1);
  const single = cells.size("scales", 0) === 1 && rows > 1;
  return async (row, column) => {
    const group = groupSize === 0 ? 0 : Math.floor(column / groupSize);
    const scale = await cells.at("scales", single ? 0 : row * groups + group);
    const code = plain
      ? await cells.at("weight", row * columns + column)
      : (await packedCode(cells, row * words, column, bits)) - 2 ** (bits - 1);
    const zero = cells.has("zeros")
      ? await zeroPoint(cells, { row, group, groups, bits, rows })
      : 0;
    return { value: scale * (code - zero), slack: noBound };
  };
}

/** Whole codes only: what does not fit a word is left empty. */
async function packedCode(cells: Cells, firstWord: number, column: number, bits: number) {
  const perWord = Math.floor(32 / bits);
  const word = await cells.at("weight", firstWord + Math.floor(column / perWord));
  return (word >>> (bits * (column % perWord))) & (2 ** bits - 1);
}

/** Zero points are bytes, or packed down the rows like the codes along them. */
async function zeroPoint(
  cells: Cells,
  at: { row: number; group: number; groups: number; bits: number; rows: number },
): Promise<number> {
  const { row, group, groups, bits, rows } = at;
  if (cells.size("zeros", 0) === rows) return cells.at("zeros", row * groups + group);
  const perWord = Math.floor(32 / bits);
  const word = await cells.at("zeros", Math.floor(row / perWord) * groups + group);
  return ((word >>> (bits * (row % perWord))) & (2 ** bits - 1)) - 2 ** (bits - 1);
}

function scaledFloats(packed: PackedWeight, cells: Cells): Layout {
  const { groupSize, scheme, shape } = packed;
  const [rows, columns] = shape as [number, number];
  const square = scheme === "fp8-block";
  const across = groupSize === 0 ? 1 : Math.ceil(columns / groupSize);
  const single = cells.size("scales", 0) === 1 && rows > 1 && !square;
  return async (row, column) => {
    const line = square ? Math.floor(row / groupSize) : row;
    const group = groupSize === 0 ? 0 : Math.floor(column / groupSize);
    const scale = await cells.at("scales", single ? 0 : line * across + group);
    const value = scale * (await cells.at("weight", row * columns + column));
    // E4M3 keeps 3 bits, E5M2 2; their smallest steps are 2^-9 and 2^-16.
    return { value, slack: Math.abs(value) / 4 + Math.abs(scale) * 2 ** -9 };
  };
}

/** compressed-tensors divides by its global scale, ModelOpt (`weight_scale_2`) multiplies. */
function nvfp4(packed: PackedWeight, cells: Cells): Layout {
  const multiplies = packed.scheme === "nvfp4";
  return async (row, column) => {
    const whole = cells.has("globalScale") ? await cells.at("globalScale", 0) : 1;
    const groups = packed.shape.at(-1)! / 16;
    const local = await cells.at("scales", row * groups + (column >> 4));
    const scale = multiplies ? local * whole : local / whole;
    const value = scale * (await fourBitFloat(packed, cells, row, column));
    return { value, slack: Math.abs(scale) * 1.2 };
  };
}

function mlx(packed: PackedWeight, cells: Cells): Layout {
  const { bits, groupSize, shape } = packed;
  const columns = shape.at(-1)!;
  const words = (columns * bits) / 32;
  const groups = columns / groupSize;
  return async (row, column) => {
    const code = await bitsAt((k) => cells.at("weight", row * words + k), column * bits, bits);
    const at = row * groups + Math.floor(column / groupSize);
    const scale = await cells.at("scales", at);
    const value = code * scale + (await cells.at("biases", at));
    return { value, slack: Math.abs(scale) * 1.01 };
  };
}

/** ONNX QuantizeLinear: one scale, or one for each index of whichever axis has so many. */
function quantisedLinear(packed: PackedWeight, cells: Cells): Layout {
  const columns = packed.shape.at(-1)!;
  const inner = packed.shape.slice(1).reduce((product, size) => product * size, 1);
  const scales = cells.size("scales", 0);
  return async (row, column) => {
    const index = row * columns + column;
    const first = Math.floor(index / inner);
    const at = scales === 1 ? 0 : scales === packed.shape[0] ? first : column;
    const scale = await cells.at("scales", at);
    const zero = cells.has("zeros") ? await cells.at("zeros", at) : 0;
    const value = scale * ((await cells.at("weight", index)) - zero);
    return { value, slack: Math.abs(scale) * 1.01 };
  };
}
