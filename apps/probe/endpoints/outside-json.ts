/** JSON that somebody else wrote, by its members: nothing in it need be what it ought to be. */

export type Members = { readonly [name: string]: unknown };

/** The value as an object, or `undefined`. */
export function membersIn(value: unknown): Members | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Members)
    : undefined;
}

/** The objects of a list, or of nothing; at most so many. */
export function rowsIn(value: unknown, rowsMax: number): readonly Members[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, rowsMax).flatMap((row): readonly Members[] => {
    const members = membersIn(row);
    return members === undefined ? [] : [members];
  });
}

/** The strings of a list that are not empty, each as a document takes it. */
export function textsIn(value: unknown, lengthMax: number, textsMax: number): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, textsMax).flatMap((text) => textIn(text, lengthMax) || []);
}

/** The value as text of whole characters, cut with an ellipsis; empty if it is none. */
export function textIn(value: unknown, lengthMax: number): string {
  if (typeof value !== "string") return "";
  const cut = value.length <= lengthMax ? value : `${value.slice(0, lengthMax - 1)}…`;
  return cut.toWellFormed();
}

/** The value as a whole number that is not negative, or `undefined`. */
export function countIn(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : undefined;
}

/** What JSON text says, or `undefined` if it is none. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
