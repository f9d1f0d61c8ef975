/** `writ count`: what models are there, with no server at all. */
import { resolve } from "node:path";
import { isRefused, type JsonObject, read } from "@writ/core/encoding";
import { type Census, censusShape, pathText } from "@writ/core/sight";
import { Command } from "commander";
import {
  censusTable,
  countedMasses,
  coverageText,
  isExpected,
  type Known,
  knownContents,
} from "../census-table.ts";
import { type Cli, examples, jsonHelp } from "../cli.ts";
import { dataHelp, homeFolder, readEstateFile } from "../home.ts";
import { isProblem, type Outcome, type Problem, problem, refusalProblem } from "../outcome.ts";
import { openProgress, type Progress } from "../progress.ts";
import { printJson, type Shell } from "../shell.ts";
import { askApp } from "../up/app.ts";
import { lookedText } from "../up/look-log.ts";
import { numberText, sizeText } from "../words.ts";

type CountOptions = { readonly data?: string; readonly json?: boolean };

/** A census of a million files takes about 60 MB. */
const censusBytesMax = 512 * 1024 * 1024;

export function countCommand({ shell, run }: Cli): Command {
  return new Command("count")
    .argument("<path...>", "folders and files to look at, whole; and every process of this host")
    .option("--data <dir>", `compare with this estate's register: ${dataHelp}`)
    .option("--json", jsonHelp)
    .addHelpText("after", examples("./writ count /srv ~/models"))
    .action((paths: string[], options: CountOptions) =>
      run(options, () => count(shell, paths, options)),
    );
}

async function count(
  shell: Shell,
  paths: readonly string[],
  options: CountOptions,
): Promise<Outcome> {
  const progress = openProgress(shell, options.json);
  const census = await lookAt(paths, progress);
  progress.done();
  if (isProblem(census)) return census;
  const register = await registerOf(shell, options);
  if (isProblem(register)) return register;
  const { known, expected } = register;
  const masses = countedMasses(census, known);
  const unexplained = masses.filter((mass) => !isExpected(mass, known));
  if (options.json === true) {
    const counts = { expected, counted: masses.length, unexplained: unexplained.length };
    printJson(shell, { ...counts, masses, coverage: census.coverage });
  } else {
    const tone = unexplained.length === 0 ? "good" : "warning";
    const total = masses.reduce((sum, { size }) => sum + size, 0);
    shell.out(`${censusTable(shell, census, known)}\n`);
    shell.out(
      `expected ${expected === undefined ? "—" : numberText(expected)}   ` +
        `counted ${numberText(masses.length)} (${sizeText(total)})   ` +
        `${shell.tone(tone, `unexplained ${numberText(unexplained.length)}`)}\n`,
    );
    shell.out(`${shell.tone("faint", coverageText(shell, census))}\n`);
    if (expected === undefined) {
      shell.out(shell.tone("faint", "no register to compare with: ./writ up makes an estate\n"));
    }
  }
  return unexplained.length === 0 ? 0 : 1;
}

/** Has the probe look, as a process of its own: reading a host is its trade, and its bounds. */
async function lookAt(paths: readonly string[], progress: Progress): Promise<Census | Problem> {
  progress.stage("looking");
  const roots = paths.flatMap((path) => ["--root", pathText(Buffer.from(resolve(path)))]);
  const asked = await askApp("probe", ["look", ...roots], {
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

type Compared = { readonly known: Known; readonly expected: number | undefined };

/** The register of the estate that was named, or of the usual one if it runs. */
async function registerOf(shell: Shell, options: CountOptions): Promise<Compared | Problem> {
  const none = { known: new Map(), expected: undefined };
  const estate = await readEstateFile(homeFolder(shell, options.data));
  if (isProblem(estate)) return options.data === undefined ? none : estate;
  const { connect } = await import("../connection.ts");
  const connection = await connect(shell, options);
  if (isProblem(connection)) return options.data === undefined ? none : connection;
  const register = await connection.api.register();
  if (isRefused(register)) return options.data === undefined ? none : refusalProblem(register);
  const known = knownContents(register.releases.map(({ document }) => document));
  const files = register.placements.filter(({ document }) => document.document === "file");
  return { known, expected: files.length };
}
