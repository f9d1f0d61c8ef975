/** Register × observation, for what processes hold in memory that no file has. */
import type { Estate } from "../estate/estate.ts";
import { copiesIn } from "../register/copies.ts";
import type { SeenProcess } from "../sight/census.ts";
import { memoryKey } from "../sight/host-sight.ts";
import type { Case } from "./finding.ts";
import { goneDigests } from "./stray-rules.ts";

const bytesOfMegabyte = 1024 * 1024;

/**
 * A mass of numbers like weights in a process's memory that nothing accounts for: the process holds
 * nothing that a release has, and did not when it was seen earlier.
 */
export function* unexplainedMemory(estate: Estate): Iterable<Case> {
  const gone = goneDigests(estate);
  for (const sight of estate.sights.values()) {
    const look = sight.latest;
    if (look === undefined) continue;
    for (const process of look.census.processes) {
      const { memory, holds } = process;
      if (memory === undefined) continue;
      // What it holds of a release is told, or borne with, for what it is.
      if (holds.some((hold) => copiesIn(estate.register, hold).length > 0)) continue;
      const loaded = memory.earlier.filter(({ digest }) =>
        estate.register.releasesByDigest.has(digest),
      );
      // It read a release that may exist, and closed the file: that is how a server loads one.
      if (loaded.some(({ digest }) => !gone.has(digest))) continue;
      const ports = process.listens.map((port) => `:${port} `).join("");
      yield {
        host: sight.host,
        where: `memory of pid ${process.pid} ${ports}(${process.command.join(" ")})`,
        since: sight.firstSeen.get(memoryKey(look.census, process)) ?? look.index,
        left: { kind: "register", says: "nothing accounts for these numbers" },
        right: { kind: "observation", says: saidOf(process, memory), entry: look.index },
        gist: `numbers like weights of user ${process.user}`,
        advice: "Find out what it loaded. Weights whose file was deleted look like this.",
      };
    }
  }
}

function saidOf({ user }: SeenProcess, memory: NonNullable<SeenProcess["memory"]>): string {
  const megabytes = (bytes: number): string => `${Math.floor(bytes / bytesOfMegabyte)} MiB`;
  const held = memory.earlier.map(({ path }) => path);
  const earlier = held.length === 0 ? "" : `; it held ${held.join(", ")} earlier`;
  return (
    `at least ${megabytes(memory.weights)} of numbers like weights among ` +
    `${megabytes(memory.resident)} that no file has, of user ${user}${earlier}`
  );
}
