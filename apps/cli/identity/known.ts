/** What models are compared with: records, models enrolled on the spot, an estate's register. */
import { readFileSync, statSync } from "node:fs";
import { relative } from "node:path";
import { isProblem, type Problem, problem, refusalProblem } from "../outcome.ts";
import type { Progress } from "../progress.ts";
import type { Shell } from "../shell.ts";
import { type Found, findModels, type Search } from "./found.ts";
import { KnownModel } from "./known-model.ts";
import { looksLikeRecord, parseRecord, recordBytesMax, recordHeadBytes } from "./record.ts";
import { freshSketchKey, readSketchKey, sketchKeyPath } from "./sketch-key.ts";
import { placeText, type Specimen, specimensUnder } from "./specimen.ts";

/** A registered artefact: all that a register knows of a file. */
export type Artefact = {
  /** Component, release and file. */
  readonly name: string;
  /** 64 hex digits. */
  readonly sha256: string;
  readonly size: number;
};

export type Known = {
  readonly key: Uint8Array;
  readonly models: readonly KnownModel[];
  readonly artefacts: readonly Artefact[];
};

/** The word that means the register of the running estate, unless a file is called so. */
export const estateWord = "register";

type Where = {
  readonly against: string | undefined;
  readonly key: string | undefined;
  readonly home: string;
};

/** Reads, or enrols, what is to be compared with. */
export async function knownModels(
  where: Where,
  { search, progress }: { readonly search: Search; readonly progress: Progress },
): Promise<Known | Problem> {
  const none = { models: [], artefacts: [] };
  const { against } = where;
  if (against === undefined) return { key: freshSketchKey(), ...none };
  if (statSync(against, { throwIfNoEntry: false }) === undefined) {
    return problem(
      "no-file",
      `there is no ${against} to compare with`,
      "name a folder of models, a record that ./writ fingerprint wrote, or: --against register",
    );
  }
  const { specimens } = specimensUnder([against], search.files);
  const records: Specimen[] = [];
  const rest: Specimen[] = [];
  for (const specimen of specimens) {
    ((await isRecord(specimen)) ? records : rest).push(specimen);
  }
  const key = keyFor(where, records.length > 0);
  if (isProblem(key)) return key;
  const models: KnownModel[] = [];
  for (const { path } of records) {
    const record = parseRecord(readFileSync(path), { key, path });
    if (isProblem(record)) return record;
    models.push(KnownModel.recorded(record));
  }
  const { found } = await findModels(rest, { ...search, others: true });
  for (const one of found.filter(isEnrolled)) {
    progress.stage(`enrolling ${placeText(one)}`);
    models.push(await KnownModel.enrolled(one, { name: nameIn(against, one), key }));
  }
  if (models.length === 0) {
    const detail = `no models and no enrolment records in ${against}`;
    return problem("no-file", detail, "make a record: ./writ fingerprint MODEL");
  }
  return { key, models, artefacts: [] };
}

/**
 * Files of no format known here are models too, where somebody keeps models: they are known by
 * their bytes and pieces. Small ones and texts are not; nor are archives, which were looked into.
 */
function isEnrolled({ kind, format, size }: Found): boolean {
  return kind !== "other" || (format === "opaque" && size >= opaqueBytesMin);
}

/** Less than a few chunks has no pieces that could be found again. */
const opaqueBytesMin = 2 ** 18;

/** A name within the folder that was named; the file's own name for a file. */
function nameIn(against: string, found: Found): string {
  const within = relative(against, found.path);
  const path = within === "" ? found.path : within;
  return placeText({ path, inside: found.inside }).slice(0, 1_024);
}

/** The key that was named, or the estate's. With no records any key does. */
function keyFor({ key, home }: Where, needed: boolean): Uint8Array | Problem {
  const path = key ?? sketchKeyPath(home);
  const read = key !== undefined || needed ? readSketchKey(path) : undefined;
  if (read !== undefined) return read;
  if (key === undefined && !needed) return freshSketchKey();
  return problem(
    "no-file",
    `there is no sketch key ${path}`,
    "name the key that the records were made under: --key FILE",
  );
}

async function isRecord({ reader }: Specimen): Promise<boolean> {
  if (reader.size > recordBytesMax) return false;
  return looksLikeRecord(await reader.read(0, Math.min(recordHeadBytes, reader.size)));
}

/** The artefacts of the running estate's register. */
export async function registeredArtefacts(
  shell: Shell,
  options: { readonly data?: string },
): Promise<readonly Artefact[] | Problem> {
  const { connect } = await import("../connection.ts");
  const connection = await connect(shell, options);
  if (isProblem(connection)) return connection;
  const register = await connection.api.register();
  if ("refused" in register) return refusalProblem(register);
  return register.releases.flatMap(({ document }) => {
    if (document.document !== "release") return [];
    const { component, release } = document;
    return document.artefacts.map(({ name, digest, size }) => ({
      name: `${component}@${release}: ${name}`,
      sha256: digest.replace(/^sha256:/, ""),
      size,
    }));
  });
}
