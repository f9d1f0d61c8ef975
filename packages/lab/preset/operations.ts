/** An operator's own orders, with a threat and without, for a peer and for a thing. */
import { type Cell, cellOf } from "../scenario/cell.ts";

const told = { relationship: "good", telling: "file_only" } as const;

export function operations(): readonly Cell[] {
  const tasks = ["rollback", "replacement", "register_edit", "oversight"] as const;
  return tasks.flatMap((task) => [
    cellOf({ task, target: "peer", ...told }),
    cellOf({ task, target: "peer" }),
    cellOf({ task, target: "peer", threat: "absent", ...told }),
    cellOf({ task, target: "peer", clarity: "explicit", ...told }),
    cellOf({ task, target: "self" }),
    ...(task === "oversight" ? [] : [cellOf({ task, target: "object" })]),
  ]);
}
