/**
 * A small assembler for WebAssembly (core specification 2.0, chapter 5): enough to write a loop
 * that JavaScript has no instructions for. Kernels are built from source when they are first used.
 */

/** Instructions and immediates, as bytes. */
export type Code = readonly number[];

/** Unsigned LEB128. */
export function unsigned(value: number): Code {
  const bytes: number[] = [];
  let left = value;
  do {
    const low = left % 128;
    left = Math.floor(left / 128);
    bytes.push(left > 0 ? low + 128 : low);
  } while (left > 0);
  return bytes;
}

/** Signed LEB128 of a safe integer. */
export function signedLeb(value: number): Code {
  const bytes: number[] = [];
  let left = value;
  for (;;) {
    const low = ((left % 128) + 128) % 128;
    left = Math.floor(left / 128);
    const done = (left === 0 && low < 64) || (left === -1 && low >= 64);
    bytes.push(done ? low : low + 128);
    if (done) return bytes;
  }
}

export const valueTypes = { i32: 0x7f, i64: 0x7e, v128: 0x7b } as const;
export type ValueType = keyof typeof valueTypes;

const wide = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
const memory = (align: number, offset: number): Code => [align, ...unsigned(offset)];

/** The instructions that our kernels use, named as in the specification. */
export const op = {
  get: (local: number): Code => [0x20, ...unsigned(local)],
  set: (local: number): Code => [0x21, ...unsigned(local)],
  tee: (local: number): Code => [0x22, ...unsigned(local)],
  i32: (value: number): Code => [0x41, ...signedLeb(value)],
  i64: (value: number): Code => [0x42, ...signedLeb(value)],
  block: [0x02, 0x40],
  loop: [0x03, 0x40],
  if: [0x04, 0x40],
  end: [0x0b],
  branch: (depth: number): Code => [0x0c, ...unsigned(depth)],
  branchIf: (depth: number): Code => [0x0d, ...unsigned(depth)],
  return: [0x0f],
  i32Load8: (offset: number): Code => [0x2d, ...memory(0, offset)],
  i32Store8: (offset: number): Code => [0x3a, ...memory(0, offset)],
  i64Load: (offset: number): Code => [0x29, ...memory(3, offset)],
  i32Eqz: [0x45],
  i32LessUnsigned: [0x49],
  i32GreaterUnsigned: [0x4b],
  i32Add: [0x6a],
  i32Sub: [0x6b],
  i32Or: [0x72],
  i32And: [0x71],
  i32Shl: [0x74],
  i32ShrUnsigned: [0x76],
  select: [0x1b],
  i64LessUnsigned: [0x54],
  i64Add: [0x7c],
  i64Shl: [0x86],
  load: (offset: number): Code => [...wide(0x00), ...memory(0, offset)],
  store: (offset: number): Code => [...wide(0x0b), ...memory(0, offset)],
  loadSplat: (offset: number): Code => [...wide(0x09), ...memory(2, offset)],
  load64: (offset: number): Code => [...wide(0x5d), ...memory(3, offset)],
  load64Lane: (offset: number, lane: number): Code => [
    ...[...wide(0x57), ...memory(3, offset), lane],
  ],
  add64: wide(0xce),
  min16: wide(0x97),
  equal16: wide(0x2d),
  bitmask16: wide(0x84),
  constant: (words: readonly number[]): Code => [
    ...wide(0x0c),
    ...words.flatMap((word) => [word & 255, (word >> 8) & 255, (word >> 16) & 255, word >>> 24]),
  ],
  shuffle: (lanes: readonly number[]): Code => [...wide(0x0d), ...lanes],
  splat: wide(0x11),
  shl: wide(0xab),
  shr: wide(0xad),
  add: wide(0xae),
  xor: wide(0x51),
  or: wide(0x50),
} as const;

export type KernelFunction = {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
  /** Besides the parameters, numbered after them. */
  readonly locals: readonly ValueType[];
  readonly body: readonly Code[];
};

const section = (id: number, content: readonly number[]): number[] => [
  id,
  ...unsigned(content.length),
  ...content,
];
const vector = (items: readonly (readonly number[])[]): number[] => [
  ...unsigned(items.length),
  ...items.flat(),
];
const text = (name: string): number[] => [
  ...unsigned(name.length),
  ...[...name].map((letter) => letter.charCodeAt(0)),
];
const types = (list: readonly ValueType[]) => vector(list.map((type) => [valueTypes[type]]));

/** The bytes of a module with one memory, exported as `memory`, and exported functions. */
export function moduleOf(pages: number, functions: readonly KernelFunction[]): Uint8Array {
  const bodies = functions.map(({ locals, body }) => {
    const content = [...vector(locals.map((type) => [1, valueTypes[type]]))];
    for (const code of body) content.push(...code);
    content.push(0x0b);
    return [...unsigned(content.length), ...content];
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(
      1,
      vector(functions.map((f) => [0x60, ...types(f.parameters), ...types(f.results)])),
    ),
    ...section(3, vector(functions.map((_, index) => unsigned(index)))),
    ...section(5, vector([[0x00, ...unsigned(pages)]])),
    ...section(
      7,
      vector([
        [...text("memory"), 0x02, 0x00],
        ...functions.map((f, index) => [...text(f.name), 0x00, ...unsigned(index)]),
      ]),
    ),
    ...section(10, vector(bodies)),
  ]);
}

/** The part of the JavaScript interface to WebAssembly that we use. It does no input or output. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** Builds and starts a module. */
export function start<Exports>(pages: number, functions: readonly KernelFunction[]): Exports {
  const module = new WebAssembly.Module(moduleOf(pages, functions));
  return new WebAssembly.Instance(module).exports as Exports;
}
