/**
 * Decompression as a stream: bytes in, bytes out, one pass, bounded memory whatever the size. An
 * app may pass its platform's own (node:zlib); what is built in here is pure JavaScript.
 */
import type { Forward } from "../reader.ts";

/** Known compressions: deflate is raw (RFC 1951), zlib RFC 1950, gzip RFC 1952, zstd RFC 8878. */
export type Compression = "deflate" | "zlib" | "gzip" | "zstd" | "xz";

/** Makes the decompressed stream of a compressed one, or `undefined` if it cannot. */
export type Decompress = (compression: Compression, source: Forward) => Forward | undefined;
