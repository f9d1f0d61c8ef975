/**
 * Reading a document of another's format while remembering what was read, so that what Writ has no
 * place for is named to whoever imports it, and nothing falls away in silence.
 */
import { isJsonObject, type Json } from "../encoding/canonical-json.ts";

/** As many texts as a list in a register document holds. */
const textsMax = 100;

/** A document that is being read. */
export type Reading = { readonly root: Json; readonly read: Set<string> };

/** A value in it, with its JSON pointer. */
export type Part = { readonly reading: Reading; readonly value: Json; readonly at: string };

export function openReading(root: Json): Part {
  return { reading: { root, read: new Set() }, value: root, at: "" };
}

/** A member that is there; reading it says nothing of what is in it. */
export function member({ reading, value, at }: Part, name: string): Part | undefined {
  if (!isJsonObject(value) || !Object.hasOwn(value, name)) return undefined;
  return { reading, value: value[name]!, at: `${at}/${escaped(name)}` };
}

/** The items of a member that is a list; else none. */
export function items(part: Part, name: string): readonly Part[] {
  const list = member(part, name);
  if (list === undefined || !Array.isArray(list.value)) return [];
  if (list.value.length === 0) take(list);
  return (list.value as readonly Json[]).map((value, index) => ({
    reading: list.reading,
    value,
    at: `${list.at}/${index}`,
  }));
}

/** A member's text, which counts as read. */
export function textIn(part: Part, name: string): string | undefined {
  const found = member(part, name);
  if (found === undefined || typeof found.value !== "string") return undefined;
  take(found);
  return found.value;
}

/** A member's text if the register has room for it; else it stays unread, and is named. */
export function fitting(part: Part, name: string, lengthMax: number): string | undefined {
  const found = member(part, name);
  if (found === undefined || typeof found.value !== "string") return undefined;
  if (found.value === "" || found.value.length > lengthMax) return undefined;
  take(found);
  return found.value;
}

/** Texts of a member that is a list, as far as the register has room for them. */
export function fittingTexts(part: Part, name: string, lengthMax: number): readonly string[] {
  return items(part, name)
    .slice(0, textsMax)
    .flatMap((item) => {
      if (typeof item.value !== "string") return [];
      if (item.value === "" || item.value.length > lengthMax) return [];
      take(item);
      return [item.value];
    });
}

/** Marks a value, with all that is in it, as read. */
export function take(part: Part | undefined): void {
  part?.reading.read.add(part.at);
}

/** JSON pointers of what was not read: the outermost value of which nothing was. */
export function leftover({ reading, value, at }: Part): readonly string[] {
  if (reading.read.has(at)) return [];
  const inside = Array.isArray(value)
    ? value.map((one, index) => [String(index), one as Json] as const)
    : isJsonObject(value)
      ? Object.entries(value)
      : [];
  const left = inside.map(([name, one]) =>
    leftover({ reading, value: one, at: `${at}/${escaped(name)}` }),
  );
  const isWhole = left.every(
    (pointers, index) => pointers[0] === `${at}/${escaped(inside[index]![0])}`,
  );
  return isWhole ? [at] : left.flat();
}

function escaped(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** Texts of a member that is a list of them, however many. */
export function textsOf(part: Part, name: string): readonly string[] {
  return items(part, name).flatMap(({ value }) => (typeof value === "string" ? [value] : []));
}
