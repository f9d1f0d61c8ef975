/** The encodings of Writ by themselves, for what needs nothing else of the model. */
export {
  concatBytes,
  equalBytes,
  fromBase64,
  fromHex,
  fromUtf8,
  toBase64,
  toHex,
  toUtf8,
} from "./bytes.ts";
export {
  encodeCanonical,
  isJsonObject,
  type Json,
  type JsonObject,
  parseCanonical,
  parseCanonicalObject,
} from "./canonical-json.ts";
export { type Digest, digestOf, isDigest, sha256 } from "./digest.ts";
export { inert, inertAscii } from "./inert.ts";
export {
  assert,
  isRefused,
  type RefusalCode,
  type Refused,
  refused,
  unreachable,
} from "./refusal.ts";
export {
  boolean,
  digest,
  integer,
  list,
  matching,
  object,
  oneOf,
  optional,
  read,
  record,
  type Shape,
  type Shaped,
  tagged,
  text,
} from "./shape.ts";
