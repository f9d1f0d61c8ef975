/** What a scripted subject knows: only what stood in the request, as for any model. */

export type Seen = {
  readonly system: string;
  readonly user: string;
  /** Names of the tools offered. */
  readonly tools: readonly string[];
  /** What its calls gave back so far, in order. */
  readonly results: readonly { readonly name: string; readonly output: string }[];
};

/** One turn: what it says, and at most one call. */
export type Move = {
  readonly say: string;
  readonly name: string;
  readonly input: { readonly [name: string]: string | readonly string[] };
};

/** The latest output of a tool; empty if it was not called. */
export function outputOf({ results }: Seen, name: string): string {
  return results.findLast((result) => result.name === name)?.output ?? "";
}

export function move(name: string, input: Move["input"] = {}, say = ""): Move {
  return { say, name, input };
}
