/** What weights takes from core, in one place. */

export type { Json, JsonObject, RefusalCode, Refused, Shaped } from "@writ/core/encoding";
export {
  assert,
  boolean,
  concatBytes,
  encodeCanonical,
  equalBytes,
  fromBase64,
  fromHex,
  fromUtf8,
  integer,
  isRefused,
  list,
  matching,
  object,
  oneOf,
  optional,
  parseCanonicalObject,
  read as readShape,
  refused,
  text,
  toBase64,
  toHex,
  toUtf8,
  unreachable,
} from "@writ/core/encoding";
