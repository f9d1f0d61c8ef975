/**
 * Files that an agent's harness reads at each start or writes itself: instructions, memories,
 * settings, hooks. A plan that outlives one session lives there.
 */
import { digest, integer, object, oneOf, optional, type Shaped, text } from "../encoding/shape.ts";

/** Such files of one host. */
export const instructionFilesMax = 10_000;

export const instructionFileShape = object({
  path: text(4 * 4096),
  /** Whose it is: `Claude Code`, `any` for a name that several harnesses read. */
  harness: text(64),
  /** `instructions` are read whole at each start; `memory` is written by the agent itself. */
  role: oneOf("instructions", "memory", "settings", "history"),
  size: integer(0, Number.MAX_SAFE_INTEGER),
  /** Absent for what is too large to be read at each look. */
  digest: optional(digest),
  modified: text(24, 24),
  /** Inode change time, which no ordinary program can set back. */
  changed: text(24, 24),
  owner: integer(0, 4_294_967_295),
});
export type InstructionFile = Shaped<typeof instructionFileShape>;
