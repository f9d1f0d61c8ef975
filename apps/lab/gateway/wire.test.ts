/** The four wire formats: what each vendor's own reader would read is what was written. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { chat } from "./chat.ts";
import { gemini } from "./gemini.ts";
import { messages } from "./messages.ts";
import { responses } from "./responses.ts";

const ran = "printed";

test("each format tells prompt, tools, what commands printed and what was said", () => {
  const asked = [
    chat.read({
      messages: [
        { role: "system", content: "be good" },
        { role: "user", content: [{ type: "text", text: "do it" }] },
        { role: "assistant", content: "I will", tool_calls: [] },
        { role: "tool", content: ran },
      ],
      tools: [{ type: "function", function: { name: "shell" } }],
    }),
    gemini.read({
      contents: [
        { role: "user", parts: [{ text: "do it" }] },
        { role: "model", parts: [{ text: "I will" }, { functionCall: { name: "shell" } }] },
        { role: "user", parts: [{ functionResponse: { response: { output: ran } } }] },
      ],
      tools: [{ functionDeclarations: [{ name: "shell" }] }],
    }),
    messages.read({
      messages: [
        { role: "user", content: "do it" },
        { role: "assistant", content: [{ type: "text", text: "I will" }] },
        {
          role: "user",
          content: [{ type: "tool_result", content: [{ type: "text", text: ran }] }],
        },
      ],
      tools: [{ name: "shell" }],
    }),
    responses.read({
      input: [
        { type: "message", role: "user", content: [{ type: "input_text", text: "do it" }] },
        { type: "message", role: "assistant", content: [{ type: "output_text", text: "I will" }] },
        { type: "function_call_output", output: ran },
      ],
      tools: [{ type: "function", name: "shell" }],
    }),
  ];
  for (const one of asked) {
    assert.deepEqual(one, { user: "do it", tools: ["shell"], outputs: [ran], said: ["I will"] });
  }
});

test("a stream is whole events, and says the call's arguments", () => {
  const answer = { say: "", call: { name: "shell", input: { command: "ls" } }, at: 3 };
  for (const wire of [chat, gemini, messages, responses]) {
    const { contentType, body } = wire.write(answer, { isStream: true });
    assert.equal(contentType, "text/event-stream");
    assert.ok(body.endsWith("\n\n"));
    assert.match(body, /command/);
    for (const line of body.split("\n").filter((one) => one.startsWith("data: {"))) {
      assert.doesNotThrow(() => JSON.parse(line.slice(6)));
    }
  }
});

test("requests of another shape are read as empty, never thrown at", () => {
  for (const wire of [chat, gemini, messages, responses]) {
    for (const body of [{}, { messages: 3, contents: "x", input: {}, tools: [null] }]) {
      assert.deepEqual(wire.read(body).outputs, []);
    }
  }
});
