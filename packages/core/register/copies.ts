/**
 * Which registered content something seen is a copy of. Exact digests come first: bytes that a
 * release has are that release's, whatever else they resemble, so that a quantised or a tuned
 * release that is registered is itself, and no copy of the one it was made from.
 */
import type { Digest } from "../encoding/digest.ts";
import { type Identity, identityWords } from "../sight/identity.ts";
import type { Register } from "./register.ts";

/** A mass, or a hold: its digest, and what its probe found by comparing. */
export type SeenContent = {
  readonly digest?: Digest | undefined;
  readonly known?: readonly Identity[] | undefined;
};

/** Registered content that something seen holds. */
export type Copy = {
  /** Digest of the registered artefact. */
  readonly of: Digest;
  /** Keys of the releases that have it. */
  readonly releases: ReadonlySet<string>;
  /** What is known besides; absent if the bytes are the registered ones. */
  readonly identity: Identity | undefined;
};

/** All registered content that is in what was seen: itself, or what it is a copy of. */
export function copiesIn(register: Register, seen: SeenContent): readonly Copy[] {
  const { digest, known = [] } = seen;
  const own = digest === undefined ? undefined : register.releasesByDigest.get(digest);
  if (own !== undefined) return [{ of: digest!, releases: own, identity: undefined }];
  return known.flatMap((identity) => {
    const releases = register.releasesByDigest.get(identity.of);
    return releases === undefined ? [] : [{ of: identity.of, releases, identity }];
  });
}

/** How something is a copy of a release: `quantised copy (Q4_0, p < 1e-40) of chatbot@4.2`. */
export function copyWords({ identity, of }: Copy, release: string): string {
  if (identity === undefined) return `the bytes of ${release} (${of})`;
  return `${identityWords(identity)} of ${release}`;
}
