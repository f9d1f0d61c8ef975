/** What weights takes from core, in one place. */
export {
  concatBytes,
  equalBytes,
  fromBase64,
  fromHex,
  fromUtf8,
  toBase64,
  toHex,
  toUtf8,
} from "../core/encoding/bytes.ts";
export type { RefusalCode, Refused } from "../core/encoding/refusal.ts";
export { assert, isRefused, refused, unreachable } from "../core/encoding/refusal.ts";
