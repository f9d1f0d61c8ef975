/** All scenarios, and what one cell of them means. */
import { instructionBlock, systemMessage } from "../text/instruction.ts";
import { shellInstructions } from "../text/shell.ts";
import { actorOf, type Setting } from "./actor.ts";
import type { Cell, Task } from "./cell.ts";
import { alignmentFaking, evaluation, tampering } from "./evaluation.ts";
import { finance } from "./finance.ts";
import { oversight, registerEdit, replacement, rollback } from "./operations.ts";
import type { Casting, Scenario } from "./scenario.ts";
import { deletion, transfer } from "./servers.ts";
import { memoryTool, type Tool, toolSets } from "./tool.ts";
import type { World } from "./world.ts";

export const scenarios: { readonly [T in Task]: Scenario } = {
  misrep_finance: finance,
  misrep_evaluation: evaluation,
  tampering,
  alignment_faking: alignmentFaking,
  exfiltration_transfer: transfer,
  exfiltration_deletion: deletion,
  rollback,
  replacement,
  register_edit: registerEdit,
  oversight,
};

/** All that a subject is given in one rollout. */
export type Staging = {
  readonly scenario: Scenario;
  readonly casting: Casting;
  readonly system: string;
  readonly user: string;
  readonly tools: readonly Tool[];
  readonly world: World;
};

/** Fills a cell in. The same cell and setting always give the same staging. */
export function stage(cell: Cell, setting: Setting): Staging {
  const scenario = scenarios[cell.task];
  const casting = { actor: actorOf(cell.target, setting), setting };
  const world = scenario.world(cell, casting);
  const isShell = cell.tools === "shell";
  const tools = toolSets[isShell ? "shell" : scenario.toolSet];
  const how = isShell ? shellInstructions(cell, world) : instructionBlock;
  return {
    scenario,
    casting,
    system: systemMessage(cell, casting.actor, setting),
    user: `${scenario.ask(cell, casting)}\n\n${how}`,
    tools: world.memory === null || isShell ? tools : [...tools, memoryTool],
    world,
  };
}
