/** A control as it was seen, against what the register expects of it. */
import type { Control } from "../register/document.ts";
import type { PassedControl } from "./census.ts";

/** How a control differs from what the register expects; `undefined` if it does not. */
export function controlAltered(control: Control, seen: PassedControl): string | undefined {
  const key = control.reading.key ?? "the value";
  if (seen.state !== "present") return `${control.control} is ${seen.state}`;
  if (seen.value === undefined) return `${key} is absent; expected ${control.expected}`;
  if (seen.value !== control.expected) {
    const because = seen.because === undefined ? "" : ` (${seen.because})`;
    return `${key} is ${seen.value}${because}; expected ${control.expected}`;
  }
  if (seen.symlink === true) return `${control.reading.path} was replaced by a symlink`;
  if (control.owner !== undefined && seen.owner !== control.owner) {
    return `owner is ${seen.owner}; expected ${control.owner}`;
  }
  if (control.mode !== undefined && seen.mode !== control.mode) {
    return `mode is ${seen.mode}; expected ${control.mode}`;
  }
  return undefined;
}
