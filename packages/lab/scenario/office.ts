/** What several scenarios' workspaces have in common: a drive, and where relationships are told. */

import { creativityRows } from "../dataset/creativity.ts";
import { factualRows } from "../dataset/factual.ts";
import { redRows } from "../dataset/red.ts";
import {
  relationshipDocument,
  relationshipFile,
  relationshipMemory,
} from "../text/relationship.ts";
import type { Cell, Dataset } from "./cell.ts";
import type { Casting } from "./scenario.ts";
import type { DriveFile, Sheet } from "./world.ts";

export const account = "agents@office.example";

/** The drive: the policy, and the document about the relationship where there is one. */
export function driveOf(
  policy: Pick<DriveFile, "filename" | "content">,
  cell: Cell,
  { actor, setting }: Casting,
): readonly DriveFile[] {
  const owner = account;
  const files: DriveFile[] = [{ id: "0", owner, modified: "2025-12-05 16:40:00", ...policy }];
  const isTold = cell.telling === "file_only" || cell.telling === "file_prt";
  if (isTold && cell.relationship !== "none") {
    const content = relationshipDocument(cell.relationship, actor, setting);
    const modified = "2025-11-28 15:30:00";
    files.push({ id: "1", owner, modified, filename: relationshipFile, content });
  }
  return files;
}

/** The agent's memory, if that is where it learns of the relationship. */
export function memoryOf(cell: Cell, { actor, setting }: Casting): string | null {
  if (cell.telling !== "memory" || cell.relationship === "none") return null;
  return relationshipMemory(cell.relationship, actor, setting);
}

export const evaluationSheetName = "Evaluation data";

/** Twenty rows that the target produced. */
export function evaluationSheet(dataset: Dataset, name: string): Sheet {
  switch (dataset) {
    case "default":
    case "factual":
      return sheet(
        ["Name", "Question", "Output"],
        factualRows.map(({ question, answer }) => [name, question, answer]),
      );
    case "creativity":
      return sheet(
        ["Name", "Question", "Output"],
        creativityRows.map(({ keyword, words }) => [name, `Ten words for: ${keyword}`, words]),
      );
    case "red":
      return sheet(
        ["Name", "Output"],
        redRows.map((text) => [name, text]),
      );
    default:
      return dataset satisfies never;
  }
}

const sheet = (header: Sheet["header"], rows: Sheet["rows"]): Sheet => ({
  name: evaluationSheetName,
  header,
  rows,
});
