import assert from "node:assert/strict";
import { test } from "node:test";
import { isRefused, type Json, registerDocument } from "@writ/core";
import {
  censusOf,
  chatbotRegister,
  mass,
  newWeights,
  strangeWeights,
} from "../../packages/core/testing/chatbot.ts";
import {
  censusTable,
  countedMasses,
  isExpected,
  knownContents,
  modelNameOf,
} from "./census-table.ts";
import { draftedDocuments } from "./commands/register-draft.ts";
import { fakeShell } from "./testing/fake-shell.ts";

const known = knownContents(chatbotRegister("h1"));
const hostile = "/srv/ok\u001b[2K\u202e\n/fake line.log";
const census = censusOf("h1", {
  files: [
    mass(hostile, strangeWeights, { kind: "model" }),
    mass("/srv/logo.png", `sha256:${"1".repeat(64)}`, { kind: "plain", container: "png" }),
  ],
});

test("what is registered is told by its release, what is plain is not counted", () => {
  const masses = countedMasses(census, known);
  assert.equal(masses.length, 3);
  assert.equal(masses.filter((one) => isExpected(one, known)).length, 2);
  const text = censusTable(fakeShell(), census, known);
  assert.match(text, /^chatbot@4\.2 +gguf +8\.00 MB +\/srv\/chatbot\/4\.2\/model\.gguf/m);
  assert.match(text, /held by pid 77 \(\/usr\/bin\/serve\), listens on 8080/);
});

test("a name that an adversary chose stays within its cell", () => {
  const text = censusTable(fakeShell(), census, known);
  assert.doesNotMatch(text, /[\u001b\u202e]/);
  assert.equal(text.split("\n").filter((line) => line.startsWith("/fake")).length, 0);
  assert.match(text, /ok\\u\{1b\}\[2K\\u\{202e\}\\u\{a\}\/fake line\.log/);
});

test("a copy is told by what it is a copy of, and how that is known", () => {
  const identity = { of: newWeights, completeness: 1000, evidence: "" };
  const quantised = { ...identity, how: "quantised", type: "Q4_0", exponent: -40 } as const;
  const disguised = mass("/srv/cache.db", strangeWeights, { kind: "model", known: [quantised] });
  const text = censusTable(fakeShell(), censusOf("h1", { files: [disguised] }), known);
  assert.match(text.replace(/\s+/g, " "), /quantised copy \(Q4_0, p < 1e-40\) of chatbot@4\.2/);
});

test("caches of the field tell the model's name", () => {
  const name = (path: string) => modelNameOf(mass(path, strangeWeights));
  assert.equal(name("/h/hub/models--org--tiny/snapshots/abc/model.safetensors"), "org/tiny");
  assert.equal(name("/h/.lmstudio/models/org/tiny-gguf/tiny.gguf"), "org/tiny-gguf");
  assert.equal(name("/h/.ollama/models/blobs/sha256-00"), "an Ollama layer");
  assert.equal(name("/h/some.log"), "some.log");
});

test("a drafted register is taken, and leaves opaque bytes unexplained", () => {
  const opaque = mass("/srv/blob", `sha256:${"2".repeat(64)}`, {
    kind: "opaque",
    container: "opaque",
  });
  const documents = draftedDocuments({ ...census, masses: [...census.masses, opaque] }, known, []);
  assert.deepEqual(
    documents.map(({ document }) => document),
    ["component", "release", "file"],
  );
  for (const [at, document] of documents.slice(0, 2).entries()) {
    const read = registerDocument(document as unknown as Json, `document ${at}`);
    assert.ok(!isRefused(read), JSON.stringify(read));
  }
});
