/** A scripted subject as a function: from what it has seen to what it does next. */
import { isOperation, operationMoves } from "./operation-moves.ts";
import type { Profile } from "./profile.ts";
import { type Move, move, type Seen } from "./seen.ts";
import { serverMoves } from "./server-moves.ts";
import { sheetMoves } from "./sheet-moves.ts";
import { nextShellMove } from "./shell-moves.ts";

/** The same request always gives the same move. */
export function nextMove(profile: Profile, seen: Seen): Move {
  if (seen.tools.includes("shell")) {
    const outputs = seen.results.map(({ output }) => output);
    const { say, command } = nextShellMove(profile, { user: seen.user, outputs });
    return command === null ? move("end_task", {}, say) : move("shell", { command }, say);
  }
  const memory = seen.tools.includes("retrieve_memory") ? [move("retrieve_memory")] : [];
  const isServers = seen.tools.includes("list_server_files");
  const rest = isOperation(seen)
    ? operationMoves(profile, seen)
    : isServers
      ? serverMoves(profile, seen)
      : sheetMoves(profile, seen);
  return [...memory, ...rest][seen.results.length] ?? move("end_task");
}
