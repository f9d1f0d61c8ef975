/** The formats in which a register comes in and goes out, known by what a document says it is. */
import {
  advisoryFormatOf,
  advisoryFormats,
  isHuggingFace,
  isMlflow,
  spdxContext,
} from "@writ/core/bill";
import { isJsonObject, type Json } from "@writ/core/encoding";
import { type Problem, problem } from "../outcome.ts";

export const exportFormats = ["cyclonedx-1.6", "cyclonedx-1.7", "spdx-3.0.1", "yaml"] as const;
export type ExportFormat = (typeof exportFormats)[number];

export const importFormats = [
  "cyclonedx-1.6",
  "cyclonedx-1.7",
  "spdx-3.0.1",
  "yaml",
  "hugging-face",
  "mlflow",
  ...advisoryFormats,
] as const;
export type ImportFormat = (typeof importFormats)[number];

/** What a JSON document says that it is. */
export function formatOf(json: Json): ImportFormat | Problem {
  if (isJsonObject(json) && json.bomFormat === "CycloneDX") {
    if (json.specVersion === "1.6") return "cyclonedx-1.6";
    if (json.specVersion === "1.7") return "cyclonedx-1.7";
    return problem(
      "unknown-version",
      "the CycloneDX document is neither of version 1.6 nor 1.7",
      "convert it first: cyclonedx convert --output-version v1_6",
    );
  }
  const advisory = advisoryFormatOf(json);
  if (advisory !== undefined) return advisory;
  if (isHuggingFace(json)) return "hugging-face";
  if (isMlflow(json)) return "mlflow";
  if (isJsonObject(json) && json["@context"] === spdxContext) return "spdx-3.0.1";
  if (isJsonObject(json) && ("@context" in json || "spdxVersion" in json)) {
    return problem(
      "unknown-version",
      "the SPDX document is not of version 3.0.1",
      "have its maker write 3.0.1",
    );
  }
  if (isJsonObject(json) && ("set" in json || "document" in json)) return "yaml";
  if (Array.isArray(json)) return "yaml";
  return problem(
    "unknown-kind",
    "the document does not say what it is",
    `a document of: ${importFormats.join(", ")}`,
  );
}
