import assert from "node:assert/strict";
import { test } from "node:test";
import { layerFiles } from "./layers.ts";

function hidden(layers: string[][]): Record<string, string> {
  const files = layerFiles(layers).map((file) => [`${file.layer}:${file.path}`, file.hidden]);
  return Object.fromEntries(files);
}

test("a file deleted by a later layer is still in its own", () => {
  assert.deepEqual(hidden([["m/a.bin", "m/b.bin"], ["m/.wh.a.bin"]]), {
    "0:m/a.bin": "deleted",
    "0:m/b.bin": "no",
  });
});

test("a folder deleted whole, or made opaque, hides what is under it below, not beside it", () => {
  assert.deepEqual(
    hidden([
      ["m/x/a", "n/b", "n/c"],
      [".wh.m", "n/.wh..wh..opq", "n/d"],
    ]),
    {
      "0:m/x/a": "deleted",
      "0:n/b": "deleted",
      "0:n/c": "deleted",
      "1:n/d": "no",
    },
  );
});

test("a file written again replaces, and may come back after a deletion", () => {
  assert.deepEqual(hidden([["./a"], ["/a"], [".wh.a"], ["a"]]), {
    "0:a": "deleted",
    "1:a": "deleted",
    "3:a": "no",
  });
  assert.equal(hidden([["a"], ["a"]])["0:a"], "replaced");
});
