/** Bills of materials and the register: the public surface, written by hand. */
export { type Advisory, matchAdvisories } from "./advisory/advisory.ts";
export {
  type AdvisoryFormat,
  advisoryFormatOf,
  advisoryFormats,
  readAdvisories,
} from "./advisory/read-advisory.ts";
export type { BillMoment, BillSource, Imported, Left } from "./bill.ts";
export { type CyclonedxVersion, toCyclonedx } from "./cyclonedx-export.ts";
export { fromCyclonedx } from "./cyclonedx-import.ts";
export { fromHuggingFace, isHuggingFace } from "./hub/hugging-face.ts";
export { fromMlflow, isMlflow } from "./hub/mlflow.ts";
export { type Difference, type ImportOptions, type ImportPlan, planImport } from "./merge.ts";
export { outsideDepthMax, outsideValuesMax, parseOutsideJson } from "./outside-json.ts";
export { spdxContext, toSpdx } from "./spdx-export.ts";
export { fromSpdx } from "./spdx-import.ts";
