import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { valueInForce, withValue } from "./config-line.ts";

const runs = { numRuns: process.env.SLOW === undefined ? 10 : 1000 };
const env = { format: "env", key: "MODEL" } as const;
const ini = { format: "ini", key: "serve.model" } as const;

describe("one value of a configuration file", () => {
  const cases: readonly [title: string, line: typeof env | typeof ini, text: string, to: string][] =
    [
      ["plain", env, "MODEL=a\n", "MODEL=b\n"],
      ["without a final newline", env, "MODEL=a", "MODEL=b"],
      ["exported, spaced", env, " export MODEL = a \n", " export MODEL = b \n"],
      ["in quotes", env, "MODEL='a'\n", "MODEL='b'\n"],
      ["with a comment", env, "MODEL=a # a\n", "MODEL=b # a\n"],
      ["quoted, with a comment", env, 'MODEL="a" # a\n', 'MODEL="b" # a\n'],
      ["Windows line ends", env, "X=a\r\nMODEL=a\r\n", "X=a\r\nMODEL=b\r\n"],
      ["the last of several", env, "MODEL=x\nMODEL=a\n", "MODEL=x\nMODEL=b\n"],
      ["not the commented one", env, "MODEL=a\n#MODEL=x\n", "MODEL=b\n#MODEL=x\n"],
      ["not a longer name", env, "MODEL=a\nMODELS=a\n", "MODEL=b\nMODELS=a\n"],
      ["ini", ini, "[serve]\nmodel = a\n", "[serve]\nmodel = b\n"],
      ["ini with a colon", ini, "[serve]\nmodel: a\n", "[serve]\nmodel: b\n"],
      ["ini, section twice", ini, "[serve]\nmodel=x\n[o]\nmodel=x\n[serve]\nmodel=a", ""],
      ["ini, other section", ini, "[serve]\nmodel=a\n[other]\nmodel=x\n", ""],
    ];
  for (const [title, line, text, to] of cases) {
    test(title, () => {
      assert.equal(valueInForce(text, line)?.value, "a");
      const wanted = to === "" ? text.replace("model=a", "model=b") : to;
      assert.equal(withValue(text, line, "b"), wanted);
    });
  }

  test("a value that would not be read back is not written", () => {
    assert.equal(withValue("MODEL='a'\n", env, "b'c"), undefined);
    assert.equal(withValue("MODEL=a\n", env, "b # c"), undefined);
    assert.equal(withValue("MODEL=a\n", env, "b\nMODEL=c"), undefined);
    assert.equal(withValue("MODEL=a\n", env, "'b'"), undefined);
    assert.equal(withValue("MODEL=a\n", env, " b"), undefined);
    assert.equal(withValue("OTHER=a\n", env, "b"), undefined);
  });

  test("whatever the file, only the value in force changes, and it reads back", () => {
    const part = fc.constantFrom(
      "MODEL",
      "=",
      "a",
      " ",
      "'",
      '"',
      "#",
      "\n",
      "\r\n",
      "[serve]",
      ":",
    );
    const text = fc.oneof(
      fc.array(part, { maxLength: 30 }).map((parts) => parts.join("")),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(text, fc.string({ maxLength: 6 }), (file, value) => {
        for (const line of [env, { format: "ini", key: "MODEL" } as const]) {
          const standing = valueInForce(file, line);
          if (standing === undefined) continue;
          assert.equal(file.slice(standing.from, standing.to), standing.value);
          const changed = withValue(file, line, value);
          if (changed === undefined) continue;
          assert.equal(valueInForce(changed, line)?.value, value);
          assert.equal(changed.slice(0, standing.from), file.slice(0, standing.from));
          assert.equal(changed.slice(standing.from + value.length), file.slice(standing.to));
        }
      }),
      runs,
    );
  });
});
