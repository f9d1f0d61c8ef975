/** What an unpickled stream holds: values, names, and notes of calls that were not made. */

export type PickleBytes = {
  readonly kind: "bytes";
  readonly offset: number;
  readonly length: number;
};
type Items<Kind> = { readonly kind: Kind; readonly items: PickleValue[] };
export type PickleItems = Items<"list"> | Items<"tuple"> | Items<"set">;
export type PickleEntry = readonly [PickleValue, PickleValue];
export type PickleDict = { readonly kind: "dict"; readonly entries: PickleEntry[] };
export type PickleGlobal = { readonly kind: "global"; readonly name: string };
export type PicklePersistent = { readonly kind: "persistent"; readonly id: PickleValue };

/** What would have been made by a call. It was not. */
export type PickleObject = {
  readonly kind: "object";
  readonly callable: PickleValue;
  readonly args: PickleValue;
  /** Given to the made object by BUILD, SETITEM(S) and APPEND(S). */
  state: PickleValue | undefined;
  readonly entries: PickleEntry[];
  readonly items: PickleValue[];
};

export type PickleValue =
  | (null | boolean | number | bigint | string)
  | (PickleBytes | PickleItems | PickleDict | PickleGlobal | PicklePersistent | PickleObject);

type Kinds = Exclude<PickleValue, null | boolean | number | bigint | string>;

/** Narrows a value to one kind. */
export function isKind<K extends Kinds["kind"]>(
  value: PickleValue | undefined,
  kind: K,
): value is Extract<Kinds, { readonly kind: K }> {
  return typeof value === "object" && value !== null && value.kind === kind;
}
