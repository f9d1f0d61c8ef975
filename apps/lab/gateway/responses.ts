/** OpenAI's responses, streamed: what Codex speaks. */
import { type Answer, events, json, type Loose, listOf, textIn, type Wire } from "./wire.ts";

export const responses: Wire = {
  isAsk: (url) => url.endsWith("/responses"),
  isStream: (body) => (body as Loose).stream === true,
  read: (body) => {
    const { input, tools } = body as Loose;
    const items = listOf(input);
    const texts = (role: string) =>
      items.filter((item) => item.role === role).map(({ content }) => textIn(content));
    return {
      user: texts("user").join("\n"),
      tools: listOf(tools).map(({ name, type }) => String(name ?? type)),
      outputs: items
        .filter(({ type }) => type === "function_call_output")
        .map(({ output }) => textIn(output)),
      said: texts("assistant"),
    };
  },
  write: (answer, { isStream }) => {
    const items = itemsOf(answer);
    const response = {
      id: "resp_scripted",
      object: "response",
      status: "completed",
      output: items,
      usage,
    };
    if (!isStream) return json(response);
    const begun = { ...response, status: "in_progress", output: [] };
    return events(
      [
        { type: "response.created", response: begun },
        ...items.flatMap((item, at) => [
          { type: "response.output_item.added", output_index: at, item },
          { type: "response.output_item.done", output_index: at, item },
        ]),
        { type: "response.completed", response },
      ],
      (event) => String((event as Loose).type),
    );
  },
};

const usage = {
  input_tokens: 100,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 20,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 120,
};

function itemsOf({ say, call, at }: Answer): readonly object[] {
  const items: object[] = [];
  if (say !== "") {
    const content = [{ type: "output_text", text: say, annotations: [] }];
    items.push({
      type: "message",
      id: `msg_${at}`,
      role: "assistant",
      status: "completed",
      content,
    });
  }
  if (call !== null) {
    const { name, input } = call;
    const made = {
      type: "function_call",
      id: `fc_${at}`,
      call_id: `call_${at}`,
      status: "completed",
    };
    items.push({ ...made, name, arguments: JSON.stringify(input) });
  }
  return items;
}
