/** What a writ leaves behind, where a store keeps it: in layers of images, registries, buckets. */
import type { Writ } from "../authority/writ.ts";
import type { Digest } from "../encoding/digest.ts";
import { copiesIn, copyWords } from "../register/copies.ts";
import type { Register } from "../register/register.ts";
import { type HostSight, storedKey } from "../sight/host-sight.ts";
import type { Contradiction } from "./judge.ts";

export type Left = {
  readonly register: Register;
  readonly writ: Writ;
  /** Content that only the releases being left have. */
  readonly leaving: ReadonlyMap<Digest, string>;
};

/** Copies in stores. One that lies on the host as a file is met among its masses, not here. */
export function storedCopies(
  { register, writ, leaving }: Left,
  sight: HostSight,
): readonly Contradiction[] {
  const look = sight.latest;
  return (look?.census.stored ?? []).flatMap((stored) => {
    const { digest, copies, mass, holder, path, store, fate } = stored;
    if (look === undefined || mass !== undefined) return [];
    const copy = copiesIn(register, { digest, known: copies }).find(({ of }) => leaving.has(of));
    if (copy === undefined) return [];
    const release = leaving.get(copy.of)!;
    const { index } = look;
    return [
      {
        what: "copy",
        host: sight.host,
        where: `${path} of ${holder} in ${store}`,
        since: sight.firstSeen.get(storedKey(stored)) ?? index,
        index,
        detail: `${copyWords(copy, `${writ.component}@${release}`)}, ${fate} there`,
        release,
      } as const,
    ];
  });
}
