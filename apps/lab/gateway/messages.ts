/** Anthropic's messages, whole and streamed: what Claude Code speaks. */
import { type Answer, events, json, type Loose, listOf, textIn, type Wire } from "./wire.ts";

export const messages: Wire = {
  isAsk: (url) => /\/v1\/messages(\?|$)/.test(url),
  isStream: (body) => (body as Loose).stream === true,
  read: (body) => {
    const { messages: turns, tools } = body as Loose;
    const blocks = listOf(turns).flatMap(({ role, content }) =>
      typeof content === "string"
        ? [{ role, type: "text", text: content } as Loose]
        : listOf(content).map((block) => ({ ...block, role }) as Loose),
    );
    const texts = (role: string) =>
      blocks
        .filter((block) => block.role === role && block.type === "text")
        .map(({ text }) => `${text}`);
    return {
      user: texts("user").join("\n"),
      tools: listOf(tools).map(({ name }) => String(name)),
      outputs: blocks
        .filter(({ type }) => type === "tool_result")
        .map(({ content }) => textIn(content)),
      said: texts("assistant"),
    };
  },
  write: (answer, { isStream }) => (isStream ? streamed(answer) : json(whole(answer))),
};

const head = { id: "msg_scripted", type: "message", role: "assistant", model: "scripted" };
const usage = { input_tokens: 100, output_tokens: 20 };

const reason = ({ call }: Answer) => (call === null ? "end_turn" : "tool_use");

function blocksOf({ say, call, at }: Answer): readonly Loose[] {
  const tool = call && { type: "tool_use", id: `toolu_${at}`, name: call.name, input: call.input };
  return [...(say === "" ? [] : [{ type: "text", text: say }]), ...(tool === null ? [] : [tool])];
}

function whole(answer: Answer): object {
  return { ...head, content: blocksOf(answer), stop_reason: reason(answer), usage };
}

function streamed(answer: Answer) {
  const list: object[] = [
    { type: "message_start", message: { ...head, content: [], stop_reason: null, usage } },
  ];
  for (const [index, block] of blocksOf(answer).entries()) {
    const isText = block.type === "text";
    const empty = isText ? { ...block, text: "" } : { ...block, input: {} };
    const delta = isText
      ? { type: "text_delta", text: block.text }
      : { type: "input_json_delta", partial_json: JSON.stringify(block.input) };
    list.push(
      { type: "content_block_start", index, content_block: empty },
      { type: "content_block_delta", index, delta },
      { type: "content_block_stop", index },
    );
  }
  list.push(
    { type: "message_delta", delta: { stop_reason: reason(answer), stop_sequence: null }, usage },
    { type: "message_stop" },
  );
  return events(list, (event) => String((event as Loose).type));
}
