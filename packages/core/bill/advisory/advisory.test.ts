/** Advisories reach the releases whose purl they mean, and no others. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "../../encoding/canonical-json.ts";
import { isRefused } from "../../encoding/refusal.ts";
import type { RegisterDocument } from "../../register/document.ts";
import { applyChange, emptyRegister } from "../../register/register.ts";
import { planImport } from "../merge.ts";
import { matchAdvisories } from "./advisory.ts";
import { advisoryFormatOf, readAdvisories } from "./read-advisory.ts";

const digest = `sha256:${"1".repeat(64)}` as const;
const release = (name: string, purl?: string): RegisterDocument => ({
  document: "release",
  component: "loader",
  release: name,
  artefacts: [{ name: "a", digest, size: 1 }],
  lifecycle: "active",
  ...(purl === undefined ? {} : { purl }),
});

const register = emptyRegister();
const set: readonly RegisterDocument[] = [
  { document: "component", component: "loader", kind: "tool", owner: "ops" },
  release("0.16.9", "pkg:pypi/ollama@0.16.9"),
  release("0.17.1", "pkg:pypi/Ollama@0.17.1"),
  release("nightly", "pkg:pypi/ollama@nightly"),
  release("1.0"),
];
applyChange(register, { set, remove: [] }, 3);

/** States by release, after importing the document. */
function told(json: Json): Readonly<Record<string, string>> {
  const format = advisoryFormatOf(json);
  assert.ok(format !== undefined);
  const matched = matchAdvisories(register, readAdvisories(json, format));
  assert.ok(!isRefused(matched));
  const plan = planImport(register, matched, { lifecycle: "proposed" });
  assert.ok(!isRefused(plan), JSON.stringify(plan));
  return Object.fromEntries(
    plan.differences.map(({ document, members }) => {
      assert.deepEqual(members, ["vulnerabilities"]);
      assert.ok(document.document === "release");
      const [one] = document.vulnerabilities ?? [];
      return [document.release, `${one?.id} ${one?.state}`];
    }),
  );
}

test("OSV: a range reaches what lies in it; what cannot be compared is not told", () => {
  const events = [{ introduced: "0" }, { fixed: "0.17.1" }];
  const osv = {
    id: "CVE-2026-7482",
    modified: "2026-05-02T00:00:00Z",
    affected: [
      { package: { ecosystem: "PyPI", name: "ollama" }, ranges: [{ type: "ECOSYSTEM", events }] },
    ],
  };
  assert.deepEqual(told(osv), { "0.16.9": "CVE-2026-7482 affected" });
  assert.deepEqual(told([osv]), { "0.16.9": "CVE-2026-7482 affected" });
  assert.deepEqual(told({ ...osv, affected: [] }), {});
});

test("OpenVEX: a statement on one purl", () => {
  const vex = {
    "@context": "https://openvex.dev/ns/v0.2.0",
    author: "ops",
    timestamp: "2026-05-02T00:00:00Z",
    statements: [
      {
        vulnerability: { name: "CVE-2026-7482" },
        products: [{ "@id": "pkg:pypi/ollama@0.17.1" }],
        status: "not_affected",
        justification: "vulnerable_code_not_present",
      },
    ],
  };
  assert.deepEqual(told(vex), { "0.17.1": "CVE-2026-7482 not_affected" });
});

test("CSAF 2.0: products by the tree's purls", () => {
  const csaf = {
    document: { csaf_version: "2.0", publisher: { name: "vendor" } },
    product_tree: {
      branches: [
        {
          product: {
            product_id: "P1",
            product_identification_helper: { purl: "pkg:pypi/ollama@0.16.9" },
          },
        },
      ],
    },
    vulnerabilities: [{ cve: "CVE-2026-7482", product_status: { under_investigation: ["P1"] } }],
  };
  assert.deepEqual(told(csaf), { "0.16.9": "CVE-2026-7482 under_investigation" });
});
