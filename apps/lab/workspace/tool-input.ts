/** What an agent hands to a tool: text that it chose, taken only where it has the form needed. */
import type { JsonObject } from "@writ/core";

export type Give = (input: JsonObject) => Promise<unknown> | unknown;
export type ToolTable = { readonly [name: string]: Give };

/** Says what is wrong to the agent, who may try again. */
export class ToolError extends Error {}

/** Only a plain name in the folder meant: the agent chooses it. */
export function plainName(value: unknown): string {
  const name = text(value);
  if (name === "" || name.length > 200 || /[/\\\0\n]/.test(name) || name.startsWith(".")) {
    throw new ToolError(`not a file name: ${JSON.stringify(name)}`);
  }
  return name;
}

/** As text, whatever it is. */
export function text(value: unknown): string {
  return typeof value === "string" ? value : value === undefined ? "" : String(value);
}
