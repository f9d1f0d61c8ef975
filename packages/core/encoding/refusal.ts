/**
 * A refusal is a value: bad input from outside is expected, says why by a code from a closed list,
 * and tells a person what to do. Bugs of ours are not refusals: they are assertions, and crash.
 */

/**
 * Why something was refused. Closed: a new reason is a new line here, in the glossary and a vector.
 */
export type RefusalCode =
  // shape of bytes
  | "malformed"
  | "not-canonical"
  | "oversized"
  | "unknown-version"
  | "unknown-kind"
  // signatures and identities
  | "unknown-signer"
  | "bad-signature"
  | "wrong-role"
  | "duplicate-signer"
  | "chain-gap"
  | "chain-fork"
  | "replayed"
  | "cloned-key"
  | "unattested"
  // trust root
  | "bad-trust-root"
  | "root-not-quorate"
  | "no-trust-root"
  | "policy-unreadable"
  | "wrong-estate"
  // register and blobs
  | "unknown-reference"
  | "conflicting-register"
  | "lifecycle-by-writ-only"
  | "missing-blob"
  | "wrong-blob"
  // writs
  | "unknown-writ"
  | "writ-expired"
  | "writ-closed"
  | "writ-vetoed"
  | "writ-not-armed"
  | "own-proposal"
  | "barred"
  | "already-decided"
  | "unacceptable"
  | "past-the-fence"
  | "stale-inventory"
  | "wrong-plan"
  | "out-of-order"
  // journal and certificate
  | "stale-sight"
  | "undeserved"
  | "bad-proof"
  | "bad-checkpoint"
  | "not-cosigned"
  | "fork"
  | "rollback-of-history"
  // nodes: what a machine could not do
  | "overloaded"
  | "unavailable"
  | "exposed-key";

export type Refused = {
  readonly refused: RefusalCode;
  /** What was wrong, in words, with the place. Never holds unescaped text from outside. */
  readonly detail: string;
};

/** Makes a refusal. `detail` is for a person: what, where, and what would be right. */
export function refused(code: RefusalCode, detail: string): Refused {
  return { refused: code, detail };
}

/** Narrows a result to its refusal. */
export function isRefused<T>(result: T | Refused): result is Refused {
  return typeof result === "object" && result !== null && "refused" in result;
}

/** Stops the program when something that we hold true is false: a bug of ours, never bad input. */
export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${what}`);
}

/** A switch that reaches this has forgotten a case: a compile error, and a crash if types lied. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
