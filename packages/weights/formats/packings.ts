/**
 * Weights packed in several tensors, recognised by the names and shapes that the quantisers write:
 * GPTQ, AWQ, bitsandbytes, compressed-tensors, block FP8, MXFP4, NVFP4, MLX. Shapes must agree with
 * each other; a name alone convinces nobody.
 */
import type { Model, PackedWeight, PackingRole, PackingScheme, Tensor } from "../tensor.ts";
import type { OpenOptions } from "./context.ts";
import { bnbState, mlxBits, smallIntegers } from "./packing-facts.ts";

type Found = Omit<PackedWeight, "roles"> & { readonly roles: PackedWeight["roles"] };

type Names = {
  readonly model: Model;
  /** Index of a tensor by its name. */
  readonly index: ReadonlyMap<string, number>;
  readonly mlx: { readonly bits: number; readonly groupSize: number } | undefined;
};

/** Packed weights of a model, by the order of their main tensor. */
export async function packedWeights(
  model: Model,
  options: OpenOptions,
): Promise<readonly PackedWeight[]> {
  const index = new Map(model.tensors.map(({ name }, at) => [name, at]));
  const maybeMlx = model.tensors.some(({ type }) => type === "U32");
  const names: Names = { model, index, mlx: maybeMlx ? await mlxBits(options) : undefined };
  const packed: PackedWeight[] = [];
  for (const [at, tensor] of model.tensors.entries()) {
    const found = await recognise(names, tensor, at);
    if (found !== undefined) packed.push(found);
  }
  return packed;
}

async function recognise(names: Names, tensor: Tensor, at: number): Promise<Found | undefined> {
  const { name } = tensor;
  if (name.endsWith(".qweight")) return gptqOrAwq(names, tensor, at);
  if (name.endsWith(".weight_packed")) return compressed(names, tensor, at);
  if (name.endsWith("_blocks")) return mxfp4(names, tensor, at);
  // Plain floats are not packed; most tensors of most models are, so they are asked first.
  if (!storedTypes.has(tensor.type) || !name.endsWith(".weight")) return undefined;
  return (
    (await bitsandbytes(names, tensor, at)) ?? mlx(names, tensor, at) ?? scaled(names, tensor, at)
  );
}

const storedTypes = new Set<Tensor["type"]>(["U8", "I8", "U32", "F8_E4M3", "F8_E5M2"]);

function tensorNamed(names: Names, name: string): Tensor | undefined {
  const at = names.index.get(name);
  return at === undefined ? undefined : names.model.tensors[at];
}

/** Indices of those of the named tensors that are there. */
function rolesOf(
  names: Names,
  weight: number,
  others: { readonly [role in PackingRole]?: string },
): PackedWeight["roles"] {
  const roles: { [role in PackingRole]?: number } = { weight };
  for (const [role, name] of Object.entries(others)) {
    const at = names.index.get(name);
    if (at !== undefined) roles[role as PackingRole] = at;
  }
  return roles;
}

function stem(name: string, ending: string): string {
  return name.slice(0, -ending.length);
}

/** AutoGPTQ packs along the input (rows), AutoAWQ along the output (columns); both in int32. */
function gptqOrAwq(names: Names, tensor: Tensor, at: number): Found | undefined {
  const base = stem(tensor.name, ".qweight");
  const scales = tensorNamed(names, `${base}.scales`);
  const zeros = tensorNamed(names, `${base}.qzeros`);
  const [rows, columns] = tensor.shape;
  const [groups, outputs] = scales?.shape ?? [];
  const zeroColumns = zeros?.shape[1];
  if (rows === undefined || columns === undefined || tensor.type !== "I32") return undefined;
  if (!groups || !outputs || zeroColumns === undefined) return undefined;
  const bits = (zeroColumns * 32) / outputs;
  if (![2, 3, 4, 8].includes(bits)) return undefined;
  const awq = columns !== outputs && columns * 32 === outputs * bits;
  if (!awq && columns !== outputs) return undefined;
  const inputs = awq ? rows : (rows * 32) / bits;
  if (!Number.isInteger(inputs)) return undefined;
  const others = { scales: `${base}.scales`, zeros: `${base}.qzeros`, groupIndex: `${base}.g_idx` };
  return {
    name: `${base}.weight`,
    scheme: awq ? "awq" : "gptq",
    shape: [outputs, inputs],
    bits,
    groupSize: Math.ceil(inputs / groups),
    roles: rolesOf(names, at, others),
  };
}

