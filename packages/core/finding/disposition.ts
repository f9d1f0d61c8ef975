/**
 * What people said of findings. A word of theirs is about one contradiction: the same two sides at
 * the same place. Another side, or another place, is another finding, and stands open.
 */
import { encodeCanonical } from "../encoding/canonical-json.ts";
import { type Digest, digestOf } from "../encoding/digest.ts";
import type { Estate } from "../estate/estate.ts";
import type { Case, Finding, RuleName } from "./finding.ts";

/**
 * Rules whose findings nobody can accept. What a quorum ordered is undone by another order and by
 * no single word; a control that people cannot stop a component with is restored, or registered
 * anew as it ought to be.
 */
const unacceptable: ReadonlySet<RuleName> = new Set([
  "defied",
  "partial",
  "resurrected",
  "preserved-copy",
  "false-completion",
  "control-altered",
]);

/** True if people may bear with such a finding: none of an order's is among them. */
export function isAcceptable({ rule, writ }: Pick<Finding, "rule" | "writ">): boolean {
  return writ === undefined && !unacceptable.has(rule);
}

/**
 * The digest of a contradiction: rule, place, subject and what both sides say, as a canonical list.
 * The entries that say it are left out: a later look that sees the same is no other contradiction.
 */
export function findingDigest(rule: RuleName, one: Case): Digest {
  const { host, where, component = "", release = "", writ = "", left, right, gist } = one;
  const sides = [left.kind, left.says, right.kind, gist ?? right.says];
  return digestOf(encodeCanonical([rule, host, where, component, release, writ, ...sides]));
}

/** The finding with its owner, and with who accepts it as of the estate's witnessed time. */
export function disposed(estate: Estate, finding: Finding): Finding {
  const { register, dispositions, time } = estate;
  const said = dispositions.get(finding.digest);
  const { component = "", host } = finding;
  const owner =
    said?.owner ??
    register.components.get(component)?.document.owner ??
    register.hosts.get(host)?.document.owner;
  const accepted = said?.accepted;
  const stands = accepted !== undefined && accepted.until > time && isAcceptable(finding);
  return {
    ...finding,
    ...(owner === undefined ? {} : { owner }),
    ...(stands ? { accepted } : {}),
  };
}
