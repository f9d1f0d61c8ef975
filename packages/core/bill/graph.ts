/** Relations between the things of a document: a bill that depends on itself has no end. */
import { type Refused, refused } from "../encoding/refusal.ts";

/** Refuses a cycle. Walks without recursion: a chain may be as long as the document. */
export function checkGraph(
  edges: ReadonlyMap<string, readonly string[]>,
  name: string,
): Refused | undefined {
  const state = new Map<string, "open" | "done">();
  for (const start of edges.keys()) {
    const path: { readonly node: string; next: number }[] = [];
    if (!state.has(start)) path.push({ node: start, next: 0 });
    state.set(start, state.get(start) ?? "open");
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const to = edges.get(top.node)?.[top.next];
      top.next += 1;
      if (to === undefined) {
        state.set(top.node, "done");
        path.pop();
      } else if (state.get(to) === "open") {
        return refused("malformed", `${name} go round in a circle at ${JSON.stringify(to)}`);
      } else if (!state.has(to)) {
        state.set(to, "open");
        path.push({ node: to, next: 0 });
      }
    }
  }
  return undefined;
}