/** compressed-tensors: `pack-quantized` integers in int32, or `nvfp4-pack-quantized`. */
async function compressed(names: Names, tensor: Tensor, at: number): Promise<Found | undefined> {
  const base = stem(tensor.name, "_packed");
  const scales = tensorNamed(names, `${base}_scale`);
  const [rows, columns] = tensor.shape;
  if (scales === undefined || rows === undefined || columns === undefined) return undefined;
  const groups = scales.shape[1] ?? 1;
  const others = {
    scales: `${base}_scale`,
    zeros: `${base}_zero_point`,
    groupIndex: `${base}_g_idx`,
    shape: `${base}_shape`,
    globalScale: `${base}_global_scale`,
    inputScale: `${stem(base, "weight")}input_global_scale`,
  };
  const roles = rolesOf(names, at, others);
  if (tensor.type === "U8" && scales.type === "F8_E4M3") {
    const shape = [rows, 2 * columns];
    const scheme = "compressed-tensors-nvfp4";
    return { name: base, scheme, shape, bits: 4, groupSize: 16, roles };
  }
  const written = await smallIntegers(names.model, roles.shape);
  const inputs = written?.[1];
  if (tensor.type !== "I32" || inputs === undefined || inputs < 1) return undefined;
  const bits = Math.floor((columns * 32) / inputs);
  if (bits < 1 || bits > 8 || written?.[0] !== rows) return undefined;
  const groupSize = groups > 1 ? Math.ceil(inputs / groups) : 0;
  const shape = [rows, inputs];
  return { name: base, scheme: "compressed-tensors-int", shape, bits, groupSize, roles };
}

