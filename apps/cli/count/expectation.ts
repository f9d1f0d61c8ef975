/** What a count is held against: a register, in a file or an estate's, or a folder of models. */
import { stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import type { RegisterDocument } from "@writ/core";
import { type Digest, isRefused } from "@writ/core/encoding";
import { type Known, knownContents } from "../census-table.ts";
import { homeFolder, readEstateFile } from "../home.ts";
import { isProblem, type Problem, problem, refusalProblem } from "../outcome.ts";
import { readChange } from "../register/change-file.ts";
import type { Shell } from "../shell.ts";

export type Expectation = {
  /** Absent: nothing to compare with. */
  readonly source?: string;
  readonly known: Known;
  /** Files that ought to be there; undefined if nobody says what ought to be. */
  readonly files: readonly ExpectedFile[] | undefined;
  /** What copies are compared with by value, where they are met. */
  readonly artefacts: readonly { readonly digest: Digest; readonly size: number }[];
  /** Folders and files of models that are themselves what to compare with; absolute. */
  readonly originals: readonly string[];
};

export type ExpectedFile = {
  /** `chatbot@4.2 model.gguf`. */
  readonly what: string;
  readonly digest: Digest;
  /** Absent: anywhere. */
  readonly path?: string;
};

export type AgainstOptions = {
  readonly data?: string;
  readonly against?: string;
  readonly host?: string;
};

const nothing: Expectation = { known: new Map(), files: undefined, artefacts: [], originals: [] };

/** Reads what `--against` and `--data` name; else the usual estate's register, if it answers. */
export async function expectationOf(
  shell: Shell,
  { against, data, host }: AgainstOptions,
  roots: readonly string[],
): Promise<Expectation | Problem> {
  if (against !== undefined && data !== undefined) {
    const hint = "add --help to see how it is used";
    return problem("usage", "--against and --data both name what to compare with", hint);
  }
  const here = { host, roots };
  if (against === undefined) return ofEstate(shell, { folder: data, ...here });
  const path = resolve(against);
  const found = await stat(path);
  if (found.isDirectory()) {
    const isEstate = !isProblem(await readEstateFile(path));
    if (isEstate) return ofEstate(shell, { folder: path, ...here });
    return { ...nothing, source: `the models in ${path}`, originals: [path] };
  }
  const change = await readChange(path);
  if (!isProblem(change)) {
    return ofDocuments(change.set, { source: `the register in ${path}`, ...here });
  }
  const hint = "--against takes a register file, a folder of models, or an estate's data folder";
  return { ...change, hint: change.hint === "" ? hint : change.hint };
}

type Here = { readonly host: string | undefined; readonly roots: readonly string[] };

async function ofEstate(
  shell: Shell,
  { folder, ...here }: Here & { readonly folder: string | undefined },
): Promise<Expectation | Problem> {
  const usual = homeFolder(shell, folder);
  const estate = await readEstateFile(usual);
  // Nobody asked for an estate: one that is not there, or does not answer, is no mistake.
  if (isProblem(estate)) return folder === undefined ? nothing : estate;
  const { openApi } = await import("@writ/node/api");
  const register = await openApi(estate.url).register();
  if (isRefused(register)) return folder === undefined ? nothing : refusalProblem(register);
  const releases = register.releases.map(({ document, lifecycle }) => ({ document, lifecycle }));
  const { placements } = register;
  const documents = [...releases, ...placements].map(({ document }) => document);
  const gone = releases.flatMap(({ document, lifecycle }) =>
    document.document === "release" && (lifecycle === "retired" || lifecycle === "destroyed")
      ? [`${document.component}@${document.release}`]
      : [],
  );
  return ofDocuments(documents, { source: `the register of ${estate.name}`, ...here, gone });
}

type Read = Here & { readonly source: string; readonly gone?: readonly string[] };

function ofDocuments(documents: readonly RegisterDocument[], read: Read): Expectation {
  const { source, host, roots, gone = [] } = read;
  const ended = new Set(gone);
  const releases = documents.flatMap((one) => (one.document === "release" ? [one] : []));
  const contents = new Map<string, Digest>();
  for (const { component, release, artefacts } of releases) {
    for (const { name, digest } of artefacts)
      contents.set(`${component}@${release} ${name}`, digest);
  }
  const placed = documents.flatMap((one) => (one.document === "file" ? [one] : []));
  const hosts = new Set(placed.map((one) => one.host));
  const own = host ?? (hosts.has(hostname()) ? hostname() : undefined);
  const files = placed.flatMap(({ component, release, artefact, path, host: on }) => {
    const what = `${component}@${release} ${artefact}`;
    const digest = contents.get(what);
    const isHere = roots.some((root) => path === root || path.startsWith(join(root, "/")));
    const isOurs = own === undefined || on === own;
    return digest === undefined || !isHere || !isOurs ? [] : [{ what, digest, path }];
  });
  const anywhere = releases.flatMap(({ component, release, lifecycle, artefacts }) =>
    lifecycle === "retired" || ended.has(`${component}@${release}`)
      ? []
      : artefacts.map(({ name, digest }) => ({ what: `${component}@${release} ${name}`, digest })),
  );
  const artefacts = releases.flatMap((one) =>
    one.artefacts.map(({ digest, size }) => ({ digest, size })),
  );
  return {
    ...{ source, known: knownContents(documents), artefacts, originals: [] },
    // A register that places no file says what there is, and not where.
    files: placed.length === 0 ? anywhere : files,
  };
}
