/**
 * A control's value in the text that holds it: read, and set with everything else left as it was.
 * Pure. JSON is edited in place by jsonc-parser and read back by a parser of the language itself.
 */
import type { ControlReading } from "@writ/core";
import { applyEdits, modify } from "jsonc-parser";
import { valueInForce, withValue } from "./config-line.ts";

/** The value as text; `undefined` if the text does not set it. */
export function controlValue(text: string, { format, key }: ControlReading): string | undefined {
  switch (format) {
    case "env":
    case "ini":
      return key === undefined ? undefined : valueInForce(text, { format, key })?.value;
    case "json":
      return key === undefined ? undefined : jsonValue(text, key);
    case "text":
      return text.trim();
    case "yaml":
    case "toml":
      return undefined;
    default:
      return format satisfies never;
  }
}

/** The text with the value set; `undefined` if it cannot be set there and read back. */
export function withControlValue(
  text: string,
  reading: ControlReading,
  value: string,
): string | undefined {
  const changed = changedText(text, reading, value);
  if (changed === undefined) return undefined;
  return controlValue(changed, reading) === value ? changed : undefined;
}

function changedText(text: string, { format, key }: ControlReading, value: string) {
  switch (format) {
    case "env":
    case "ini": {
      if (key === undefined) return undefined;
      const set = withValue(text, { format, key }, value);
      // Taken out or commented out: it is set at the end, where it is in force.
      if (set !== undefined || format === "ini") return set;
      return `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}${key}=${value}\n`;
    }
    case "json": {
      if (key === undefined) return undefined;
      const options = { formattingOptions: { insertSpaces: true, tabSize: 2 } };
      try {
        return applyEdits(text, modify(text, key.split("."), literal(value), options));
      } catch {
        return undefined;
      }
    }
    case "text":
      return `${value}\n`;
    case "yaml":
    case "toml":
      return undefined;
    default:
      return format satisfies never;
  }
}

/** The register has values as text: what reads as a number, a truth value or null is one. */
function literal(value: string): unknown {
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === "object" && parsed !== null ? value : parsed;
  } catch {
    return value;
  }
}

/** As a program would read it: of a name that stands twice the last counts. */
function jsonValue(text: string, key: string): string | undefined {
  let at: unknown;
  try {
    at = JSON.parse(text);
  } catch {
    return undefined;
  }
  for (const name of key.split(".")) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as { readonly [name: string]: unknown })[name];
  }
  if (at === undefined || (typeof at === "object" && at !== null)) return undefined;
  return typeof at === "string" ? at : JSON.stringify(at);
}
