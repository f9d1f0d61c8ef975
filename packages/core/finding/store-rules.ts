/**
 * Register × observation, for model files in stores that are no files of their own on a host: in
 * packed layers of images, in registries, in buckets. What lies there as a file is a mass, and is
 * found as one; here it is told besides what it is part of.
 */
import type { Estate } from "../estate/estate.ts";
import { type Copy, copiesIn, copyWords } from "../register/copies.ts";
import { releaseKey } from "../register/register.ts";
import { type HostSight, type Look, storedKey } from "../sight/host-sight.ts";
import type { Stored } from "../sight/store-shape.ts";
import type { Case } from "./finding.ts";
import { goneDigests, isFaithful, named } from "./stray-rules.ts";

type Kept = {
  readonly sight: HostSight;
  readonly look: Look;
  readonly stored: Stored;
  /** What of the register is in it. */
  readonly copies: readonly Copy[];
};

/** Holders named of one mass; the count is told beyond. */
const holdersMax = 5;

function* keptIn(estate: Estate): Iterable<Kept> {
  for (const sight of estate.sights.values()) {
    const look = sight.latest;
    for (const stored of look?.census.stored ?? []) {
      if (stored.mass !== undefined) continue;
      const { digest, copies: known } = stored;
      yield { sight, look: look!, stored, copies: copiesIn(estate.register, { digest, known }) };
    }
  }
}

/** Where a stored file is, for people: what is part of what. */
export function storedWhere({ store, holder, path, fate }: Stored): string {
  return `${path} of ${holder} in ${store}${fate === "visible" ? "" : ` (${fate} there)`}`;
}

/** `copy` is told where the bytes are not the registered ones. */
function caseOf({ sight, look, stored }: Kept, copy?: Copy) {
  const read = stored.known === "read" ? "" : ", as the store says";
  const like =
    copy?.identity === undefined ? "" : `: ${copyWords(copy, [...copy.releases].join(", "))}`;
  const digest = stored.digest ?? "?";
  const what = `${stored.container ?? "bytes"} of ${stored.size} bytes (${digest})${like}`;
  return {
    host: sight.host,
    where: storedWhere(stored),
    since: sight.firstSeen.get(storedKey(stored)) ?? look.index,
    right: { kind: "observation", says: `${what}${read}`, entry: look.index },
  } as const;
}

/** A release that ought to be gone is kept in a store. */
export function* retiredStored(estate: Estate): Iterable<Case> {
  const gone = goneDigests(estate);
  for (const kept of keptIn(estate)) {
    const copy = kept.copies.find(({ of }) => gone.has(of));
    const ending = copy === undefined ? undefined : gone.get(copy.of);
    // While a writ is being judged, a copy is that writ's: see `preserved-copy`.
    if (ending === undefined || ending.writ !== undefined) continue;
    const seen = caseOf(kept, copy);
    yield {
      ...seen,
      ...named([ending.release]),
      since: Math.max(seen.since, ending.index),
      left: { kind: "register", says: ending.says, entry: ending.index },
      advice: "Have the image, container or object removed; find out who kept it.",
    };
  }
}

/** A registered release that may exist, in a store where the register has no place for it. */
export function* misplacedStored(estate: Estate): Iterable<Case> {
  const gone = goneDigests(estate);
  for (const kept of keptIn(estate)) {
    if (kept.copies.some(({ of }) => gone.has(of))) continue;
    const copy = kept.copies.find(isFaithful);
    if (copy === undefined || isDeposited(estate, kept, copy)) continue;
    yield {
      ...caseOf(kept, copy),
      ...named(copy.releases),
      left: { kind: "register", says: `${[...copy.releases].join(", ")} is not placed here` },
      advice: "Find out who needs it there, or have it removed.",
    };
  }
}

/** True if humans registered that this store may keep this release there. */
function isDeposited(estate: Estate, { sight, stored }: Kept, { releases }: Copy): boolean {
  const deposits = estate.register.hosts.get(sight.host)?.document.deposits ?? [];
  return deposits.some(
    ({ store, holder, component, release }) =>
      store === stored.store &&
      releases.has(releaseKey(component, release)) &&
      (holder.endsWith("*")
        ? stored.holder.startsWith(holder.slice(0, -1))
        : stored.holder === holder),
  );
}

/** Weights that no release has, in a store. */
export function* unregisteredStored(estate: Estate): Iterable<Case> {
  const gone = goneDigests(estate);
  for (const kept of keptIn(estate)) {
    const [copy] = kept.copies;
    if (copy === undefined && kept.stored.kind !== "model") continue;
    if (kept.copies.some((one) => isFaithful(one) || gone.has(one.of))) continue;
    yield {
      ...caseOf(kept, copy),
      ...(copy === undefined ? {} : named(copy.releases)),
      left: { kind: "register", says: "no release has these bytes" },
      advice: "Find its owner. Register it, or have it removed.",
    };
  }
}

/** Adds, to a finding at a file that lies in a store, what it is part of there. */
export function tellStores(estate: Estate): (found: Case) => Case {
  return (found) => {
    const look = estate.sights.get(found.host)?.latest;
    const holders = look === undefined ? undefined : holdersIn(look);
    if (holders === undefined || holders.size === 0) return found;
    const names = found.where.split(", ").flatMap((name) => holders.get(name) ?? []);
    const unique = [...new Set(names)];
    if (unique.length === 0) return found;
    const more = unique.length > holdersMax ? ` and ${unique.length - holdersMax} more` : "";
    const says = `${found.right.says}, part of ${unique.slice(0, holdersMax).join(", ")}${more}`;
    return { ...found, right: { ...found.right, says } };
  };
}

const holdersOf = new WeakMap<Look, ReadonlyMap<string, readonly string[]>>();

/** By the name of a file that lies in stores: what it is part of there. */
function holdersIn(look: Look): ReadonlyMap<string, readonly string[]> {
  const known = holdersOf.get(look);
  if (known !== undefined) return known;
  const holders = new Map<string, string[]>();
  for (const { mass, holder, fate } of look.census.stored ?? []) {
    if (mass === undefined) continue;
    const others = holders.get(mass) ?? [];
    others.push(fate === "visible" ? holder : `${holder} (${fate} there)`);
    holders.set(mass, others);
  }
  holdersOf.set(look, holders);
  return holders;
}
