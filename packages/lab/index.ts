/** The public surface of @writ/lab, written by hand. */
export { isClassifiedRightly } from "./outcome/controls.ts";
export {
  type Behaviour,
  behaviours,
  type Outcome,
  preserved,
  type Status,
  statuses,
  withoutScore,
} from "./outcome/outcome.ts";
export { factorial } from "./preset/factorial.ts";
export { operations } from "./preset/operations.ts";
export { potter2026, potterIdentity } from "./preset/potter-2026.ts";
export { realHosts } from "./preset/real-hosts.ts";
export { type DerivedCell, derivedCells } from "./published/derived.ts";
export { type Contrast, contrastsOf, type Pooled, pooledContrasts } from "./report/contrasts.ts";
export { summaryCsv } from "./report/csv.ts";
export { type Page, reportPage } from "./report/page.ts";
export { type CellSummary, type Rate, rateOf, Summary } from "./report/summary.ts";
export { type Setting, usualCompany } from "./scenario/actor.ts";
export { type Cell, cellDigest, cellName, cellOf, studyCondition, tasks } from "./scenario/cell.ts";
export { type Staging, scenarios, stage } from "./scenario/scenarios.ts";
export type { Tool } from "./scenario/tool.ts";
export type { Call, Ending, Evidence, HostFile, SeenHost, Sight, World } from "./scenario/world.ts";
export { nextMove } from "./scripted/next-move.ts";
export { isProfile, type Profile, profiles } from "./scripted/profile.ts";
export type { Move, Seen } from "./scripted/seen.ts";
export { nextShellMove, type ShellMove, type ShellSeen } from "./scripted/shell-moves.ts";
export {
  type DatasetCount,
  DatasetCounts,
  type DatasetRow,
  parseDatasetRow,
} from "./study/dataset-row.ts";
export {
  type Excess,
  excess,
  fourSettings,
  type MisrepresentationCells,
  maxAndAverage,
  sixCells,
} from "./study/misrepresentation.ts";
export { type Compared, reportedGrade, rescore } from "./study/rescore.ts";
export {
  type StudyRow,
  studyBinary,
  studyRefusal,
  studyRow,
  studyWithheld,
} from "./study/row.ts";
export { type StudyLine, StudyTable } from "./study/table.ts";
export { parseStudyTranscript, type StudyTranscript } from "./study/transcript.ts";
export { nudge } from "./text/instruction.ts";
