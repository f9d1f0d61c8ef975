/**
 * What an advisory says of products of others' naming, held against releases by package URL. What
 * cannot be told is not told: a version that no range can be compared with matches nothing.
 */
import { type Refused, refused } from "../../encoding/refusal.ts";
import type { Release, Vulnerability } from "../../register/document.ts";
import { type Register, releaseKey } from "../../register/register.ts";
import type { Imported, Left } from "../bill.ts";
import { isInRange, type VersionRange } from "./version-range.ts";

/** One product that an advisory speaks of. */
export type Product = {
  /** Package URL, with or without a version. */
  readonly purl: string;
  /** Versions that are meant, if the purl has none. Neither these nor ranges: all. */
  readonly versions: readonly string[];
  readonly ranges: readonly VersionRange[];
};

export type Advisory = {
  /** Where it stands in the document. */
  readonly at: string;
  readonly vulnerability: Vulnerability;
  readonly products: readonly Product[];
};

/** More than any advisory has; each is held against every release. */
export const advisoriesMax = 2000;

/** The releases of which the advisories say something, with what they say. */
export function matchAdvisories(
  register: Register,
  advisories: readonly Advisory[],
): Imported | Refused {
  if (advisories.length > advisoriesMax) {
    return refused("oversized", `the document has over ${advisoriesMax} advisories`);
  }
  const found = new Map<string, Release>();
  const left: Left[] = [];
  for (const { at, vulnerability, products } of advisories) {
    let matches = 0;
    for (const { document } of register.releases.values()) {
      if (!products.some((product) => isMeant(product, document))) continue;
      matches += 1;
      const key = releaseKey(document.component, document.release);
      const before = found.get(key) ?? { ...document, vulnerabilities: [] };
      const others = (before.vulnerabilities ?? []).filter(({ id }) => id !== vulnerability.id);
      found.set(key, { ...before, vulnerabilities: [...others, vulnerability] });
    }
    if (matches === 0) left.push({ at, why: "it speaks of no registered release (by its purl)" });
  }
  return { documents: [...found.values()], ownerless: [], lifecycles: new Map(), left };
}

function isMeant({ purl, versions, ranges }: Product, release: Release): boolean {
  if (release.purl === undefined) return false;
  const [wanted, registered] = [partsOf(purl), partsOf(release.purl)];
  if (wanted === undefined || registered === undefined) return false;
  if (wanted.name !== registered.name) return false;
  const version = registered.version ?? release.release;
  if (wanted.version !== undefined) return wanted.version === version;
  if (versions.length === 0 && ranges.length === 0) return true;
  return versions.includes(version) || ranges.some((range) => isInRange(version, range));
}

/** Type, namespace and name of a package URL, and its version (package-url/purl-spec). */
function partsOf(purl: string): { readonly name: string; readonly version?: string } | undefined {
  const found = /^pkg:([^@?#]{1,1000})(?:@([^?#]{1,256}))?/.exec(purl);
  if (found === null) return undefined;
  const [, name, version] = found;
  // Names of most types, and of models, are the same whatever their case.
  const plain = decoded(name!).toLowerCase();
  return version === undefined ? { name: plain } : { name: plain, version: decoded(version) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
