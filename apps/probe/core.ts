/** What the probe takes from core and weights, in one place. */
export {
  fromBase64,
  fromUtf8,
  toBase64,
  toHex,
  toUtf8,
} from "../../packages/core/encoding/bytes.ts";
export {
  encodeCanonical,
  type Json,
  parseCanonicalObject,
} from "../../packages/core/encoding/canonical-json.ts";
export { type Digest, isDigest } from "../../packages/core/encoding/digest.ts";
export {
  assert,
  isRefused,
  type Refused,
  refused,
  unreachable,
} from "../../packages/core/encoding/refusal.ts";
export { read } from "../../packages/core/encoding/shape.ts";
export type { Assignment, ControlReading } from "../../packages/core/sight/assignment.ts";
export { assignmentShape } from "../../packages/core/sight/assignment.ts";
export type * from "../../packages/core/sight/census.ts";
export { censusShape, namesMax, sightsMax } from "../../packages/core/sight/census.ts";
export { pathBytes, pathText } from "../../packages/core/sight/path.ts";
export type { Edges } from "../../packages/weights/container.ts";
export {
  containerOf,
  edgeBytes,
  isDense,
  isText,
  kindOfContainer,
} from "../../packages/weights/container.ts";
export { endsWithFile } from "../../packages/weights/container-end.ts";
