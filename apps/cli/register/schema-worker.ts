/** The thread that holds one document against its format's official schema. */

import { readFile } from "node:fs/promises";
import { parentPort, workerData } from "node:worker_threads";
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { unreachable } from "@writ/core";
import { Ajv2020 } from "ajv/dist/2020.js";
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
    case "spdx-3.0.1":
      return spdxComplaints();
    case "yaml":
    case "hugging-face":
    case "mlflow":
    case "osv":
    case "csaf-2.0":
    case "openvex":
      return [];
    default:
      return unreachable(format);
  }
}

/** The schema that the SPDX project publishes, word for word; see the folder's README. */
async function spdxComplaints(): Promise<readonly string[]> {
  const schema = await readFile(new URL("schemas/spdx-3.0.1.schema.json", import.meta.url), "utf8");
  // Its own authors' keywords are not all known to ajv's strict mode.
  const validate = new Ajv2020({ strict: false }).compile(JSON.parse(schema));
  return validate(JSON.parse(text)) ? [] : worded(validate.errors);
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
