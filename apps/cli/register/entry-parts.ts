/**
 * A register change that is too large for one entry, in parts that each fit one. What others refer
 * to comes first, so that after each part the register makes sense, and a later import goes on.
 */
import { encodeCanonical, type JsonObject, type RegisterDocument } from "@writ/core";

/**
 * Bytes of documents in one part. An entry is 65,535 bytes, its payload stands in base64 there
 * (4/3), and signature, chain and origin take their share.
 */
const partBytesMax = 44_000;
/** As many as a `register` entry may have. */
const documentsMax = 1000;

const ranks: { readonly [D in RegisterDocument["document"]]?: number } = {
  component: 0,
  release: 1,
};

/** The documents in parts, in an order in which each part may be said after those before. */
export function entryParts(
  documents: readonly RegisterDocument[],
): readonly (readonly RegisterDocument[])[] {
  const rank = ({ document }: RegisterDocument) => ranks[document] ?? 2;
  const parts: RegisterDocument[][] = [];
  let size = 0;
  for (const document of documents.toSorted((a, b) => rank(a) - rank(b))) {
    const bytes = encodeCanonical(document as unknown as JsonObject).length + 1;
    const last = parts.at(-1);
    if (last === undefined || size + bytes > partBytesMax || last.length === documentsMax) {
      parts.push([document]);
      size = bytes;
    } else {
      last.push(document);
      size += bytes;
    }
  }
  return parts;
}
