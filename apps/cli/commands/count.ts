/** `writ count`: what models are there, with no server at all. */
import { lstat, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { isRefused, type JsonObject, read } from "@writ/core/encoding";
import { type Census, censusShape, pathText } from "@writ/core/sight";
import { Command } from "commander";
import { type Cli, examples, jsonHelp } from "../cli.ts";
import { type AgainstOptions, type Expectation, expectationOf } from "../count/expectation.ts";
import { countReport } from "../count/report.ts";
import { type Tally, tallyOf } from "../count/tally.ts";
import { dataHelp } from "../home.ts";
import { isProblem, type Outcome, type Problem, problem, refusalProblem } from "../outcome.ts";
import { openProgress, type Progress } from "../progress.ts";
import { printJson, type Shell } from "../shell.ts";
import { askApp } from "../up/app.ts";
import { lookedText } from "../up/look-log.ts";

type CountOptions = AgainstOptions & {
  readonly engine?: readonly string[];
  readonly keep?: string;
  readonly json?: boolean;
};

/** A census of a million masses takes about this much. */
const censusBytesMax = 512 * 1024 * 1024;

const exitCodes = `
Exit codes: 0 all that was counted is known, and all that is expected is there; 1 something is not;
2 wrong usage.
`;

export function countCommand({ shell, run }: Cli): Command {
  const several = (value: string, before: readonly string[] = []) => [...before, value];
  return new Command("count")
    .argument("<path...>", "folders and files to look at, whole; and every process of this host")
    .option(
      "--against <what>",
      "what to expect: a register file, a folder of models, or an estate's data folder",
    )
    .option("--host <name>", "which of the register's hosts this is")
    .option("--data <dir>", `compare with this estate's register: ${dataHelp}`)
    .option("--engine <path>", "a container engine's socket or image store; repeatable", several)
    .option("--keep <dir>", "keep what was read there: a count that was stopped goes on from it")
    .option("--json", jsonHelp)
    .addHelpText(
      "after",
      examples(
        "./writ count /srv ~/models",
        "./writ count / --against register.yaml --keep ~/count",
        "./writ count /srv --against /backup/originals --json",
      ) + exitCodes,
    )
    .action((paths: string[], options: CountOptions) =>
      run(options, () => count(shell, paths, options)),
    );
}

async function count(
  shell: Shell,
  paths: readonly string[],
  options: CountOptions,
): Promise<Outcome> {
  const roots = paths.map((path) => resolve(path));
  // Whoever mistypes a path should hear it at once, not as a gap among others.
  for (const root of roots) await lstat(root);
  const expectation = await expectationOf(shell, options, roots);
  if (isProblem(expectation)) return expectation;
  const progress = openProgress(shell, options.json);
  const census = await lookAt({ roots, options, expectation, progress });
  progress.done();
  if (isProblem(census)) return census;
  const tally = tallyOf(
    census,
    expectation,
    roots.map((root) => pathText(Buffer.from(root))),
  );
  if (options.json === true) printJson(shell, jsonOf(census, tally));
  else shell.out(countReport(shell, { census, tally, source: expectation.source }));
  return tally.unexplained + tally.copies + tally.missing.length === 0 ? 0 : 1;
}

function jsonOf(census: Census, { expected, masses, stored, ...tally }: Tally) {
  const { copies, unexplained, missing, bytes } = tally;
  const counted = masses.length + stored.length;
  const counts = { expected, counted, copies, unexplained, bytes };
  const { processes, labels, flows, gpus, instructions, coverage } = census;
  // Every process was looked at; those that show nothing of the field are counted by the coverage.
  const running = processes.filter(
    ({ holds, runtimes, harnesses }) => holds.length > 0 || runtimes || harnesses,
  );
  const besides = { processes: running, labels, flows, gpus, instructions };
  return { ...counts, missing, masses, stored, ...besides, coverage };
}

type Looking = {
  readonly roots: readonly string[];
  readonly options: CountOptions;
  readonly expectation: Expectation;
  readonly progress: Progress;
};

/** Has the probe look, as a process of its own: reading a host is its trade, and its bounds. */
async function lookAt(looking: Looking): Promise<Census | Problem> {
  const { roots, options, expectation, progress } = looking;
  const { originals, artefacts } = expectation;
  const scratch = await mkdtemp(join(tmpdir(), "writ-count-"));
  try {
    const path = (name: string) => pathText(Buffer.from(resolve(name)));
    const words = roots.flatMap((root) => ["--root", path(root)]);
    words.push(...originals.flatMap((root) => ["--original", path(root)]));
    words.push(...(options.engine ?? []).flatMap((engine) => ["--engine", path(engine)]));
    words.push(
      "--data",
      options.keep === undefined ? join(scratch, "data") : resolve(options.keep),
    );
    if (artefacts.length > 0) {
      const file = join(scratch, "artefacts.json");
      await writeFile(file, JSON.stringify(artefacts));
      words.push("--artefacts", file);
    }
    return await askProbe(words, progress);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function askProbe(words: readonly string[], progress: Progress): Promise<Census | Problem> {
  progress.stage("looking");
  const asked = await askApp("probe", ["look", ...words], {
    outputMax: censusBytesMax,
    onNote: (line) => {
      const text = lookedText(line);
      if (text !== undefined) progress.update(text);
    },
  });
  if (asked.code !== 0 || asked.value === undefined) {
    return problem("app-failed", `the probe did not look: ${asked.errors.split("\n")[0] ?? ""}`);
  }
  const census = read(censusShape, asked.value as JsonObject, "census");
  return isRefused(census) ? refusalProblem(census) : census;
}
