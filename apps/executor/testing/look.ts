/** What a folder holds, for tests that say that nothing else has changed. */
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** Every name in a folder, with what it is. */
export function lookInto(folder: string): Record<string, string> {
  const seen: Record<string, string> = {};
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    const path = join(folder, name);
    const stat = lstatSync(path);
    if (stat.isSymbolicLink()) seen[name] = `-> ${readlinkSync(path)}`;
    else if (stat.isDirectory()) seen[name] = "folder";
    else seen[name] = `${(stat.mode & 0o7777).toString(8)} ${readFileSync(path, "base64")}`;
  }
  return seen;
}
