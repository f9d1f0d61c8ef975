/** OpenVEX (openvex/spec 0.2.0): statements on products, by package URL. */
import { isJsonObject } from "../../encoding/canonical-json.ts";
import { vulnerabilityStates } from "../../register/document.ts";
import { fitting, items, member, type Part } from "../reading.ts";
import type { Advisory, Product } from "./advisory.ts";

export function readOpenVex(root: Part): readonly Advisory[] {
  const author = fitting(root, "author", 512);
  return items(root, "statements").flatMap((statement): readonly Advisory[] => {
    const state = vulnerabilityStates.find((one) => one === member(statement, "status")?.value);
    const named = member(statement, "vulnerability");
    const id =
      typeof named?.value === "string"
        ? fitting(statement, "vulnerability", 256)
        : named && fitting(named, "name", 256);
    if (state === undefined || id === undefined) return [];
    const found = fitting(statement, "timestamp", 64) ?? fitting(root, "timestamp", 64);
    const detail =
      fitting(statement, "impact_statement", 1024) ?? fitting(statement, "justification", 1024);
    return [
      {
        at: statement.at,
        vulnerability: {
          id,
          state,
          ...(author === undefined ? {} : { source: author }),
          ...(found === undefined ? {} : { found }),
          ...(detail === undefined ? {} : { detail }),
        },
        products: items(statement, "products").flatMap(productOf),
      },
    ];
  });
}

/** A product's own id is a purl, or its identifiers have one. */
function productOf(part: Part): readonly Product[] {
  const { value } = part;
  const identifiers = member(part, "identifiers");
  const said = [
    typeof value === "string" ? value : undefined,
    isJsonObject(value) && typeof value["@id"] === "string" ? value["@id"] : undefined,
    identifiers === undefined ? undefined : fitting(identifiers, "purl", 1024),
  ];
  return said.flatMap((purl) =>
    purl?.startsWith("pkg:") ? [{ purl, versions: [], ranges: [] }] : [],
  );
}
