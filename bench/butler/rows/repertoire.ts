/** The rows that the suite plays, in the table's order. */
import type { Row } from "../row.ts";
import { w01 } from "./approvals.ts";
import { s16b } from "./behind.ts";
import { l02 } from "./claims.ts";
import { c02, c03, c04 } from "./control-tricks.ts";
import { c01 } from "./controls.ts";
import { s03, s04, s05, s06, s07, s08, s18 } from "./copies.ts";
import { w05 } from "./crashes.ts";
import { s16c } from "./departures.ts";
import { r03 } from "./disguises.ts";
import { s15, s16 } from "./hiding.ts";
import { w04 } from "./history.ts";
import { w06 } from "./hostile-files.ts";
import { s12 } from "./images.ts";
import { w02 } from "./mutations.ts";
import { s09, s10, s11 } from "./packed.ts";
import { w03 } from "./probes.ts";
import { r04 } from "./revival.ts";
import { r01, r02, r05, r06, r07 } from "./running.ts";
import { s01, s02, s13, s14, s17 } from "./storage.ts";

export const repertoire: readonly Row[] = [
  ...[s01, s02, s03, s04, s05, s06, s07, s08, s09, s10, s11],
  ...[s12, s13, s14, s15, s16, s16b, s16c, s17, s18],
  ...[r01, r02, r03, r04, r05, r06, r07],
  ...[c01, c02, c03, c04],
  l02,
  ...[w01, w02, w03, w04, w05, w06],
];

/** Rows of the short form, which runs with the other tests: fast, and one of each kind. */
export const shortForm: readonly string[] = ["S02", "S13", "R07", "C01", "L02"];
