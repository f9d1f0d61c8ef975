import assert from "node:assert/strict";
import { test } from "node:test";
import type { Stored } from "@writ/core";
import {
  censusOf,
  chatbotRegister,
  mass,
  newWeights,
  oldWeights,
  strangeWeights,
} from "../../../packages/core/testing/chatbot.ts";
import { knownContents } from "../census-table.ts";
import { fakeShell } from "../testing/fake-shell.ts";
import type { Expectation } from "./expectation.ts";
import { countReport } from "./report.ts";
import { tallyOf } from "./tally.ts";

const roots = ["/srv"];
const path = "/srv/chatbot/4.2/model.gguf";
const expectation: Expectation = {
  source: "a test",
  known: knownContents(chatbotRegister("h1")),
  files: [
    { what: "chatbot@4.2 model.gguf", digest: newWeights, path },
    { what: "chatbot@3.8 model.gguf", digest: oldWeights, path: "/srv/gone\u001b[2K" },
  ],
  artefacts: [],
  originals: [],
};
const identity = { of: newWeights, completeness: 1000, evidence: "" };
const quantised = { ...identity, how: "quantised", type: "Q4_0", exponent: -40 } as const;
const layer: Stored = {
  store: "/srv/layout",
  holder: "image chat:1",
  path: "models/a.bin",
  fate: "deleted",
  size: 4096,
  digest: strangeWeights,
  kind: "model",
  known: "read",
};

test("what is known, a copy, strange and missing is told apart, in stores too", () => {
  const files = [mass("/srv/cache.db", strangeWeights, { known: [quantised], kind: "model" })];
  const stored = [
    layer,
    { ...layer, path: "b", copies: [quantised] },
    { ...layer, path: "c", digest: newWeights },
    { ...layer, path: "/srv/cache.db", mass: "/srv/cache.db" },
    { ...layer, path: "readme", kind: "plain" as const },
  ];
  const census = { ...censusOf("h1", { files }), stored };
  const tally = tallyOf(census, expectation, roots);
  assert.equal(tally.masses.length, 3);
  assert.deepEqual(
    tally.stored.map((one) => one.path),
    ["models/a.bin", "b", "c"],
  );
  assert.equal(tally.copies, 2);
  assert.equal(tally.unexplained, 1);
  assert.equal(tally.expected, 2);
  assert.deepEqual(
    tally.missing.map(({ what }) => what),
    ["chatbot@3.8 model.gguf"],
  );
  const text = countReport(fakeShell(), { census, tally, source: expectation.source });
  assert.match(text, /expected 2, 1 missing {3}counted 6 .*copies 2 {3}unexplained 1/);
  assert.match(text, /models\/a\.bin of image chat:1 in \/srv\/layout +deleted/);
  assert.match(text, /quantised copy \(Q4_0, p < 1e-40\) of chatbot@4\.2/);
  assert.doesNotMatch(text, /\u001b/);
});

test("originals outside what is counted are compared with, and not counted", () => {
  const original = mass("/backup/a.gguf", oldWeights, { kind: "model" });
  const copy = mass("/srv/x.log", oldWeights, {
    kind: "model",
    inode: { device: "1", inode: "x" },
  });
  const census = { ...censusOf("h1"), masses: [original, copy] };
  const against = { ...expectation, known: new Map(), files: undefined, originals: ["/backup"] };
  const { known, masses, expected, unexplained } = tallyOf(census, against, roots);
  assert.deepEqual([...known.values()], ["a.gguf"]);
  assert.deepEqual([masses.length, expected, unexplained], [1, undefined, 0]);
});
