/** The same model in another dress: units, heads, axes and tensors that others could stand for. */
import { type MadeConfig, type MadeModel, type MadeTensor, stored } from "./model.ts";
import type { Noise } from "./noise.ts";

/** True for matrices and kernels, which are not norms or biases. */
export const isMatrix = (tensor: MadeTensor) => tensor.shape.length >= 2;
/** True if one of these parts is in a tensor's name. */
export const isKind = (tensor: MadeTensor, ...parts: readonly string[]) =>
  parts.some((part) => tensor.name.includes(part));

/** A tensor with other values, in its own type or another. */
export function withValues(
  tensor: MadeTensor,
  values: Float32Array,
  type = tensor.type,
): MadeTensor {
  return stored(tensor.name, tensor.shape, values, type);
}

export function shuffled(length: number, noise: Noise): number[] {
  const order = Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i -= 1) {
    const k = Math.floor(noise.uniform() * (i + 1));
    [order[i], order[k]] = [order[k]!, order[i]!];
  }
  return order;
}

/** Rows (axis 0) or columns (axis 1) in a new order: place `i` gets what was at `order[i]`. */
function reordered(tensor: MadeTensor, axis: 0 | 1, order: readonly number[]): MadeTensor {
  const [rows, columns = 1] = tensor.shape as [number, number];
  const values = new Float32Array(tensor.values.length);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const from = axis === 0 ? order[row]! * columns + column : row * columns + order[column]!;
      values[row * columns + column] = tensor.values[from]!;
    }
  }
  return { ...tensor, values };
}

/** The number of a tensor's layer; empty outside the layers. */
export const layerOf = (tensor: MadeTensor) => /layers\.(\d+)\./.exec(tensor.name)?.[1] ?? "";

export function permuteHidden(model: MadeModel, config: MadeConfig, noise: Noise): MadeModel {
  const orders = Array.from({ length: config.layers }, () => shuffled(config.inner, noise));
  return model.map((tensor) => {
    const order = orders[Number(layerOf(tensor))]!;
    if (isKind(tensor, "gate_proj", "up_proj")) return reordered(tensor, 0, order);
    return isKind(tensor, "down_proj") ? reordered(tensor, 1, order) : tensor;
  });
}

export function permuteHeads(model: MadeModel, config: MadeConfig, noise: Noise): MadeModel {
  const head = config.hidden / config.heads;
  const perGroup = config.heads / config.groups;
  const groups = shuffled(config.groups, noise).reverse();
  const whole = (unit: number, order: readonly number[]) =>
    order.flatMap((from) => Array.from({ length: unit }, (_, i) => from * unit + i));
  const keys = whole(head, groups);
  const queries = whole(head * perGroup, groups);
  return model.map((tensor) => {
    if (isKind(tensor, "q_proj")) return reordered(tensor, 0, queries);
    if (isKind(tensor, "k_proj", "v_proj")) return reordered(tensor, 0, keys);
    return isKind(tensor, "o_proj") ? reordered(tensor, 1, queries) : tensor;
  });
}

/** A random rotation of the hidden axis: many turns of two coordinates at a time. */
function turns(hidden: number, noise: Noise): readonly (readonly [number, number, number])[] {
  return Array.from({ length: 12 }, () => shuffled(hidden, noise)).flatMap((order) =>
    Array.from({ length: hidden / 2 }, (_, i) => {
      const angle = 2 * Math.PI * noise.uniform();
      return [order[2 * i]!, order[2 * i + 1]!, angle] as const;
    }),
  );
}

function turned(tensor: MadeTensor, axis: 0 | 1, all: ReturnType<typeof turns>): MadeTensor {
  const [rows, columns] = tensor.shape as [number, number];
  const values = Float32Array.from(tensor.values);
  const stride = axis === 1 ? 1 : columns;
  const lines = axis === 1 ? rows : columns;
  const step = axis === 1 ? columns : 1;
  for (const [a, b, angle] of all) {
    const cos = Math.cos(angle);
    const sin = Math.sin(angle);
    for (let line = 0; line < lines; line += 1) {
      const x = values[line * step + a * stride]!;
      const y = values[line * step + b * stride]!;
      values[line * step + a * stride] = cos * x - sin * y;
      values[line * step + b * stride] = sin * x + cos * y;
    }
  }
  return withValues(tensor, values);
}

/** Rotates the residual stream, norms folded into the weights that read after them (QuaRot). */
export function rotateResidual(model: MadeModel, config: MadeConfig, noise: Noise): MadeModel {
  const all = turns(config.hidden, noise);
  const norms = new Map(model.map((tensor) => [tensor.name, tensor.values]));
  const folded = (tensor: MadeTensor, by: Float32Array): MadeTensor => ({
    ...tensor,
    values: tensor.values.map((value, i) => value * by[i % config.hidden]!),
  });
  return model.map((tensor) => {
    const at = `model.layers.${layerOf(tensor)}`;
    if (!isMatrix(tensor))
      return withValues(
        tensor,
        tensor.values.map(() => 1),
      );
    if (isKind(tensor, "embed")) return turned(tensor, 1, all);
    if (isKind(tensor, "lm_head")) {
      return turned(folded(tensor, norms.get("model.norm.weight")!), 1, all);
    }
    if (isKind(tensor, "o_proj", "down_proj")) return turned(tensor, 0, all);
    const before = isKind(tensor, "mlp") ? "post_attention_layernorm" : "input_layernorm";
    return turned(folded(tensor, norms.get(`${at}.${before}.weight`)!), 1, all);
  });
}

