/** The one question of the first page, answered from what the server says and what was checked. */
import type {
  EstateGlance,
  FindingTold,
  HostTold,
  RegisterTold,
  WritSummary,
} from "./server-connection.ts";

export type Facts = {
  readonly estate: EstateGlance;
  readonly register: RegisterTold;
  readonly findings: readonly FindingTold[];
  readonly hosts: readonly HostTold[];
  readonly writs: readonly WritSummary[];
};

/** Rules that say that a registered place does not hold what it ought to. */
const placeRules: ReadonlySet<string> = new Set([
  "missing",
  "wrong-release",
  "altered",
  "control-altered",
  "endpoint-impostor",
]);
/** States in which a writ still asks something of somebody. */
const underWay: ReadonlySet<string> = new Set([
  "drafted",
  "approved",
  "armed",
  "executing",
  "executed",
  "verifying",
  "indeterminate",
]);

export type Count = {
  readonly expected: number;
  readonly asRegistered: number;
  /** Places on hosts of which no look was heard. */
  readonly unseen: number;
};

/** Expected against counted: places and controls of the register, and what sight makes of them. */
export function countOf({ register, findings, hosts }: Facts): Count {
  const seen = new Set(hosts.flatMap(({ host, census }) => (census ? [host] : [])));
  const places = [...register.placements, ...register.controls].map(({ document }) =>
    String((document as { readonly host?: string }).host),
  );
  const off = new Set(
    findings
      .filter(({ rule, host }) => placeRules.has(rule) && seen.has(host))
      .map(({ host, where }) => `${host} ${where}`),
  );
  const unseen = places.filter((host) => !seen.has(host)).length;
  const asRegistered = Math.max(0, places.length - unseen - off.size);
  return { expected: places.length, asRegistered, unseen };
}

export function openWrits(writs: readonly WritSummary[]): readonly WritSummary[] {
  return writs.filter(({ state }) => underWay.has(state));
}

export type Mood = "calm" | "busy" | "empty" | "alarm" | "doubt";
export type Answer = { readonly mood: Mood; readonly says: string; readonly because: string };

/** Without a witness for so long, what is shown may be old. */
export const staleMilliseconds = 120_000;

/** Are we in command? */
export function answerOf(facts: Facts, now: number): Answer {
  const { register, findings, writs, estate, hosts } = facts;
  const grave = findings.filter(
    ({ severity, accepted }) =>
      accepted === undefined && (severity === "critical" || severity === "high"),
  );
  if (grave.length > 0) {
    const says = grave.length === 1 ? "One contradiction." : `${grave.length} contradictions.`;
    return { mood: "alarm", says, because: "What was seen is not what was said or ordered." };
  }
  if (estate.time > 0 && now - estate.time > staleMilliseconds) {
    const because = "What stands here may be old: no witness has vouched for anything newer.";
    return { mood: "doubt", says: "Not witnessed lately.", because };
  }
  if (register.placements.length === 0) {
    const because = "Say what ought to be here: ./writ register draft > register.yaml";
    return { mood: "empty", says: "Nothing is registered yet.", because };
  }
  if (hosts.every(({ census }) => census === undefined)) {
    const because = "The register says what ought to be; no probe has looked yet.";
    return { mood: "empty", says: "Nobody has looked yet.", because };
  }
  const open = openWrits(writs);
  if (open.length > 0) {
    const says = open.length === 1 ? "One order is under way." : `${open.length} orders under way.`;
    return { mood: "busy", says, because: "Nothing that was seen contradicts anything ordered." };
  }
  const because = "Everything that ought to be here was seen, as registered and as ordered.";
  return { mood: "calm", says: "We are in command.", because };
}
