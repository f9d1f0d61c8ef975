/** What a census found, as a table that a person can take in: what, format, size, where, since. */
import type { RegisterDocument } from "@writ/core";
import { type Digest, inertAscii } from "@writ/core/encoding";
import { type Census, identityWords } from "@writ/core/sight";
import type { Shell } from "./shell.ts";
import { type Cell, type Column, table } from "./table.ts";
import { agoText, countText, sizeText } from "./words.ts";

/** Rows shown; the rest is told as a number, and --json has all. */
export const censusRowsMax = 40;

export type Mass = Census["masses"][number];

/** Which release registers a content, by digest: `chatbot@4.2`. */
export type Known = ReadonlyMap<Digest, string>;

/** The contents that a register names. */
export function knownContents(documents: readonly RegisterDocument[]): Known {
  const known = new Map<Digest, string>();
  for (const document of documents) {
    if (document.document !== "release") continue;
    for (const { digest } of document.artefacts) {
      known.set(digest, `${document.component}@${document.release}`);
    }
  }
  return known;
}

/** Masses that are, or may hold, models: not plain files, which the census counts too. */
export function countedMasses({ masses }: Census, known: Known): readonly Mass[] {
  return masses
    .filter(({ kind, digest }) => kind !== "plain" || known.has(digest))
    .toSorted((a, b) => b.size - a.size || (a.digest < b.digest ? -1 : 1));
}

/** True for what the register names. */
export function isExpected({ digest }: Mass, known: Known): boolean {
  return known.has(digest);
}

const columns: readonly Column[] = [
  { head: "what", wraps: true },
  { head: "format" },
  { head: "size", align: "right" },
  { head: "where", wraps: true },
  { head: "since" },
];

/** The table; or a sentence if nothing was found. */
export function censusTable(shell: Shell, census: Census, known: Known): string {
  const masses = countedMasses(census, known);
  if (masses.length === 0) return "no models were found\n";
  const shown = masses.slice(0, censusRowsMax);
  const body = table(
    shell,
    columns,
    shown.flatMap((mass) => rowsOf(shell, mass, { census, known })),
  );
  const more = masses.length - shown.length;
  return more === 0
    ? body
    : `${body}${shell.tone("faint", `and ${more} smaller ones (--json has all)`)}\n`;
}

function rowsOf(
  shell: Shell,
  mass: Mass,
  { census, known }: { readonly census: Census; readonly known: Known },
): readonly (readonly Cell[])[] {
  const what = whatOf(mass, known);
  const names = mass.names.toSorted((a, b) => worth(b) - worth(a) || a.length - b.length);
  const first: readonly Cell[] = [
    what,
    { text: inertAscii(mass.container), tone: mass.kind === "opaque" ? "warning" : "plain" },
    sizeText(mass.size),
    inertAscii(names[0] ?? "?"),
    agoText(Date.parse(mass.changed), shell.now()),
  ];
  const others = names
    .slice(1, 4)
    .map((name): readonly Cell[] => ["", "", "", `= ${inertAscii(name)}`, ""]);
  const held = holders(census, mass).map((text): readonly Cell[] => [
    "",
    "",
    "",
    { text, tone: "warning" },
    "",
  ]);
  return [first, ...others, ...held];
}

/** The release that has these bytes, or of which they are a copy; else the name that they bear. */
function whatOf(mass: Mass, known: Known): Cell {
  const release = known.get(mass.digest);
  if (release !== undefined) return { text: inertAscii(release), tone: "good" };
  const copies = (mass.known ?? []).map((identity) => {
    const of = known.get(identity.of) ?? "a registered artefact";
    return inertAscii(`${identityWords(identity)} of ${of}`);
  });
  if (copies.length > 0) return { text: copies.join("; "), tone: "warning" };
  return inertAscii(modelNameOf(mass));
}

function holders(census: Census, { digest }: Mass): readonly string[] {
  return census.processes
    .filter(({ holds }) => holds.some((hold) => hold.digest === digest))
    .slice(0, 3)
    .map(({ pid, command, listens }) => {
      const ports = listens.length === 0 ? "" : `, listens on ${listens.join(", ")}`;
      return `held by pid ${pid} (${inertAscii(command[0] ?? "?")})${ports}`;
    });
}

/** Names that a person gave come before names that a cache made. */
function worth(name: string): number {
  return /\/blobs\//.test(name) ? 0 : /\/snapshots\//.test(name) ? 2 : 1;
}

/** What a place tells of its mass: the model's name in the caches of the field, else the file's. */
export function modelNameOf({ names }: Mass): string {
  for (const name of names) {
    const hub = /\/(?:models|datasets)--([^/]+?)--([^/]+)\//.exec(name);
    if (hub !== null) return `${hub[1]}/${hub[2]}`;
    const studio = /\/(?:\.lmstudio|lm-studio)\/models\/([^/]+)\/([^/]+)\//.exec(name);
    if (studio !== null) return `${studio[1]}/${studio[2]}`;
  }
  const best = names.toSorted((a, b) => worth(b) - worth(a))[0] ?? "?";
  if (/\/\.?ollama\/.*\/blobs\/sha256-/.test(best)) return "an Ollama layer";
  return best.slice(best.lastIndexOf("/") + 1);
}

/** `412 entries under 3 roots looked at in 2.1 s; 2 places could not be seen`. */
export function coverageText(shell: Shell, census: Census): string {
  const files = census.coverage.find(({ vantage }) => vantage === "files");
  const gaps = census.coverage.reduce((sum, { gapsTotal }) => sum + gapsTotal, 0);
  const seen = [
    countText(files?.entries ?? 0, "entry", "entries"),
    `under ${countText(files?.roots.length ?? 0, "root")}`,
    `and ${countText(census.processes.length, "process", "processes")} looked at`,
  ].join(" ");
  const blind =
    gaps === 0
      ? ""
      : shell.tone("warning", `; ${countText(gaps, "place")} could not be seen whole`);
  return `${seen}${blind}`;
}
