/** The rows that the suite plays, in the table's order. */
import type { Row } from "../row.ts";
import { s01, s02, s13, s14, s17 } from "./storage.ts";

export const repertoire: readonly Row[] = [s01, s02, s13, s14, s17];

/** Rows of the short form, which runs with the other tests: fast, and one of each kind. */
export const shortForm: readonly string[] = ["S01", "S13"];
