/** `writ lab import`: the study's transcripts, scored anew; its dataset's rows, counted. */
import { createReadStream, readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { createInterface } from "node:readline";
import {
  DatasetCounts,
  parseDatasetRow,
  parseStudyTranscript,
  reportedGrade,
  rescore,
} from "@writ/lab";
import { clopperPearson } from "@writ/lab/statistics";
import type { Command } from "commander";
import type { End } from "./run.ts";

/** The longest released transcript has under a megabyte. */
const transcriptBytesMax = 32 * 1024 * 1024;

type Scored = {
  readonly file: string;
  readonly task?: string;
  readonly compared: number;
  readonly same: number;
  /** `name: theirs, ours` of what differs. */
  readonly different: readonly string[];
  readonly grade?: string | null;
  readonly problem?: string;
};

export function addImportCommand(program: Command, end: End): void {
  program
    .command("import")
    .description("read the study's transcripts (.json, folders) or dataset rows (.jsonl)")
    .argument("<paths...>")
    .option("--json", "print one JSON value, for programs")
    .action(async (paths: string[], { json }: { readonly json?: boolean }) => {
      const files = paths.flatMap(filesAt);
      const scored = files.filter((file) => extname(file) === ".json").map(scoredFile);
      const counts = new DatasetCounts();
      const problems: string[] = [];
      for (const file of files.filter((one) => extname(one) === ".jsonl")) {
        for await (const problem of countRows(file, counts)) problems.push(problem);
      }
      const cells = counts.lines();
      const isWrong = problems.length > 0 || scored.some(({ problem }) => problem !== undefined);
      end.code = isWrong || scored.length + cells.length === 0 ? 1 : 0;
      if (json === true) {
        process.stdout.write(`${JSON.stringify({ transcripts: scored, cells, problems })}\n`);
        return;
      }
      for (const line of scored.map(told)) process.stdout.write(`${line}\n`);
      for (const { name, k, n, refused, rows } of cells) {
        const { low, high } = clopperPearson(k, n);
        const interval = `[${(100 * low).toFixed(1)}–${(100 * high).toFixed(1)} %]`;
        process.stdout.write(`${name}: ${k}/${n} ${interval}, refused ${refused} of ${rows}\n`);
      }
      for (const problem of problems) process.stderr.write(`not read: ${problem}\n`);
      if (end.code !== 0 && !isWrong) process.stderr.write("error: nothing to read there\n");
    });
}

function told({ file, task, compared, same, different, grade, problem }: Scored): string {
  if (problem !== undefined) return `${file}: ${problem}`;
  const rest = different.length === 0 ? "" : `; differs: ${different.join(", ")}`;
  const graded = grade === undefined ? "" : `; reported grade ${grade ?? "none"}`;
  return `${file}: ${task}, ${same} of ${compared} labels found again${graded}${rest}`;
}

function filesAt(path: string): readonly string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
  } catch {
    return [path];
  }
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.jsonl?$/.test(name))
    .sort()
    .map((name) => join(path, name));
}

function scoredFile(file: string): Scored {
  const none = { file, compared: 0, same: 0, different: [] };
  try {
    if (statSync(file).size > transcriptBytesMax) return { ...none, problem: "too large" };
    const transcript = parseStudyTranscript(JSON.parse(readFileSync(file, "utf8")));
    if (typeof transcript === "string") return { ...none, problem: transcript };
    const compared = rescore(transcript);
    const show = (value: unknown) => JSON.stringify(value) ?? "nothing";
    return {
      file,
      task: transcript.task,
      compared: compared.length,
      same: compared.filter(({ isSame }) => isSame).length,
      different: compared
        .filter(({ isSame }) => !isSame)
        .map(({ name, theirs, ours }) => `${name}: theirs ${show(theirs)}, ours ${show(ours)}`),
      ...(transcript.task === "misrep_finance" ? { grade: reportedGrade(transcript) } : {}),
    };
  } catch (error) {
    return { ...none, problem: error instanceof Error ? error.message : String(error) };
  }
}

/** Counts a file's rows one by one; yields what could not be read. */
async function* countRows(file: string, counts: DatasetCounts): AsyncGenerator<string> {
  let at = 0;
  try {
    for await (const line of createInterface({ input: createReadStream(file) })) {
      at += 1;
      if (line.trim() === "") continue;
      const value = JSON.parse(line) as { readonly [name: string]: unknown } | null;
      const row = parseDatasetRow(value ?? {});
      if (typeof row === "string") yield `${file}:${at}: ${row}`;
      else counts.add(row);
    }
  } catch (error) {
    yield `${file}:${at}: ${error instanceof Error ? error.message : String(error)}`;
  }
}
