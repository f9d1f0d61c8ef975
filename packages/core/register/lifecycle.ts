/** The lifecycle of releases: it moves by fulfilled writs. */
import type { Lifecycle } from "./document.ts";
import type { Register } from "./register.ts";

/** Moves a release's lifecycle: the effect of a fulfilled writ, and of nothing else. */
export function moveLifecycle(
  register: Register,
  move: { readonly release: string; readonly to: Lifecycle; readonly index: number },
): void {
  const known = register.releases.get(move.release);
  if (known === undefined || known.lifecycle === move.to) return;
  register.version += 1;
  register.releases.set(move.release, {
    ...known,
    lifecycle: move.to,
    lifecycleSince: move.index,
  });
}
