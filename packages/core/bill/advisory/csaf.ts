/** CSAF 2.0 (OASIS, profile VEX): a product tree, and what is said of which of its products. */
import { isJsonObject, type Json } from "../../encoding/canonical-json.ts";
import type { Vulnerability } from "../../register/document.ts";
import { fitting, items, member, type Part, textsOf } from "../reading.ts";
import type { Advisory, Product } from "./advisory.ts";

const states: readonly (readonly [string, Vulnerability["state"]])[] = [
  ["known_affected", "affected"],
  ["known_not_affected", "not_affected"],
  ["fixed", "fixed"],
  ["under_investigation", "under_investigation"],
];

export function readCsaf(root: Part): readonly Advisory[] {
  const products = new Map<string, Product>();
  const tree = member(root, "product_tree");
  if (tree !== undefined) gatherProducts(tree.value, products);
  const document = member(root, "document");
  const publisher = document && member(document, "publisher");
  const source = publisher && fitting(publisher, "name", 512);
  return items(root, "vulnerabilities").flatMap((part) => {
    const id = fitting(part, "cve", 256);
    const status = member(part, "product_status");
    if (id === undefined || status === undefined) return [];
    const found = fitting(part, "release_date", 64);
    const detail = fitting(part, "title", 1024);
    return states.flatMap(([name, state]): readonly Advisory[] => {
      const meant = textsOf(status, name);
      if (meant.length === 0) return [];
      return [
        {
          at: `${part.at}/product_status/${name}`,
          vulnerability: {
            id,
            state,
            ...(source === undefined ? {} : { source }),
            ...(found === undefined ? {} : { found }),
            ...(detail === undefined ? {} : { detail }),
          },
          products: meant.flatMap((product) => products.get(product) ?? []),
        },
      ];
    });
  });
}

/** Every product that has an id and a purl, wherever in the tree; its depth is bounded already. */
function gatherProducts(value: Json, products: Map<string, Product>): void {
  if (Array.isArray(value)) {
    for (const one of value as readonly Json[]) gatherProducts(one, products);
    return;
  }
  if (!isJsonObject(value)) return;
  const { product_id: id, product_identification_helper: helper } = value;
  if (typeof id === "string" && isJsonObject(helper) && typeof helper.purl === "string") {
    products.set(id, { purl: helper.purl, versions: [], ranges: [] });
  }
  for (const one of Object.values(value)) gatherProducts(one, products);
}
