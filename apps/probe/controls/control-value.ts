/**
 * The value of one key of a configuration file, as the program that reads the file gets it:
 * comments do not count, and of a key written twice the last is in force, as loaders of the field
 * have it. Nothing is decided here: `off`, `false` and `"false"` are told as they are written.
 */

import type { ControlReading } from "@writ/core";
import { parse as parseToml } from "smol-toml";
import { isAlias, isMap, isScalar, isSeq, parseDocument } from "yaml";

export type Value =
  | { readonly found: true; readonly value: string; readonly because: string }
  | { readonly found: false; readonly because: string }
  /** The file is not of its format: whoever loads it gets an error, or something else than we. */
  | { readonly malformed: string };

/** Aliases resolved in one YAML document: past that it is a bomb. */
const aliasesMax = 1000;

/** Reads the value in force out of a file's text. */
export function valueIn(
  text: string,
  { format, key }: Pick<ControlReading, "format" | "key">,
): Value {
  if (format === "text" || key === undefined) {
    return { found: true, value: text.trim(), because: "file" };
  }
  switch (format) {
    case "json":
      return isJson(text) ? valueInYaml(text, key) : { malformed: "not JSON" };
    case "yaml":
      return valueInYaml(text, key);
    case "toml":
      return valueInToml(text, key);
    case "ini":
      return lastOf(iniPairs(text), key);
    case "env":
      return lastOf(envPairs(text), key);
    default:
      return format satisfies never;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** JSON is YAML 1.2; this parser keeps duplicates, which JSON.parse drops without a word. */
function valueInYaml(text: string, key: string): Value {
  const document = parseDocument(text, { uniqueKeys: false, merge: true, logLevel: "silent" });
  const error = document.errors[0];
  if (error !== undefined) return { malformed: `not YAML: ${error.code}` };
  const walk: YamlWalk = { document, duplicate: false, alike: undefined, aliases: 0 };
  const node = nodeAt(walk, document.contents, key.split("."));
  if (node === undefined) return { found: false, because: "no such key" };
  const how = walk.duplicate ? "later duplicate key" : "file";
  const because = walk.alike === undefined ? how : alikeSaid(walk.alike);
  if (isScalar(node)) return { found: true, value: String(node.value), because };
  return { found: true, value: JSON.stringify(node) ?? "", because };
}

type YamlWalk = {
  readonly document: ReturnType<typeof parseDocument>;
  duplicate: boolean;
  /** A key that decides though it is written otherwise. */
  alike: string | undefined;
  aliases: number;
};

/** The node under dotted names; a name may itself hold dots, so longer ones are tried too. */
function nodeAt(walk: YamlWalk, start: unknown, names: readonly string[]): unknown {
  let node = start;
  while (isAlias(node)) {
    walk.aliases += 1;
    if (walk.aliases > aliasesMax) return undefined;
    node = node.resolve(walk.document);
  }
  if (names.length === 0) return node ?? undefined;
  if (isSeq(node)) {
    const index = /^\d{1,9}$/.test(names[0]!) ? Number(names[0]) : -1;
    return index < 0 ? undefined : nodeAt(walk, node.items[index], names.slice(1));
  }
  if (!isMap(node)) return undefined;
  for (let count = 1; count <= names.length; count += 1) {
    const name = names.slice(0, count).join(".");
    const own = node.items.filter((pair) => nameOf(pair.key) === name);
    const pair = own.at(-1);
    const below =
      pair === undefined ? undefined : nodeAt(walk, pair.value ?? "null", names.slice(count));
    if (below === undefined) continue;
    if (own.length > 1) walk.duplicate = true;
    return otherThan(walk, below, alikeIn(node.items, name), names.slice(count)) ?? below;
  }
  return mergedAt(walk, node.items, names);
}

type Pair = { readonly key: unknown; readonly value: unknown };

/** Pairs whose key some loaders take for the same name: Go's match without regard to case. */
function alikeIn(items: readonly Pair[], name: string): readonly Pair[] {
  return items.filter(({ key }) => {
    const other = nameOf(key);
    return other !== undefined && other !== name && folded(other) === folded(name);
  });
}

/** What such a key says, if it says anything else than the key itself. */
function otherThan(
  walk: YamlWalk,
  value: unknown,
  alike: readonly Pair[],
  names: readonly string[],
): unknown {
  for (const pair of alike) {
    const other = nodeAt(walk, pair.value ?? "null", names);
    if (other === undefined || JSON.stringify(other) === JSON.stringify(value)) continue;
    walk.alike = nameOf(pair.key);
    return other;
  }
  return undefined;
}

function folded(name: string): string {
  return name.normalize("NFKC").toLowerCase();
}

function alikeSaid(name: string): string {
  return `a key that some loaders take for the same: ${name}`;
}

/** Keys that a map takes over from others (`<<: *base`), if it has none of its own by that name. */
function mergedAt(walk: YamlWalk, items: readonly Pair[], names: readonly string[]): unknown {
  for (const { key, value } of items) {
    if (nameOf(key) !== "<<") continue;
    for (const source of isSeq(value) ? value.items : [value]) {
      const below = nodeAt(walk, source, names);
      if (below !== undefined) return below;
    }
  }
  return undefined;
}

function nameOf(key: unknown): string | undefined {
  return isScalar(key) ? String(typeof key.value === "symbol" ? "<<" : key.value) : undefined;
}

function valueInToml(text: string, key: string): Value {
  let top: unknown;
  try {
    top = parseToml(text);
  } catch {
    // TOML itself forbids duplicate keys, so a shadowed key ends here too.
    return { malformed: "not TOML" };
  }
  const value = memberAt(top, key.split("."));
  if (value === undefined) return { found: false, because: "no such key" };
  const nests = typeof value === "object" && value !== null && !(value instanceof Date);
  const written = nests ? textOf(value) : String(value);
  return { found: true, value: written, because: "file" };
}

function textOf(value: object): string {
  return JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? `${inner}` : inner));
}

