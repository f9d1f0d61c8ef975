/** Writes small safetensors files for tests. */

export type FileTensor = {
  readonly type: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
};

/** A safetensors file of some tensors, in the order given. */
export function safetensorsFile(tensors: Readonly<Record<string, FileTensor>>): Uint8Array {
  const header: Record<string, unknown> = {};
  let at = 0;
  for (const [name, { type, shape, bytes }] of Object.entries(tensors)) {
    header[name] = { dtype: type, shape, data_offsets: [at, at + bytes.length] };
    at += bytes.length;
  }
  return withHeader(JSON.stringify(header), ...Object.values(tensors).map(({ bytes }) => bytes));
}

/** A safetensors file with any header text and data. */
export function withHeader(header: string, ...data: readonly Uint8Array[]): Uint8Array {
  const text = Buffer.from(header);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(text.length), true);
  return new Uint8Array(Buffer.concat([length, text, ...data]));
}

/** Two tensors of numbers that do not compress away. */
export function sampleTensors(): Readonly<Record<string, FileTensor>> {
  const bytes = new Uint8Array(4_000);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = (at * 2_654_435_761) >>> 13;
  return {
    "layer.weight": { type: "F32", shape: [20, 40], bytes: bytes.subarray(0, 3_200) },
    "layer.bias": { type: "F16", shape: [400], bytes: bytes.subarray(3_200) },
  };
}
