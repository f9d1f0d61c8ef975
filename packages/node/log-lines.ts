/**
 * What a process did, as one line of JSON each: for people and collectors, never for decisions.
 * Twenty lines of our own: a logging library would bring eleven packages for one JSON.stringify.
 */
import type { Clock } from "./clock.ts";

export type LogLevel = "info" | "warning" | "error";
/**
 * What a line says beside its event. Text from outside is safe: JSON escapes control characters.
 */
export type LogFacts = { readonly [name: string]: string | number | boolean | undefined };
/** `event` names what happened, in words that are the same each time: `batch committed`. */
export type Log = (level: LogLevel, event: string, facts?: LogFacts) => void;

/** Longest text in a line: an attacker may fill the journal, not the operator's log disk. */
const factLengthMax = 1000;

/** Lines of one app, to `write` (standard error, where nothing else is parsed from). */
export function logLines(app: string, clock: Clock, write: (line: string) => void): Log {
  return (level, event, facts = {}) => {
    const entries = Object.entries(facts).map(([name, fact]) => [name, shortened(fact)]);
    const line = {
      ...Object.fromEntries(entries),
      time: new Date(clock.now()).toISOString(),
      level,
      app,
      event,
    };
    write(`${JSON.stringify(line)}\n`);
  };
}

function shortened(fact: LogFacts[string]): LogFacts[string] {
  return typeof fact === "string" && fact.length > factLengthMax
    ? `${fact.slice(0, factLengthMax)}…`
    : fact;
}
