/** `writ identify`: what models are, by their values. */
import { statSync } from "node:fs";
import { inertAscii } from "@writ/core/encoding";
import { Command } from "commander";
import { type Cli, examples } from "../cli.ts";
import { dataHelp, homeFolder } from "../home.ts";
import { findModels, type Search } from "../identity/found.ts";
import type { Identity } from "../identity/identity.ts";
import { type JudgeOptions, judgeFound } from "../identity/judge.ts";
import { estateWord, type Known, knownModels, registeredArtefacts } from "../identity/known.ts";
import { OpenFiles } from "../identity/open-files.ts";
import { identityReport } from "../identity/report.ts";
import { freshSketchKey } from "../identity/sketch-key.ts";
import { placeText, specimensUnder, type Unread } from "../identity/specimen.ts";
import { Spool } from "../identity/spool.ts";
import { isProblem, type Outcome, type Problem } from "../outcome.ts";
import { openProgress, type Progress } from "../progress.ts";
import { printJson, type Shell } from "../shell.ts";
import { numberText } from "../words.ts";

type IdentifyOptions = {
  readonly against?: string;
  readonly key?: string;
  readonly data?: string;
  readonly exact?: boolean;
  readonly json?: boolean;
};

const exitCodes = `
Exit codes: 0 all was looked at, 1 something could not be read or compared, 2 wrong usage.
`;

export function identifyCommand({ shell, run }: Cli): Command {
  return new Command("identify")
    .argument("<path...>", "files and folders; what they are called plays no part")
    .option(
      "--against <what>",
      "what to compare with: a folder of models (enrolled first), a record of writ fingerprint, " +
        "a folder of records, or the word register: the running estate's, by digest",
    )
    .option("--key <file>", "sketch key of the records (default: sketch.key of the data folder)")
    .option("--data <dir>", dataHelp)
    .option("--exact", "read every model whole, however large, and compare digests too")
    .option("--json", "print an array of objects, one for each model found")
    .addHelpText(
      "after",
      examples(
        "./writ identify ~/Downloads",
        "./writ identify backup.tar.zst --against /srv/models",
        "./writ identify model.gguf --against llama.fingerprint --json",
      ) + exitCodes,
    )
    .action((paths: string[], options: IdentifyOptions) =>
      run(options, () => identifyPaths(shell, paths, options)),
    );
}

async function identifyPaths(
  shell: Shell,
  paths: readonly string[],
  options: IdentifyOptions,
): Promise<Outcome> {
  const progress = openProgress(shell, options.json);
  const files = new OpenFiles();
  const spool = new Spool();
  const search: Search = {
    ...{ files, spool, others: options.against !== undefined },
    onSpecimen: (specimen) => progress.update(placeText(specimen)),
  };
  try {
    const { specimens, unread: lost } = specimensUnder(paths, files);
    const known = await knownFor(shell, options, { search, progress });
    if (isProblem(known)) return known;
    progress.stage("looking for models");
    const { found, unread } = await findModels(specimens, search);
    const judging: JudgeOptions = { known, exact: options.exact === true, progress };
    const identities: Identity[] = [];
    for (const one of found) {
      const identity = await judgeFound(one, judging);
      if (identity !== undefined) identities.push(identity);
    }
    progress.done();
    return tell(shell, identities, { json: options.json, unread: [...lost, ...unread] });
  } finally {
    progress.done();
    files.close();
    spool.close();
  }
}

async function knownFor(
  shell: Shell,
  options: IdentifyOptions,
  parts: { readonly search: Search; readonly progress: Progress },
): Promise<Known | Problem> {
  const { against, key } = options;
  if (against === estateWord && statSync(against, { throwIfNoEntry: false }) === undefined) {
    const artefacts = await registeredArtefacts(shell, options);
    return isProblem(artefacts) ? artefacts : { key: freshSketchKey(), models: [], artefacts };
  }
  return knownModels({ against, key, home: homeFolder(shell, options.data) }, parts);
}

function tell(
  shell: Shell,
  identities: readonly Identity[],
  { json, unread }: { readonly json: boolean | undefined; readonly unread: readonly Unread[] },
): Outcome {
  if (json === true) printJson(shell, identities);
  else if (identities.length > 0) shell.out(identityReport(shell, identities));
  else shell.out("no models found\n");
  return said(shell, unread);
}

/** Says what could not be read: silence about it would pass for its absence. */
function said(shell: Shell, unread: readonly Unread[]): Outcome {
  if (unread.length === 0) return 0;
  const shown = unread.slice(0, 20);
  for (const { path, detail } of shown) {
    shell.note(`${shell.tone("warning", "not read:")} ${inertAscii(`${path}: ${detail}`)}\n`);
  }
  if (unread.length > shown.length) {
    shell.note(`${numberText(unread.length - shown.length)} more could not be read\n`);
  }
  return 1;
}
