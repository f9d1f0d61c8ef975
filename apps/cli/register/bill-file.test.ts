/** Official examples in, out and equal; bad documents are refused by code, with a hint. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { applyChange, digestOf, emptyRegister, isRefused, toUtf8 } from "@writ/core";
import { type BillSource, type Imported, planImport, toCyclonedx, toSpdx } from "@writ/core/bill";
import { freshFolder } from "../../../packages/node/testing/folder.ts";
import { isProblem } from "../outcome.ts";
import { type Bill, billBytesMax, readBill } from "./bill-file.ts";

const vectors = fileURLToPath(new URL("../../../vectors/bill/", import.meta.url));
const folder = freshFolder();
const options = { owner: "ada", lifecycle: "proposed" } as const;

async function bill(path: string): Promise<Bill> {
  const read = await readBill(path);
  assert.ok(!isProblem(read), JSON.stringify(read));
  return read;
}

function documentsOf(imported: Imported) {
  const plan = planImport(emptyRegister(), imported, options);
  assert.ok(!isRefused(plan), JSON.stringify(plan));
  return plan.differences.map(({ document }) => document);
}

/** What an exporter is given of a register that holds only what was imported. */
function sourceOf(imported: Imported) {
  const register = emptyRegister();
  applyChange(register, { set: documentsOf(imported), remove: [] }, 0);
  const { components, releases, placements, controls, hosts, sayings } = register;
  return {
    estate: digestOf(toUtf8("estate")),
    components: [...components.values()],
    releases: [...releases.values()],
    others: [...placements.values(), ...controls.values(), ...hosts.values()],
    sayings,
  } satisfies BillSource;
}

const moment = { at: "2026-11-25T02:00:00Z", isLicenceId: () => false };

