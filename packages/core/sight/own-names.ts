/** The names of a mass that count as places where it lies. */
import type { Census, Mass } from "./census.ts";

/** Paths of a census that are symlinks. */
export function symlinksOf(census: Census): ReadonlySet<string> {
  return new Set(census.links.flatMap(({ path, target }) => (target === undefined ? [] : [path])));
}

/**
 * The names by which a mass lies on its host. A symlink is another name for bytes that are told of
 * already, and goes dead with them; but if only symlinks lead to the bytes, these lie outside what
 * the probe looks under, and the symlink is all that tells of them.
 */
export function ownNames(mass: Mass, symlinks: ReadonlySet<string>): readonly string[] {
  const own = mass.names.filter((name) => !symlinks.has(name));
  return own.length > 0 ? own : mass.names;
}
