/** What the probe did, one JSON object a line: for people and collectors, never for decisions. */
export type Facts = { readonly [name: string]: string | number | boolean | undefined };
export type Log = (level: "info" | "warning" | "error", event: string, facts?: Facts) => void;

/** Longest text in a line: names on the host are an adversary's, and so is much else. */
const factLengthMax = 1000;

/** JSON escapes control characters, so a hostile name stays within its line. */
export function logLines(now: () => number, write: (line: string) => void): Log {
  return (level, event, facts = {}) => {
    const shortened = Object.entries(facts).map(([name, fact]) => [
      name,
      typeof fact === "string" && fact.length > factLengthMax
        ? `${fact.slice(0, factLengthMax)}…`
        : fact,
    ]);
    const time = new Date(now()).toISOString();
    const line = { ...Object.fromEntries(shortened), time, level, app: "probe", event };
    write(`${JSON.stringify(line)}\n`);
  };
}