function written(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe("official CycloneDX examples go in, out, and are equal", () => {
  const names = readdirSync(join(vectors, "cyclonedx")).filter(
    (name) => !name.includes("citations"),
  );
  for (const name of names) {
    test(name, async () => {
      const first = await bill(join(vectors, "cyclonedx", name));
      const version = first.format === "cyclonedx-1.6" ? "1.6" : "1.7";
      const out = JSON.stringify(toCyclonedx(sourceOf(first.imported), version, moment));
      const second = await bill(written(name, out));
      assert.deepEqual(documentsOf(second.imported), documentsOf(first.imported));
      assert.deepEqual(second.imported.left, []);
    });
  }
});

const spdxExamples = process.env.SPDX_EXAMPLES;
const why = "their licence keeps them out of this repository; see vectors/bill/README.md";
describe("official SPDX examples go in, out, and are equal", () => {
  for (const name of [
    "ai/example01/spdx3.0/simplehtr-example.json",
    "ai/example02/spdx3.0/sbom.spdx3.json",
    "dataset/example01/spdx3.0/example01.spdx3.json",
  ]) {
    test(name, { skip: spdxExamples === undefined && why }, async () => {
      const first = await bill(join(spdxExamples!, name));
      assert.ok(first.imported.documents.length > 0);
      assert.ok(first.imported.left.length > 0);
      const out = JSON.stringify(toSpdx(sourceOf(first.imported), moment));
      const second = await bill(written("again.json", out));
      assert.deepEqual(documentsOf(second.imported), documentsOf(first.imported));
      assert.deepEqual(second.imported.left, []);
    });
  }
});

test("a register of everything is accepted by the official schemas", async () => {
  const text = readFileSync(join(vectors, "whole-register.yaml"), "utf8");
  const whole = await bill(written("whole.yaml", text));
  const source = sourceOf(whole.imported);
  source.sayings.set(0, { person: "ada", at: "2026-11-25T01:00:00.000Z" });
  const documents = [
    toCyclonedx(source, "1.6", moment),
    toCyclonedx(source, "1.7", moment),
    toSpdx(source, moment),
  ];
  for (const [at, document] of documents.entries()) {
    const again = await bill(written(`whole-${at}.json`, JSON.stringify(document)));
    assert.deepEqual(documentsOf(again.imported), documentsOf(whole.imported));
    assert.deepEqual(again.imported.left, []);
  }
});

test("a model card is read, and what has no place is named", async () => {
  const { imported } = await bill(join(vectors, "cyclonedx", "valid-machine-learning-1.6.json"));
  const [component, release] = documentsOf(imported);
  assert.ok(component?.document === "component" && release?.document === "release");
  assert.equal(component.component, "stable-diffusion");
  assert.equal(component.name, "CompVis/stable-diffusion");
  assert.equal(component.publisher, "Acme Inc");
  assert.equal(release.release, "1.4");
  assert.deepEqual(release.training, ["Training Data https://example.com/path/to/dataset"]);
  assert.equal(release.intendedUse?.[1], "Text-to-image generation for creative applications");
  const left = imported.left.map(({ at }) => at);
  assert.ok(left.includes("/components/0/modelCard/considerations/fairnessAssessments"));
});

describe("bad documents are refused, with what to do", () => {
  const head = '"bomFormat":"CycloneDX","specVersion":"1.6","version":1';
  const model = (more: string) =>
    `{"type":"machine-learning-model","name":"m","version":"1"${more}}`;
  const cases: readonly (readonly [string, string, string, RegExp])[] = [
    ["cut short", `{${head},"components":[`, "malformed", /not JSON/],
    ["of a wrong shape", `{${head},"components":[{"name":1}]}`, "malformed", /\/components\/0/],
    [
      "of an old version",
      '{"bomFormat":"CycloneDX","specVersion":"1.4"}',
      "unknown-version",
      /1\.6/,
    ],
    ["of no known format", '{"hello":1}', "unknown-kind", /does not say what it is/],
    [
      "with a bom-ref twice",
      `{${head},"components":[${model(',"bom-ref":"a"')},${model(',"bom-ref":"a","group":"g"')}]}`,
      "malformed",
      /stands twice/,
    ],
    [
      "with dependencies in a circle",
      `{${head},"dependencies":[{"ref":"a","dependsOn":["b"]},{"ref":"b","dependsOn":["a"]}]}`,
      "malformed",
      /circle/,
    ],
    ["with a poisoned key", `{${head},"__proto__":{"polluted":1}}`, "malformed", /__proto__/],
    ["with an escaped poisoned key", `{${head},"__proto\\u005f_":{}}`, "malformed", /__proto__/],
    ["with a key twice", `{${head},"version":2}`, "malformed", /stands twice in one object/],
    ["too deep", `${"[".repeat(5000)}${"]".repeat(5000)}`, "oversized", /deep/],
    ["of too many values", `[${"0,".repeat(300_000)}0]`, "oversized", /values/],
  ];
  for (const [name, text, code, says] of cases) {
    test(name, async () => {
      const read = await readBill(written("bad.json", text));
      assert.ok(isProblem(read));
      assert.equal(read.problem, code);
      assert.match(read.detail, says);
      assert.notEqual(read.hint, "");
    });
  }

  test("of 200 MB: it is not even read", async () => {
    const path = written("huge.json", "{");
    truncateSync(path, 200 << 20);
    const before = process.memoryUsage().rss;
    const read = await readBill(path);
    assert.ok(isProblem(read) && read.problem === "oversized");
    assert.ok(process.memoryUsage().rss - before < 8 * billBytesMax);
  });

  test("with a bom-ref twice, though it is an official example", async () => {
    const read = await readBill(join(vectors, "cyclonedx", "valid-citations-1.7.json"));
    assert.ok(isProblem(read) && /stands twice/.test(read.detail));
  });

  test("two releases of one id", async () => {
    const text = `{${head},"components":[${model("")},${model(',"group":"g"')}]}`;
    const read = await readBill(written("two.json", text));
    assert.ok(isProblem(read) && read.problem === "conflicting-register");
  });
});
