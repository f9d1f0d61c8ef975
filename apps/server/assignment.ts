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
  return {
    host,
    controls: [...controls.values()].flatMap(({ document }) =>
      document.host === host ? [{ control: document.control, reading: document.reading }] : [],
    ),
    links,
    lines,
    artefacts: Array.from(sizes, ([digest, size]) => ({ digest, size })),
    lookSince: lookSince(estate, host),
  };
}

/** The journal size that a look at this host must be fresh against, for writs that wait for one. */
function lookSince(estate: Estate, host: string): number {
  const looked = estate.sights.get(host)?.latest?.sinceSize ?? 0;
  let since = 0;
  for (const digest of estate.open) {
    const { executedIndex, writ } = estate.proceedings.get(digest)!;
    if (executedIndex === undefined || !writ.verification.hosts.includes(host)) continue;
    if (looked <= executedIndex) since = Math.max(since, executedIndex + 1);
  }
  return since;
}