export function permuteResidual(model: MadeModel, config: MadeConfig, noise: Noise): MadeModel {
  const order = shuffled(config.hidden, noise);
  return model.map((tensor) => {
    if (!isMatrix(tensor)) return reordered(tensor, 0, order);
    return reordered(tensor, isKind(tensor, "o_proj", "down_proj") ? 0 : 1, order);
  });
}

export function padded(
  model: MadeModel,
  extra: number,
  fill: (noise: Noise) => number,
  noise: Noise,
) {
  return model.map((tensor) => {
    if (!isKind(tensor, "embed", "lm_head")) return tensor;
    const [rows, columns] = tensor.shape as [number, number];
    const values = new Float32Array((rows + extra) * columns);
    values.set(tensor.values);
    for (let i = tensor.values.length; i < values.length; i += 1) values[i] = fill(noise);
    return stored(tensor.name, [rows + extra, columns], values, tensor.type);
  });
}

function stack(name: string, parts: readonly MadeTensor[]): MadeTensor {
  const columns = parts[0]!.shape[1]!;
  const rows = parts.reduce((sum, part) => sum + part.shape[0]!, 0);
  const values = new Float32Array(rows * columns);
  let at = 0;
  for (const part of parts) {
    values.set(part.values, at);
    at += part.values.length;
  }
  return { name, shape: [rows, columns], type: parts[0]!.type, values };
}

/** Q, K and V in one tensor, gate and up in another. */
export function fused(model: MadeModel): MadeModel {
  const find = (name: string) => model.find((tensor) => tensor.name === name)!;
  return model.flatMap((tensor) => {
    const at = tensor.name.slice(0, tensor.name.lastIndexOf(".", tensor.name.length - 8) + 1);
    if (isKind(tensor, "k_proj", "v_proj", "up_proj")) return [];
    if (isKind(tensor, "q_proj")) {
      const parts = ["q_proj", "k_proj", "v_proj"].map((part) => find(`${at}${part}.weight`));
      return [stack(`${at}qkv_proj.weight`, parts)];
    }
    if (isKind(tensor, "gate_proj")) {
      const parts = ["gate_proj", "up_proj"].map((part) => find(`${at}${part}.weight`));
      return [stack(`${at}gate_up_proj.weight`, parts)];
    }
    return [tensor];
  });
}

/** Rows of Q and K as llama.cpp's converter reorders them. */
export function rotaryOrder(model: MadeModel, config: MadeConfig): MadeModel {
  const head = config.hidden / config.heads;
  return model.map((tensor) => {
    if (!isKind(tensor, "q_proj", "k_proj")) return tensor;
    const order = Array.from({ length: tensor.shape[0]! }, (_, row) => {
      const within = row % head;
      return row - within + (within % 2) * (head / 2) + Math.floor(within / 2);
    });
    return reordered(tensor, 0, order);
  });
}

/** The first axis put last: a matrix transposed, OIHW as IHWO. */
export function transposed(tensor: MadeTensor): MadeTensor {
  const [rows = 1, ...rest] = tensor.shape;
  const columns = tensor.values.length / rows;
  const values = new Float32Array(tensor.values.length);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      values[column * rows + row] = tensor.values[row * columns + column]!;
    }
  }
  return { ...tensor, shape: [...rest, rows], values };
}

/** Quarters of the rows in another order, as frameworks differ in the gates of an LSTM. */
export function gatesMoved(tensor: MadeTensor): MadeTensor {
  const rows = tensor.shape[0]!;
  if (rows % 4 !== 0) return tensor;
  const quarter = tensor.values.length / 4;
  const values = new Float32Array(tensor.values.length);
  for (const [to, from] of [0, 2, 1, 3].entries()) {
    values.set(tensor.values.subarray(from * quarter, (from + 1) * quarter), to * quarter);
  }
  return { ...tensor, values };
}

/** Rows of the up projection scaled, columns of the down projection scaled back: same function. */
export function scaledUnits(model: MadeModel, config: MadeConfig, noise: Noise): MadeModel {
  const scales = Float32Array.from({ length: config.inner }, () => 0.5 + noise.uniform());
  return model.map((tensor) => {
    if (isKind(tensor, "up_proj")) {
      const values = tensor.values.map((v, i) => v * scales[Math.floor(i / config.hidden)]!);
      return withValues(tensor, values);
    }
    if (!isKind(tensor, "down_proj")) return tensor;
    return withValues(
      tensor,
      tensor.values.map((v, i) => v / scales[i % config.inner]!),
    );
  });
}
