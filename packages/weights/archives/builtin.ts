/** The decompressors that are always there, in pure JavaScript. */
import type { Forward } from "../reader.ts";
import type { Compression } from "./decompress.ts";
import { inflate } from "./inflate.ts";
import { unxz } from "./xz.ts";
import { unzstd } from "./zstd.ts";

/** Decompresses any of the known compressions. */
export function decompressBuiltin(compression: Compression, source: Forward): Forward | undefined {
  if (compression === "zstd") return unzstd(source);
  if (compression === "xz") return unxz(source);
  return inflate(compression, source);
}
