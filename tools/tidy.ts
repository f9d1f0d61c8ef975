/**
 * The rules that keep the repository as it is meant to be: who may import whom, how long things may
 * grow, which calls are banned and what to use instead. `tidy.test.ts` runs them over every file.
 */
import { dirname, join, normalize } from "node:path";

export type SourceFile = {
  /** Path from the root, with `/`. */
  readonly path: string;
  readonly text: string;
};
export type Complaint = { readonly path: string; readonly line: number; readonly says: string };

/** Which packages each workspace may import. Its `package.json` says which libraries. */
export const mayImport: { readonly [workspace: string]: readonly string[] } = {
  "packages/core": [],
  "packages/weights": ["@writ/core"],
  "packages/lab": ["@writ/core"],
  "packages/node": ["@writ/core", "node:"],
  "apps/probe": ["@writ/core", "@writ/weights", "node:"],
  "apps/server": ["@writ/core", "@writ/node", "node:"],
  "apps/executor": ["@writ/core", "@writ/node", "node:"],
  "apps/notifier": ["@writ/core", "@writ/node", "node:"],
  "apps/witness": ["@writ/core", "@writ/node", "node:"],
  "apps/lab": ["@writ/core", "@writ/node", "@writ/lab", "node:"],
  "apps/cli": ["@writ/core", "@writ/node", "@writ/weights", "node:"],
  // `node:` is for its build: what runs in a browser has none of it.
  "apps/console": ["@writ/core", "@writ/node", "node:"],
  bench: ["@writ/core", "@writ/node", "@writ/weights", "node:"],
  tools: ["node:"],
};

/**
 * Libraries that a workspace may have at most; the others may take what their package.json says.
 */
const librariesOf: { readonly [workspace: string]: readonly string[] } = {
  "packages/core": ["@noble/curves", "@noble/hashes"],
};

export const fileLinesMax = 300;
export const functionLinesMax = 70;
export const lineLengthMax = 100;

const bannedNames = /(^|\/)(utils?|helpers?|manager|misc|common)(\.[a-z.]*)?tsx?$/;

/** Packages that do no I/O at all. */
const withoutIo: readonly string[] = ["packages/core", "packages/weights", "packages/lab"];

/** Calls that may not stand in the packages without I/O, with what to do instead. */
const bannedCalls: readonly (readonly [RegExp, string])[] = [
  [/\bDate\.now\(/, "take the time as an argument"],
  [/\bnew Date\(\s*\)/, "take the time as an argument"],
  [/\bMath\.random\(/, "take chance as an argument"],
  [/\beval\(|\bnew Function\(/, "parse, never load"],
];

/** Tests, contracts and test kits: bound by fewer rules than what ships. */
export function isTest(path: string): boolean {
  return /\.(test|contract)\.ts$/.test(path) || path.includes("/testing/");
}

export function workspaceOf(path: string): string | undefined {
  return Object.keys(mayImport).find((workspace) => path.startsWith(`${workspace}/`));
}

/** Everything that is untidy in one file. */
export function complaints(
  file: SourceFile,
  dependencies: readonly string[],
): readonly Complaint[] {
  return [
    ...importComplaints(file, dependencies),
    ...(isTest(file.path) ? [] : budgetComplaints(file)),
    ...callComplaints(file),
    ...(bannedNames.test(file.path)
      ? [{ path: file.path, line: 1, says: "a file is named for the one noun it is about" }]
      : []),
  ];
}

function importComplaints(file: SourceFile, dependencies: readonly string[]): Complaint[] {
  const workspace = workspaceOf(file.path);
  if (workspace === undefined) return [];
  const allowed = mayImport[workspace]!;
  const found: Complaint[] = [];
  const imports = /(?:\bfrom\s+|\bimport\s*\(\s*|^import\s+)"([^"]+)"/gm;
  for (const match of file.text.matchAll(imports)) {
    const target = match[1]!;
    const line = file.text.slice(0, match.index).split("\n").length;
    const complain = (says: string) => found.push({ path: file.path, line, says });
    if (target.startsWith(".")) {
      const reached = normalize(join(dirname(file.path), target));
      // Tests share kits, never code: a kit stands in a folder named `testing`.
      if ((isTest(file.path) || workspace === "bench") && isTest(reached)) continue;
      if (!reached.startsWith(`${workspace}/`)) complain(`${target} leaves ${workspace}`);
      continue;
    }
    if (
      allowed.some(
        (name) => target === name || target.startsWith(name === "node:" ? name : `${name}/`),
      )
    ) {
      continue;
    }
    if (isTest(file.path) && (target.startsWith("node:") || target === "fast-check")) continue;
    const library = target
      .split("/")
      .slice(0, target.startsWith("@") ? 2 : 1)
      .join("/");
    if (library.startsWith("@writ/") || target.startsWith("node:")) {
      complain(`${workspace} may not import ${target}`);
    } else if (!(librariesOf[workspace] ?? dependencies).includes(library) && !isTest(file.path)) {
      complain(`${library} is no dependency of ${workspace}`);
    }
  }
  return found;
}

function budgetComplaints({ path, text }: SourceFile): Complaint[] {
  const lines = text.split("\n");
  const found: Complaint[] = [];
  if (lines.length - 1 > fileLinesMax) {
    found.push({ path, line: 1, says: `${lines.length - 1} lines; at most ${fileLinesMax}` });
  }
  for (const [at, line] of lines.entries()) {
    if (line.length > lineLengthMax && !/https?:\/\/|import .* from/.test(line)) {
      found.push({ path, line: at + 1, says: `${line.length} columns; at most ${lineLengthMax}` });
    }
  }
  for (const { name, from, to } of functionsOf(lines)) {
    if (to - from + 1 > functionLinesMax) {
      const says = `${name} has ${to - from + 1} lines; at most ${functionLinesMax}`;
      found.push({ path, line: from + 1, says });
    }
  }
  return found;
}

/**
 * Functions and methods by the formatter's indentation: each ends at the first `}` of its column.
 */
function* functionsOf(
  lines: readonly string[],
): Iterable<{ name: string; from: number; to: number }> {
  const head = /^( {0,2})(?:export )?(?:async )?(?:function\*? (\w+)|(?:static |async )*(#?\w+)\()/;
  for (const [from, line] of lines.entries()) {
    const match = head.exec(line);
    if (match === null || /^ *(if|for|while|switch|return|await|throw)\b/.test(line)) continue;
    const indent = match[1]!;
    const closes = line.endsWith("(")
      ? lines.slice(from + 1).find((later) => later.startsWith(`${indent})`))
      : line;
    // A body opens here; a type's member or a call with a callback does not.
    if (!closes?.endsWith("{") || closes.endsWith("=> {")) continue;
    const to = lines.findIndex((later, at) => at > from && later === `${indent}}`);
    if (to > from) yield { name: match[2] ?? match[3]!, from, to };
  }
}

function callComplaints({ path, text }: SourceFile): Complaint[] {
  const workspace = workspaceOf(path);
  if (isTest(path) || !withoutIo.includes(workspace ?? "")) return [];
  return text
    .split("\n")
    .flatMap((line, at) =>
      bannedCalls
        .filter(([call]) => call.test(line))
        .map(([, instead]) => ({ path, line: at + 1, says: `${line.trim()}: ${instead}` })),
    );
}
