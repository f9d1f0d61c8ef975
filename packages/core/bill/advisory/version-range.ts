/** Ranges of versions (OSV schema, `affected[].ranges`): numbers between dots, and nothing else. */
export type VersionRange = {
  readonly introduced: string;
  /** The first version that is well again. */
  readonly fixed?: string;
  /** The last one that is not; absent with `fixed`. */
  readonly lastAffected?: string;
};

const plainVersion = /^v?(\d{1,9}(?:\.\d{1,9}){0,7})$/;

/** False also where the versions cannot be compared: a pre-release, a commit. */
export function isInRange(version: string, range: VersionRange): boolean {
  const { introduced, fixed, lastAffected } = range;
  const from = introduced === "0" ? -1 : compared(introduced, version);
  if (from === undefined || from > 0) return false;
  if (fixed !== undefined) return (compared(version, fixed) ?? 0) < 0;
  if (lastAffected !== undefined) return (compared(version, lastAffected) ?? 1) <= 0;
  return true;
}

/** Below 0 if `a` is the earlier; `undefined` if they cannot be compared. */
function compared(a: string, b: string): number | undefined {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  if (left === undefined || right === undefined) return undefined;
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function numbersOf(version: string): readonly number[] | undefined {
  return plainVersion.exec(version)?.[1]?.split(".").map(Number);
}
