/** `writ fingerprint`: enrols a model, so that it is known again. */
import { statSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { inertAscii } from "@writ/core/encoding";
import { chunkSetOf, enrol, weightsOf } from "@writ/weights";
import { Command } from "commander";
import { type Cli, examples, jsonHelp } from "../cli.ts";
import { dataHelp, homeFolder } from "../home.ts";
import { type Found, findModels, type Search } from "../identity/found.ts";
import { OpenFiles } from "../identity/open-files.ts";
import { contentsOf } from "../identity/pass.ts";
import { encodeRecord } from "../identity/record.ts";
import { makeSketchKey, readSketchKey, sketchKeyPath } from "../identity/sketch-key.ts";
import { placeText, specimensUnder } from "../identity/specimen.ts";
import { Spool } from "../identity/spool.ts";
import { isProblem, type Outcome, type Problem, problem } from "../outcome.ts";
import { openProgress, type Progress } from "../progress.ts";
import { printJson, type Shell } from "../shell.ts";
import { sizeText } from "../words.ts";

type FingerprintOptions = {
  readonly out?: string;
  readonly name?: string;
  readonly key?: string;
  readonly data?: string;
  readonly quick?: boolean;
  readonly json?: boolean;
};

const about = `
The record holds no more of the weights than the sketch does. It is of use only with the sketch key
that it was made under: keep that key from whoever might prepare a model for it.
`;

export function fingerprintCommand({ shell, run }: Cli): Command {
  return new Command("fingerprint")
    .argument("<path>", "a model: its file, one of its shards, its index, or its folder")
    .option("--out <file>", "where the record goes (default: NAME.fingerprint, here)")
    .option("--name <name>", "what the model is called in verdicts (default: its file's name)")
    .option("--key <file>", "sketch key (default: sketch.key of the data folder, made if missing)")
    .option("--data <dir>", dataHelp)
    .option("--quick", "only the sketch: no digests and no chunks, so the file is not read whole")
    .option("--json", jsonHelp)
    .addHelpText("after", examples("./writ fingerprint model.safetensors --name llama-3.8") + about)
    .action((path: string, options: FingerprintOptions) =>
      run(options, () => fingerprint(shell, path, options)),
    );
}

async function fingerprint(
  shell: Shell,
  path: string,
  options: FingerprintOptions,
): Promise<Outcome> {
  const out = options.out ?? `${basename(path)}.fingerprint`;
  if (statSync(out, { throwIfNoEntry: false }) !== undefined) {
    return problem("usage", `${out} is there already`, "name another file: --out FILE");
  }
  const key = keyFor(shell, options);
  if (isProblem(key)) return key;
  const progress = openProgress(shell, options.json);
  const files = new OpenFiles();
  const spool = new Spool();
  try {
    const search: Search = { files, spool, others: false, onSpecimen: () => undefined };
    const found = await theModel(path, search);
    if (isProblem(found)) return found;
    const record = await enrolled(found, { key, options, progress });
    const bytes = encodeRecord(record);
    writeFileSync(out, bytes, { flag: "wx" });
    progress.done();
    const { name, format, keyId, weights, files: digests } = record.fingerprint;
    const chunks = record.chunks?.sizes.size ?? 0;
    if (options.json === true) {
      const sizes = { bytes: bytes.length, weights: weights.length, files: digests.length, chunks };
      printJson(shell, { record: out, name, format, keyId, ...sizes });
    } else {
      shell.out(`${inertAscii(out)}  ${sizeText(bytes.length)}: ${inertAscii(name)}, ${format}\n`);
    }
    return 0;
  } finally {
    progress.done();
    files.close();
    spool.close();
  }
}

function keyFor(shell: Shell, options: FingerprintOptions): Uint8Array | Problem {
  const path = options.key ?? sketchKeyPath(homeFolder(shell, options.data));
  const key = readSketchKey(path);
  if (key !== undefined) return key;
  if (options.json !== true) shell.note(`made the sketch key ${inertAscii(path)}\n`);
  return makeSketchKey(path);
}

/** The one model that a path means. */
async function theModel(path: string, search: Search): Promise<Found | Problem> {
  const { specimens } = specimensUnder([path], search.files);
  const { found } = await findModels(specimens, search);
  const [first] = found;
  if (first === undefined) {
    const detail = `no model in ${path}`;
    return problem("no-file", detail, "see what is there: ./writ identify");
  }
  if (found.length === 1) return first;
  const named = found.slice(0, 3).map(placeText).join(", ");
  return problem("usage", `${found.length} models in ${path}: ${named}, …`, "name one of them");
}

async function enrolled(
  found: Found,
  given: {
    readonly key: Uint8Array;
    readonly options: FingerprintOptions;
    readonly progress: Progress;
  },
) {
  const { key, options, progress } = given;
  const contents = options.quick === true ? [] : await contentsOf(found, progress);
  progress.stage(`sketching ${placeText(found)}`);
  const weights = found.model === undefined ? [] : weightsOf(found.model);
  const name = options.name ?? basename(found.inside.at(-1) ?? found.path);
  const fingerprint = await enrol(weights, { name, format: found.format, key, contents });
  const chunks =
    contents.length === 0 ? undefined : chunkSetOf(contents.flatMap((content) => content.chunks));
  return { fingerprint, chunks };
}