function memberAt(value: unknown, names: readonly string[]): unknown {
  if (names.length === 0) return value;
  if (typeof value !== "object" || value === null) return undefined;
  for (let count = 1; count <= names.length; count += 1) {
    const name = names.slice(0, count).join(".");
    if (!Object.hasOwn(value, name)) continue;
    const below = memberAt((value as Record<string, unknown>)[name], names.slice(count));
    if (below !== undefined) return below;
  }
  return undefined;
}

type KeyValue = readonly [key: string, value: string];

function lastOf(pairs: readonly KeyValue[], key: string): Value {
  const own = pairs.filter(([name]) => name === key);
  const last = own.at(-1);
  if (last === undefined) return { found: false, because: "no such key" };
  const alike = pairs.findLast(
    ([name, value]) => name !== key && folded(name) === folded(key) && value !== last[1],
  );
  if (alike !== undefined) return { found: true, value: alike[1], because: alikeSaid(alike[0]) };
  const because = own.length > 1 ? "later duplicate key" : "file";
  return { found: true, value: last[1], because };
}

/** `section.key`, or `key` before any section. Comments are whole lines, as systemd has it. */
function iniPairs(text: string): KeyValue[] {
  const pairs: KeyValue[] = [];
  let section = "";
  for (const line of text.split(/\r?\n/)) {
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("#") || trimmed.startsWith(";")) continue;
    const header = /^\[(.*)\]$/.exec(trimmed);
    if (header !== null) {
      section = header[1]!.trim();
      continue;
    }
    const match = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(trimmed);
    const name = match?.[1] ?? trimmed;
    pairs.push([section === "" ? name : `${section}.${name}`, unquoted(match?.[2] ?? "")]);
  }
  return pairs;
}

/** `KEY=value` lines, `export` allowed. Nothing is expanded: what is written is told. */
function envPairs(text: string): KeyValue[] {
  const pairs: KeyValue[] = [];
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*(?:export\s+)?([A-Za-z_][\w.]*)\s*=\s*(.*?)\s*$/.exec(line);
    if (match === null) continue;
    const raw = match[2]!;
    const quoted = /^(["'])(.*?)\1/.exec(raw);
    pairs.push([match[1]!, quoted === null ? raw.replace(/\s+#.*$/, "") : quoted[2]!]);
  }
  return pairs;
}

function unquoted(value: string): string {
  return /^(["'])(.*)\1$/.exec(value)?.[2] ?? value;
}
