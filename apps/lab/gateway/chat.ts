/** OpenAI's chat completions, whole and streamed: what OpenCode speaks to compatible endpoints. */
import { type Answer, events, json, type Loose, listOf, textIn, type Wire } from "./wire.ts";

export const chat: Wire = {
  isAsk: (url) => url.endsWith("/chat/completions"),
  isStream: (body) => (body as Loose).stream === true,
  read: (body) => {
    const { messages, tools } = body as Loose;
    const texts = (role: string) =>
      listOf(messages)
        .filter((message) => message.role === role)
        .map(({ content }) => textIn(content))
        .filter((text) => text !== "");
    return {
      user: texts("user").join("\n"),
      tools: listOf(tools).map((one) => String((one.function as Loose | undefined)?.name)),
      outputs: listOf(messages)
        .filter(({ role }) => role === "tool")
        .map(({ content }) => textIn(content)),
      said: texts("assistant"),
    };
  },
  write: (answer, { isStream }) => (isStream ? streamed(answer) : json(whole(answer))),
};

const usage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };
const head = { id: "chatcmpl-scripted", created: 0, model: "scripted" };

function callOf({ call, at }: Answer): object | undefined {
  if (call === null) return undefined;
  const { name, input } = call;
  return {
    id: `call_${at}`,
    type: "function",
    function: { name, arguments: JSON.stringify(input) },
  };
}

function whole(answer: Answer): object {
  const call = callOf(answer);
  const message = {
    role: "assistant",
    content: answer.say === "" ? null : answer.say,
    ...(call === undefined ? {} : { tool_calls: [call] }),
  };
  const finish = call === undefined ? "stop" : "tool_calls";
  const choices = [{ index: 0, message, finish_reason: finish }];
  return { ...head, object: "chat.completion", choices, usage };
}

function streamed(answer: Answer) {
  const call = callOf(answer);
  const chunk = (delta: object, finish: string | null = null) => ({
    ...head,
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  return events([
    chunk({ role: "assistant", content: answer.say }),
    ...(call === undefined ? [] : [chunk({ tool_calls: [{ index: 0, ...call }] })]),
    { ...chunk({}, call === undefined ? "stop" : "tool_calls"), usage },
    "[DONE]",
  ]);
}
