/** The thread that holds one document against its format's official schema. */
import { parentPort, workerData } from "node:worker_threads";
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import type { ImportFormat } from "./format.ts";
import type { SchemaAnswer } from "./schema.ts";

const { text, format } = workerData as { readonly text: string; readonly format: ImportFormat };

async function complaintsOf(): Promise<readonly string[]> {
  switch (format) {
    case "cyclonedx-1.6":
    case "cyclonedx-1.7": {
      const version = format === "cyclonedx-1.6" ? Spec.Version.v1dot6 : Spec.Version.v1dot7;
      const found: unknown = await new Validation.JsonStrictValidator(version).validate(text);
      return worded(found);
    }
    default:
      return [];
  }
}

type SchemaError = { readonly instancePath?: string; readonly message?: string };

function worded(found: unknown): readonly string[] {
  if (found === null || found === undefined) return [];
  const errors = (Array.isArray(found) ? found : [found]) as readonly SchemaError[];
  return errors.map(({ instancePath = "", message = "is not as it should be" }) =>
    `${instancePath === "" ? "the document" : instancePath} ${message}`.slice(0, 300),
  );
}

parentPort!.postMessage({ complaints: await complaintsOf() } satisfies SchemaAnswer);
