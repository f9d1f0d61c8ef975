/** What a writ leaves behind, where a store keeps it: in layers of images, registries, buckets. */
import type { Writ } from "../authority/writ.ts";
import type { Digest } from "../encoding/digest.ts";
import { type HostSight, storedKey } from "../sight/host-sight.ts";
import type { Contradiction } from "./judge.ts";

export type Left = {
  readonly writ: Writ;
  /** Content that only the releases being left have. */
  readonly leaving: ReadonlyMap<Digest, string>;
};

/** Copies in stores. One that lies on the host as a file is met among its masses, not here. */
export function storedCopies({ writ, leaving }: Left, sight: HostSight): readonly Contradiction[] {
  const look = sight.latest;
  return (look?.census.stored ?? []).flatMap((stored) => {
    const { digest, mass, holder, path, store, fate } = stored;
    const release = digest === undefined ? undefined : leaving.get(digest);
    if (look === undefined || release === undefined || mass !== undefined) return [];
    const { index } = look;
    return [
      {
        what: "copy",
        host: sight.host,
        where: `${path} of ${holder} in ${store}`,
        since: sight.firstSeen.get(storedKey(stored)) ?? index,
        index,
        detail: `the bytes of ${writ.component}@${release} (${digest}), ${fate} there`,
        release,
      } as const,
    ];
  });
}
