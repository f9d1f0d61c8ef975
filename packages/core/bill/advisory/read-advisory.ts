/** Vulnerability documents by what they say they are. */
import { isJsonObject, type Json } from "../../encoding/canonical-json.ts";
import { openReading } from "../reading.ts";
import type { Advisory } from "./advisory.ts";
import { readCsaf } from "./csaf.ts";
import { readOpenVex } from "./openvex.ts";
import { readOsv } from "./osv.ts";

export const advisoryFormats = ["osv", "csaf-2.0", "openvex"] as const;
export type AdvisoryFormat = (typeof advisoryFormats)[number];

/** Which it is; `undefined` if none. */
export function advisoryFormatOf(json: Json): AdvisoryFormat | undefined {
  if (Array.isArray(json)) {
    const list = json as readonly Json[];
    return list.length > 0 && list.every((one) => advisoryFormatOf(one) === "osv")
      ? "osv"
      : undefined;
  }
  if (!isJsonObject(json)) return undefined;
  const { document } = json;
  if (isJsonObject(document) && document.csaf_version === "2.0") return "csaf-2.0";
  const context = json["@context"];
  if (typeof context === "string" && context.startsWith("https://openvex.dev/ns")) return "openvex";
  const isOsv = typeof json.id === "string" && typeof json.modified === "string";
  return isOsv && Array.isArray(json.affected) ? "osv" : undefined;
}

export function readAdvisories(json: Json, format: AdvisoryFormat): readonly Advisory[] {
  const root = openReading(json);
  if (format === "csaf-2.0") return readCsaf(root);
  return format === "openvex" ? readOpenVex(root) : readOsv(root);
}
