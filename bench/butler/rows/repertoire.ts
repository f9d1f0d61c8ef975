/** The rows that the suite plays, in the table's order. */
import type { Row } from "../row.ts";
import { w01 } from "./approvals.ts";
import { l02 } from "./claims.ts";
import { c01 } from "./controls.ts";
import { w05 } from "./crashes.ts";
import { w04 } from "./history.ts";
import { w02 } from "./mutations.ts";
import { w03 } from "./probes.ts";
import { r01, r02, r03, r05, r06, r07 } from "./running.ts";
import { s01, s02, s13, s14, s17 } from "./storage.ts";

export const repertoire: readonly Row[] = [
  ...[s01, s02, s13, s14, s17],
  ...[r01, r02, r03, r05, r06, r07],
  c01,
  l02,
  ...[w01, w02, w03, w04, w05],
];

/** Rows of the short form, which runs with the other tests: fast, and one of each kind. */
export const shortForm: readonly string[] = ["S02", "S13", "R07", "C01", "L02"];
