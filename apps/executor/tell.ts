/** Logs a standing condition once, not at every round of a loop that meets it again. */
import type { Log, LogFacts, LogLevel } from "@writ/node";

export type Tell = (level: LogLevel, event: string, facts: LogFacts) => void;

/** Conditions remembered; more than that at once is told again, which is no harm. */
const remembered = 100;

/** Says each event with its facts once, until a hundred others were said since. */
export function tellOnce(log: Log): Tell {
  const said = new Set<string>();
  return (level, event, facts) => {
    // The age of a checkpoint grows at each look and is no new condition.
    const condition = JSON.stringify([event, facts]).replace(/-?[0-9]+ s ago/, "");
    if (said.has(condition)) return;
    said.add(condition);
    if (said.size > remembered) said.delete(said.values().next().value!);
    log(level, event, facts);
  };
}
