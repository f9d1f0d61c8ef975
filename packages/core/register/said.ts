/** Who said what in the register: of every member of a document, the entry that last said it. */
import type { RegisterDocument } from "./document.ts";
import type { Origin } from "./origin.ts";

/** By a member's name, the journal index of the entry that last changed it. */
export type Fields = { readonly [member: string]: number };

/** A document with the journal index of the entry that said it. */
export type Said<T> = {
  readonly document: T;
  readonly index: number;
  /** Members that another entry than `index` said last; absent if there are none. */
  readonly fields?: Fields;
};

/** Who spoke in a register entry, by their own clock, and out of what they had it. */
export type Saying = {
  readonly person: string;
  readonly at: string;
  readonly origin?: Origin;
};

/** A document that the entry `by` says anew, with what earlier entries had said of it alike. */
export function said<T extends RegisterDocument>(
  earlier: Said<T> | undefined,
  { document, index, by }: { readonly document: T; readonly index: number; readonly by: number },
): Said<T> {
  if (earlier === undefined) return { document, index };
  const fields: { [member: string]: number } = {};
  const before = earlier.document as Readonly<Record<string, unknown>>;
  for (const [member, value] of Object.entries(document)) {
    // Both were read by one shape, which puts their members into one order.
    const isSame = JSON.stringify(before[member]) === JSON.stringify(value);
    const entry = isSame ? saidBy(earlier, member) : by;
    if (entry !== index) fields[member] = entry;
  }
  return { document, index, ...(Object.keys(fields).length === 0 ? {} : { fields }) };
}

/** Which entry last said a member of a document. */
export function saidBy(
  { fields, index }: { readonly index: number; readonly fields?: Fields | undefined },
  member: string,
): number {
  return fields !== undefined && Object.hasOwn(fields, member) ? fields[member]! : index;
}
