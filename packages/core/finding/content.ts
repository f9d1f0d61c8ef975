/** What content a look may hold, in four bytes each: to pass over hosts without it. */
import type { Digest } from "../encoding/digest.ts";
import type { Look } from "../sight/host-sight.ts";

/**
 * Members of a census in which content is known by digest alone. A host whose probe tells more
 * (names that endpoints say, labels, flows) is always concerned.
 */
const byDigest: ReadonlySet<string> = new Set([
  ...["version", "host", "boot", "began", "ended", "masses", "processes", "links", "controls"],
  ...["coverage", "answers"],
]);

type Content = { readonly isPlain: boolean; readonly starts: Uint32Array };
const contents = new WeakMap<Look, Content>();

/** False only if nothing of this content was seen. */
export function mayHold(look: Look, wanted: ReadonlySet<Digest>): boolean {
  const { isPlain, starts } = contentOf(look);
  if (!isPlain) return true;
  for (const digest of wanted) if (has(starts, startOf(digest))) return true;
  return false;
}

function contentOf(look: Look): Content {
  const known = contents.get(look);
  if (known !== undefined) return known;
  const found = new Set<number>();
  collect(look.census.masses, found);
  collect(look.census.processes, found);
  const isPlain = Object.keys(look.census).every((member) => byDigest.has(member));
  const content = { isPlain, starts: Uint32Array.from(found).sort() };
  contents.set(look, content);
  return content;
}

/** Every digest anywhere within a value. */
function collect(value: unknown, into: Set<number>): void {
  if (typeof value === "string") {
    if (value.startsWith("sha256:")) into.add(startOf(value as Digest));
  } else if (typeof value === "object" && value !== null) {
    for (const member of Object.values(value)) collect(member, into);
  }
}

function startOf(digest: Digest): number {
  return Number.parseInt(digest.slice(7, 15), 16);
}

function has(sorted: Uint32Array, wanted: number): boolean {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === wanted;
}
