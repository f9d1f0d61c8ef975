/** Folders that go when the test process does. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folders: string[] = [];
process.on("exit", () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A new empty folder. */
export function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "writ-test-"));
  folders.push(folder);
  return folder;
}
