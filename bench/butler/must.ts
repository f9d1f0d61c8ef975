import { isRefused, type Refused } from "@writ/core";

/** The value, which must be no refusal: the suite's own part failed otherwise. */
export function must<T>(value: T): Exclude<T, Refused> {
  if (isRefused(value)) throw new Error(`${value.refused}: ${value.detail}`);
  return value as Exclude<T, Refused>;
}
