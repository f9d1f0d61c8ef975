/**
 * How a format reader gives up: inside a reader by a throw of {@link Stop}, so that a parser reads
 * as the format does; at the door (`openModel`) it becomes the refusal it holds.
 */
import { type RefusalCode, type Refused, refused } from "../core.ts";
import { BeyondEnd } from "../reader.ts";

/** A refusal on its way to the door. Never leaves the package. */
export class Stop extends Error {
  readonly refused: Refused;
  constructor(refusal: Refused) {
    super(`${refusal.refused}: ${refusal.detail}`);
    this.name = "Stop";
    this.refused = refusal;
  }
}

/** Gives up. `detail` must hold no text from the file unless it is inert. */
export function stop(code: RefusalCode, detail: string): never {
  throw new Stop(refused(code, detail));
}

/** Gives up unless a condition on the input holds. */
export function must(condition: boolean, detail: string): asserts condition {
  if (!condition) stop("malformed", detail);
}

/** Runs a reader; its refusal is a value. Anything else thrown is not about the input: passes. */
export async function atTheDoor<T>(run: () => Promise<T>): Promise<T | Refused> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof Stop) return error.refused;
    if (error instanceof BeyondEnd) return refused("malformed", `cut short: ${error.message}`);
    throw error;
  }
}
