/**
 * What tools of the field call the models that they keep: in a manifest, by a folder. A label is a
 * claim of whoever wrote it, told beside the content that it names.
 */
import {
  boolean,
  digest,
  integer,
  object,
  oneOf,
  optional,
  type Shaped,
  text,
} from "../encoding/shape.ts";

/** Labels of one host. */
export const labelsMax = 100_000;

/** Stores whose layout a probe knows. */
export const labelStores = [
  "ollama",
  "hugging-face",
  "lm-studio",
  "jan",
  "gpt4all",
  "llama.cpp",
  "triton",
  "mlflow",
  "kserve",
] as const;

const path = text(4 * 4096);

export const labelShape = object({
  store: oneOf(...labelStores),
  /** `library/llama3:8b`, `org/repo@main model.safetensors`; absent for bytes without a label. */
  name: optional(text(1024)),
  /** The manifest, reference or folder that says so; for an orphan, the store's own folder. */
  said: path,
  /** Where it says that the bytes are. */
  path,
  /** Digest and size that it says they have. */
  digest: optional(digest),
  size: optional(integer(0, Number.MAX_SAFE_INTEGER)),
  /** False if nothing lies there. */
  there: boolean,
});
export type Label = Shaped<typeof labelShape>;