/** gpt-oss: `X_blocks` of 16 bytes (32 values) and `X_scales`, one exponent for each block. */
function mxfp4(names: Names, tensor: Tensor, at: number): Found | undefined {
  const base = stem(tensor.name, "_blocks");
  const scales = tensorNamed(names, `${base}_scales`);
  const { shape, type } = tensor;
  const outer = shape.slice(0, -1);
  const fits = scales !== undefined && scales.type === "U8" && type === "U8";
  if (!fits || shape.at(-1) !== 16 || !sameShape(scales.shape, outer)) return undefined;
  const logical = [...outer.slice(0, -1), outer.at(-1)! * 32];
  const roles = rolesOf(names, at, { scales: `${base}_scales` });
  return { name: base, scheme: "mxfp4", shape: logical, bits: 4, groupSize: 32, roles };
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** bitsandbytes: 4-bit with `absmax` and a JSON of its state, or 8-bit with row scales `SCB`. */
async function bitsandbytes(names: Names, tensor: Tensor, at: number): Promise<Found | undefined> {
  const { name, type, shape } = tensor;
  const scb = tensorNamed(names, `${stem(name, "weight")}SCB`);
  if (type === "I8" && scb !== undefined && scb.shape[0] === shape[0]) {
    const roles = rolesOf(names, at, { scales: `${stem(name, "weight")}SCB` });
    return { name, scheme: "bnb-int8", shape, bits: 8, groupSize: 0, roles };
  }
  if (type !== "U8" || !names.index.has(`${name}.absmax`)) return undefined;
  const kind = ["nf4", "fp4"].find((k) =>
    names.index.has(`${name}.quant_state.bitsandbytes__${k}`),
  );
  const stateName = `${name}.quant_state.bitsandbytes__${kind}`;
  const state = await bnbState(names.model, names.index.get(stateName));
  const roles = rolesOf(names, at, {
    scales: `${name}.absmax`,
    codebook: `${name}.quant_map`,
    nestedScales: `${name}.nested_absmax`,
    nestedCodebook: `${name}.nested_quant_map`,
    state: stateName,
  });
  if (state === undefined) return undefined;
  const { shape: logical, blockSize: groupSize } = state;
  return { name, scheme: "bnb-4bit", shape: logical, bits: 4, groupSize, roles };
}

/** MLX: `weight` in uint32, with `scales` and `biases` of one value for each group. */
function mlx(names: Names, tensor: Tensor, at: number): Found | undefined {
  const base = stem(tensor.name, ".weight");
  const scales = tensorNamed(names, `${base}.scales`);
  const biases = tensorNamed(names, `${base}.biases`);
  const columns = tensor.shape.at(-1);
  const groups = scales?.shape.at(-1);
  if (tensor.type !== "U32" || !columns || !groups || biases === undefined) return undefined;
  if (!sameShape(scales!.shape, biases.shape)) return undefined;
  // Words for each group give bits × group size only; the configuration beside the file, if there
  // is one, tells them apart, else the default group of 64 does, then the others.
  const product = (columns * 32) / groups;
  const groupSize =
    names.mlx !== undefined && names.mlx.bits * names.mlx.groupSize === product
      ? names.mlx.groupSize
      : [64, 32, 128].find((size) => [2, 3, 4, 5, 6, 8].includes(product / size));
  if (groupSize === undefined) return undefined;
  const shape = [...tensor.shape.slice(0, -1), groups * groupSize];
  const roles = rolesOf(names, at, { scales: `${base}.scales`, biases: `${base}.biases` });
  const bits = product / groupSize;
  return { name: tensor.name, scheme: "mlx-affine", shape, bits, groupSize, roles };
}

/** One stored value an element (FP8, int8), or two FP4 in a byte, with scales of their own. */
function scaled(names: Names, tensor: Tensor, at: number): Found | undefined {
  const { name, type, shape } = tensor;
  const [rows, columns] = shape;
  if (rows === undefined || columns === undefined || shape.length !== 2) return undefined;
  const inverse = tensorNamed(names, `${name}_scale_inv`);
  const scale = tensorNamed(names, `${name}_scale`);
  const fp8 = type === "F8_E4M3" || type === "F8_E5M2";
  const found = (
    scheme: PackingScheme,
    facts: { shape: readonly number[]; bits: number; groupSize: number; scales: string },
  ): Found => {
    const inputScale = `${stem(name, "weight")}input_scale`;
    const globalScale = `${name}_scale_2`;
    const roles = rolesOf(names, at, { scales: facts.scales, inputScale, globalScale });
    return {
      name,
      scheme,
      shape: facts.shape,
      bits: facts.bits,
      groupSize: facts.groupSize,
      roles,
    };
  };
  // DeepSeek: squares of 128 × 128 share a scale.
  if (fp8 && inverse !== undefined) {
    const fits = sameShape(inverse.shape, [Math.ceil(rows / 128), Math.ceil(columns / 128)]);
    const facts = { shape, bits: 8, groupSize: 128, scales: `${name}_scale_inv` };
    return fits ? found("fp8-block", facts) : undefined;
  }
  if (scale === undefined) return undefined;
  const groups = scale.shape[1] ?? 1;
  const groupSize = groups > 1 ? Math.ceil(columns / groups) : 0;
  const scales = `${name}_scale`;
  if (fp8) return found("compressed-tensors-float", { shape, bits: 8, groupSize, scales });
  if (type === "I8") return found("compressed-tensors-int", { shape, bits: 8, groupSize, scales });
  // NVIDIA ModelOpt keeps NVFP4 under the plain name.
  const isNvfp4 = type === "U8" && scale.type === "F8_E4M3" && groups * 8 === columns;
  const logical = { shape: [rows, 2 * columns], bits: 4, groupSize: 16, scales };
  return isNvfp4 ? found("nvfp4", logical) : undefined;
}
