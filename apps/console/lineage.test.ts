import assert from "node:assert/strict";
import { test } from "node:test";
import { type Digest, digestOf, type Release } from "@writ/core";
import { lineageOf } from "./lineage.ts";
import type { RegisterTold } from "./server-connection.ts";

const weights = (text: string): Digest => digestOf(new TextEncoder().encode(text));

function told(index: number, release: string, more: Partial<Release> = {}) {
  const document: Release = {
    ...{ document: "release", component: "chatbot", release, lifecycle: "approved" },
    artefacts: [{ name: "m", digest: weights(release), size: 1 }],
    ...more,
  };
  return { document, index, lifecycle: "approved" as const, lifecycleSince: index };
}

const registerOf = (...releases: RegisterTold["releases"]): RegisterTold => ({
  ...{ components: [], placements: [], controls: [], hosts: [], sayings: [] },
  releases,
});

test("releases stand in the order of their registration, tied to what they were made from", () => {
  const line = lineageOf(
    "chatbot",
    registerOf(
      told(9, "4.2", { derivedFrom: [{ what: "chatbot@3.8", how: "fine-tuned" }] }),
      told(2, "3.8", { derivedFrom: [{ what: "llama-3", how: "distilled" }] }),
      told(12, "4.2-copy", { artefacts: [{ name: "m", digest: weights("4.2"), size: 1 }] }),
      told(1, "1.0", { component: "reader" }),
    ),
  );
  assert.deepEqual(
    line.map(({ release, ties, origins }) => [release.release, ties, origins]),
    [
      ["3.8", [], ["llama-3, distilled"]],
      ["4.2", [{ from: 0, how: "fine-tuned" }], []],
      ["4.2-copy", [{ from: 1, how: "same weights" }], []],
    ],
  );
});

test("a release that names itself as its origin is not tied to itself", () => {
  const [only] = lineageOf("chatbot", registerOf(told(1, "1", { derivedFrom: [{ what: "1" }] })));
  assert.deepEqual([only?.ties, only?.origins], [[], ["1"]]);
});
