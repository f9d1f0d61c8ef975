/** The last assignment that the server told, kept in the probe's own folder. */
import { join } from "node:path";
import { type Assignment, assignmentShape, isRefused, type Json } from "@writ/core";
import type { Options } from "../options.ts";
import { readIfThere, writeDurably } from "./durable-file.ts";

const name = "assignment.json";

/** Keeps it for the next start. */
export function keepAssignment(data: string, assignment: Assignment): void {
  writeDurably(join(data, name), JSON.stringify(assignment));
}

/** The last assignment told, so that a probe that starts without its server looks as before. */
export function storedAssignment({ data, host }: Pick<Options, "data" | "host">): Assignment {
  const none = { host, controls: [], links: [], lines: [], artefacts: [], lookSince: 0 };
  const bytes = readIfThere(join(data, name));
  if (bytes === undefined) return none;
  try {
    const assignment = assignmentShape(JSON.parse(bytes.toString("utf8")) as Json, "assignment");
    return isRefused(assignment) || assignment.host !== host ? none : assignment;
  } catch {
    return none;
  }
}
