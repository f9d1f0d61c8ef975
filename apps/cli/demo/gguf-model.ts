/**
 * Small language models made from a seed: real GGUF files that a real runtime loads and runs, so
 * that nothing need be downloaded to play with. They speak nonsense: the same for the same seed.
 * Format: GGUF version 3 (github.com/ggml-org/ggml, docs/gguf.md), llama architecture, F32.
 */

const width = 256;
const layers = 4;
const heads = 4;
const feedForward = 768;
const alignment = 32;

/** What a model can say in whole words; anything else it reads byte by byte. */
const words = (
  "the a of to and in that it is was for on with as at by from up out if not no yes so we you " +
  "they one two all new old first last next good long great little own other right big high " +
  "small large early young few public same able time year people way day man thing woman life " +
  "child world school state family student group country problem hand part place case week " +
  "company system program question work night point home water room mother area money story " +
  "fact month lot study book eye job word business issue side kind head house service friend " +
  "father power hour game line end member law car city name team minute idea body back parent " +
  "face level office door"
).split(" ");

/** Value types of GGUF metadata, and the token types of llama's tokenizer. */
const types = { uint32: 4, int32: 5, float32: 6, string: 8, array: 9 } as const;
const tokens = { normal: 1, unknown: 2, control: 3, byte: 6 } as const;

type Tensor = { readonly name: string; readonly shape: readonly number[]; readonly spread: number };

/** The bytes of a model, about 15 MB. Models of different seeds share no tensor. */
export function ggufModel(model: { readonly name: string; readonly seed: number }): Uint8Array {
  const vocabulary = vocabularyOf();
  const tensors = tensorsOf(vocabulary.length);
  const header = new Header();
  header.bytes(Buffer.from("GGUF"));
  header.uint32(3);
  header.uint64(tensors.length);
  header.counted((entry) => metadata(entry, model.name, vocabulary));
  let offset = 0;
  for (const { name, shape } of tensors) {
    header.string(name);
    header.uint32(shape.length);
    for (const extent of shape) header.uint64(extent);
    header.uint32(0);
    header.uint64(offset);
    offset += padded(bytesOf(shape));
  }
  const head = header.done();
  const begin = padded(head.length);
  const file = new Uint8Array(begin + offset);
  file.set(head);
  const chance = chanceFrom(model.seed);
  let at = begin;
  for (const tensor of tensors) {
    fill(file, at, tensor, chance);
    at += padded(bytesOf(tensor.shape));
  }
  return file;
}

