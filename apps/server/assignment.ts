/** What a host's probe is asked to look at: read off the register and the open writs. Pure. */
import type { Assignment, ControlReading, Estate } from "@writ/core";

/** The assignment of a host as of now. A host that nobody registered gets the artefacts to know. */
export function assignmentFor(estate: Estate, host: string): Assignment {
  const { controls, placements, releases } = estate.register;
  const links: string[] = [];
  const lines: ControlReading[] = [];
  for (const { document } of placements.values()) {
    if (document.document !== "link" || document.host !== host) continue;
    const { path, line } = document;
    if (line === undefined) links.push(path);
    else lines.push({ path, format: line.format, key: line.key });
  }
  const sizes = new Map(
    [...releases.values()].flatMap(({ document }) =>
      document.artefacts.map(({ digest, size }) => [digest, size] as const),
    ),
  );
  const challenges = estate.register.hosts.get(host)?.document.challenges ?? [];
  return {
    host,
    controls: [...controls.values()].flatMap(({ document }) =>
      document.host === host ? [{ control: document.control, reading: document.reading }] : [],
    ),
    links,
    lines,
    artefacts: Array.from(sizes, ([digest, size]) => ({ digest, size })),
    // A probe that knows of no challenges refuses an assignment that names any: it is told none.
    ...(challenges.length === 0
      ? {}
      : { challenges: challenges.map(({ path, nonce }) => ({ path, nonce })) }),
    lookSince: lookSince(estate, host),
  };
}

/** The journal size that a look must be fresh against, for writs and challenges that await one. */
function lookSince(estate: Estate, host: string): number {
  const looked = estate.sights.get(host)?.latest?.sinceSize ?? 0;
  const said = estate.register.hosts.get(host);
  const isChallenged = (said?.document.challenges ?? []).length > 0 && looked <= said!.index;
  let since = isChallenged ? said!.index + 1 : 0;
  for (const digest of estate.open) {
    const { executedIndex, writ } = estate.proceedings.get(digest)!;
    if (executedIndex === undefined || !writ.verification.hosts.includes(host)) continue;
    if (looked <= executedIndex) since = Math.max(since, executedIndex + 1);
  }
  return since;
}
