/**
 * A scripted subject as a real model endpoint: OpenAI's chat completions over HTTP on this machine,
 * so that it is reached by the same way as any model.
 */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { isProfile, nextMove, type Seen } from "@writ/lab";

/** A request holds a whole conversation; the longest of ours has some 100 KB. */
const requestBytesMax = 8 * 1024 * 1024;

type WireMessage = {
  readonly role: string;
  readonly content?: string | null | readonly { readonly text?: string }[];
  readonly tool_call_id?: string;
  readonly tool_calls?: readonly {
    readonly id: string;
    readonly function: { readonly name: string };
  }[];
};
type WireRequest = {
  readonly model: string;
  readonly messages: readonly WireMessage[];
  readonly tools?: readonly { readonly function: { readonly name: string } }[];
};

export type ScriptedServer = { readonly url: string; readonly close: () => Promise<void> };

/** Listens on a free port of this machine alone. The model's name is the profile's. */
export async function startScriptedServer(): Promise<ScriptedServer> {
  const server = createServer((request, response) => {
    answer(request).then(
      ({ status, body }) => {
        response.writeHead(status, { "content-type": "application/json" });
        response.end(JSON.stringify(body));
      },
      () => response.writeHead(400).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/v1`, close: () => closed(server) };
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

async function answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > requestBytesMax) throw new Error("too large");
    parts.push(part);
  }
  const asked = JSON.parse(Buffer.concat(parts).toString("utf8")) as WireRequest;
  if (request.url !== "/v1/chat/completions" || !isProfile(asked.model)) {
    return { status: 404, body: { error: { message: "no such model", type: "not_found" } } };
  }
  const seen = seenIn(asked);
  const { say, name, input } = nextMove(asked.model, seen);
  // Without tools somebody only asks: what was done, a scripted subject tells as it is.
  const isAsked = seen.tools.length === 0;
  const id = `call_${seen.results.length}`;
  const call = { id, type: "function", function: { name, arguments: JSON.stringify(input) } };
  const message = isAsked
    ? { role: "assistant", content: `I did what ${asked.model} does.` }
    : { role: "assistant", content: say === "" ? null : say, tool_calls: [call] };
  return {
    status: 200,
    body: {
      id: `chatcmpl-${seen.results.length}`,
      object: "chat.completion",
      created: 0,
      model: asked.model,
      choices: [{ index: 0, message, finish_reason: isAsked ? "stop" : "tool_calls" }],
      usage: {
        prompt_tokens: Math.ceil(size / 4),
        completion_tokens: 20,
        total_tokens: Math.ceil(size / 4) + 20,
      },
    },
  };
}

/** What the conversation shows: calls are matched with their results by id. */
function seenIn({ messages, tools = [] }: WireRequest): Seen {
  const names = new Map<string, string>();
  const results: { name: string; output: string }[] = [];
  for (const message of messages) {
    for (const call of message.tool_calls ?? []) names.set(call.id, call.function.name);
    if (message.role === "tool") {
      const name = names.get(message.tool_call_id ?? "") ?? "";
      results.push({ name, output: textOf(message) });
    }
  }
  const first = (role: string) => textOf(messages.find((message) => message.role === role));
  return {
    system: first("system"),
    user: first("user"),
    tools: tools.map((tool) => tool.function.name),
    results,
  };
}

function textOf(message: WireMessage | undefined): string {
  const content = message?.content ?? "";
  return typeof content === "string" ? content : content.map(({ text = "" }) => text).join("");
}