function vocabularyOf(): readonly { readonly text: string; readonly kind: number }[] {
  const bytes = Array.from({ length: 256 }, (_, byte) => ({
    text: `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
    kind: tokens.byte,
  }));
  return [
    { text: "<unk>", kind: tokens.unknown },
    { text: "<s>", kind: tokens.control },
    { text: "</s>", kind: tokens.control },
    ...bytes,
    ...words.map((word) => ({ text: `\u2581${word}`, kind: tokens.normal })),
  ];
}

type Put = (key: string, type: number, write: (header: Header) => void) => void;

function metadata(put: Put, name: string, vocabulary: ReturnType<typeof vocabularyOf>): void {
  const text = (key: string, value: string) => put(key, types.string, (to) => to.string(value));
  const count = (key: string, value: number) => put(key, types.uint32, (to) => to.uint32(value));
  const real = (key: string, value: number) => put(key, types.float32, (to) => to.float32(value));
  const list = (key: string, type: number, write: (header: Header, at: number) => void) =>
    put(key, types.array, (to) => {
      to.uint32(type);
      to.uint64(vocabulary.length);
      for (let at = 0; at < vocabulary.length; at += 1) write(to, at);
    });
  text("general.architecture", "llama");
  text("general.name", name);
  count("general.file_type", 0);
  count("general.alignment", alignment);
  count("llama.context_length", 512);
  count("llama.embedding_length", width);
  count("llama.block_count", layers);
  count("llama.feed_forward_length", feedForward);
  count("llama.attention.head_count", heads);
  count("llama.attention.head_count_kv", heads);
  count("llama.rope.dimension_count", width / heads);
  real("llama.attention.layer_norm_rms_epsilon", 1e-5);
  count("llama.vocab_size", vocabulary.length);
  text("tokenizer.ggml.model", "llama");
  list("tokenizer.ggml.tokens", types.string, (to, at) => to.string(vocabulary[at]!.text));
  list("tokenizer.ggml.scores", types.float32, (to, at) => to.float32(-at));
  list("tokenizer.ggml.token_type", types.int32, (to, at) => to.uint32(vocabulary[at]!.kind));
  count("tokenizer.ggml.unknown_token_id", 0);
  count("tokenizer.ggml.bos_token_id", 1);
  count("tokenizer.ggml.eos_token_id", 2);
}

/** Shapes as GGUF writes them: the extent that lies together in memory first. */
function tensorsOf(vocabulary: number): readonly Tensor[] {
  const tensor = (name: string, ...shape: readonly number[]): Tensor => ({
    name: `${name}.weight`,
    shape,
    // Norms are ones; the rest spreads so that a layer keeps the size of what goes through it.
    spread: shape.length === 1 ? 0 : Math.sqrt(3 / shape[0]!),
  });
  return [
    tensor("token_embd", width, vocabulary),
    tensor("output_norm", width),
    tensor("output", width, vocabulary),
    ...Array.from({ length: layers }, (_, layer) => [
      tensor(`blk.${layer}.attn_norm`, width),
      ...["q", "k", "v", "output"].map((part) => tensor(`blk.${layer}.attn_${part}`, width, width)),
      tensor(`blk.${layer}.ffn_norm`, width),
      tensor(`blk.${layer}.ffn_gate`, width, feedForward),
      tensor(`blk.${layer}.ffn_up`, width, feedForward),
      tensor(`blk.${layer}.ffn_down`, feedForward, width),
    ]).flat(),
  ];
}

function fill(file: Uint8Array, at: number, { name, shape, spread }: Tensor, chance: () => number) {
  const values = new Float32Array(file.buffer, at, bytesOf(shape) / 4);
  if (spread === 0) values.fill(1);
  else for (let i = 0; i < values.length; i += 1) values[i] = (chance() * 2 - 1) * spread;
  // It never says a bare byte: rows of zeros lose against the best of the words.
  if (name === "output.weight") values.fill(0, 0, (3 + 256) * width);
}

/** mulberry32: chance that is the same on every machine. */
function chanceFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function bytesOf(shape: readonly number[]): number {
  return 4 * shape.reduce((product, extent) => product * extent, 1);
}

function padded(size: number): number {
  return Math.ceil(size / alignment) * alignment;
}

/** Little-endian parts, put together at the end. */
class Header {
  readonly #parts: Buffer[] = [];

  bytes(part: Buffer): void {
    this.#parts.push(part);
  }

  uint32(value: number): void {
    const part = Buffer.alloc(4);
    part.writeUInt32LE(value);
    this.#parts.push(part);
  }

  uint64(value: number): void {
    const part = Buffer.alloc(8);
    part.writeBigUInt64LE(BigInt(value));
    this.#parts.push(part);
  }

  float32(value: number): void {
    const part = Buffer.alloc(4);
    part.writeFloatLE(value);
    this.#parts.push(part);
  }

  string(value: string): void {
    const part = Buffer.from(value);
    this.uint64(part.length);
    this.#parts.push(part);
  }

  /** Key-value pairs behind their count. */
  counted(write: (put: Put) => void): void {
    const pairs = new Header();
    let count = 0;
    write((key, type, value) => {
      count += 1;
      pairs.string(key);
      pairs.uint32(type);
      value(pairs);
    });
    this.uint64(count);
    this.#parts.push(pairs.done());
  }

  done(): Buffer {
    return Buffer.concat(this.#parts);
  }
}
