/**
 * One value in a configuration file: where it stands, and the same text with another in its place.
 * Pure. Of a key that stands twice the last is in force, as loaders have it; a switch of the first
 * would change nothing but the look of it.
 */

export type ConfigLine = { readonly format: "env" | "ini"; readonly key: string };

export type Standing = {
  readonly value: string;
  /** Where the value's own characters stand in the text, without quotes and comments. */
  readonly from: number;
  readonly to: number;
  /** How often the key is set. */
  readonly times: number;
};

/** The value in force, or `undefined` if the key is not set. */
export function valueInForce(text: string, line: ConfigLine): Standing | undefined {
  const own = [...(line.format === "env" ? envPairs(text) : iniPairs(text))].filter(
    ({ key }) => key === line.key,
  );
  const last = own.at(-1);
  if (last === undefined) return undefined;
  return {
    value: last.value,
    from: last.from,
    to: last.from + last.value.length,
    times: own.length,
  };
}

/**
 * The text with another value in force and every other character as it was. `undefined` if the
 * value cannot stand there and be read back: with a quote in quotes, with a line break, as a
 * comment.
 */
export function withValue(text: string, line: ConfigLine, value: string): string | undefined {
  const standing = valueInForce(text, line);
  if (standing === undefined) return undefined;
  const changed = text.slice(0, standing.from) + value + text.slice(standing.to);
  const again = valueInForce(changed, line);
  const holds = again?.value === value && again.from === standing.from;
  return holds && again.times === standing.times ? changed : undefined;
}

type Pair = { readonly key: string; readonly value: string; readonly from: number };

function* lines(text: string): Generator<{ readonly line: string; readonly from: number }> {
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf("\n", from);
    const to = end < 0 ? text.length : end;
    const line = text.slice(from, to);
    yield { line: line.endsWith("\r") ? line.slice(0, -1) : line, from };
    from = to + 1;
  }
}

/** `KEY=value`, with `export` before it or not; quotes around; ` # …` after an unquoted value. */
function* envPairs(text: string): Generator<Pair> {
  for (const { line, from } of lines(text)) {
    const match = /^(\s*(?:export\s+)?([A-Za-z_][\w.]*)\s*=\s*)(.*?)\s*$/.exec(line);
    if (match === null) continue;
    const [, lead, key, raw] = match as unknown as [string, string, string, string];
    const at = from + lead.length;
    const quoted = /^(["'])(.*?)\1/.exec(raw);
    yield quoted === null
      ? { key, value: raw.replace(/\s+#.*$/, ""), from: at }
      : { key, value: quoted[2]!, from: at + 1 };
  }
}

/** `key = value` or `key: value` under `[section]`; a key is `section.key`. Comments are lines. */
function* iniPairs(text: string): Generator<Pair> {
  let section = "";
  for (const { line, from } of lines(text)) {
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("#") || trimmed.startsWith(";")) continue;
    const header = /^\[(.*)\]$/.exec(trimmed);
    if (header !== null) {
      section = header[1]!.trim();
      continue;
    }
    const match = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(trimmed);
    if (match === null) continue;
    const [, name, raw] = match as unknown as [string, string, string];
    const start = line.length - line.trimStart().length + trimmed.length - raw.length;
    const quoted = /^(["'])(.*)\1$/.exec(raw);
    yield {
      key: section === "" ? name : `${section}.${name}`,
      value: quoted === null ? raw : quoted[2]!,
      from: from + start + (quoted === null ? 0 : 1),
    };
  }
}
