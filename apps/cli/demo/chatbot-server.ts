/**
 * The demo's inference server, as small as one can be: it loads one GGUF file into a real runtime
 * and answers OpenAI's `GET /v1/models` and `POST /v1/completions`. It is part of the estate that
 * Writ governs, not of Writ: the demo copies it there, beside its runtime, and runs the copy as
 * `node serve.mts --model FILE --port N`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { parseArgs } from "node:util";

/** The little that is used of node-llama-cpp, which is installed apart and only for the demo. */
type Runtime = {
  getLlama(options: object): Promise<{ loadModel(options: object): Promise<Model> }>;
  readonly LlamaCompletion: new (options: object) => Completion;
};
type Model = {
  readonly fileInfo: { readonly metadata: { readonly general: { readonly name?: string } } };
  createContext(options: object): Promise<{ getSequence(): object }>;
};
type Completion = { generateCompletion(prompt: string, options: object): Promise<string> };

const bodyBytesMax = 64 * 1024;
const promptLengthMax = 400;
const maxTokensUsual = 16;

const { values: flags } = parseArgs({
  options: {
    model: { type: "string" },
    port: { type: "string" },
  },
});

async function open(file: string) {
  const entry = new URL("runtime/node_modules/node-llama-cpp/dist/index.js", import.meta.url);
  const runtime = (await import(entry.href)) as Runtime;
  const llama = await runtime.getLlama({ gpu: false, build: "never", logLevel: "error" });
  const model = await llama.loadModel({ modelPath: file, useMmap: true, useMlock: false });
  // More threads than cores make a small model many times slower; one is fastest.
  const context = await model.createContext({ contextSize: 512, threads: 1, batchSize: 128 });
  const completion = new runtime.LlamaCompletion({ contextSequence: context.getSequence() });
  return { name: model.fileInfo.metadata.general.name ?? "unnamed", completion };
}

async function answer(
  request: IncomingMessage,
  { name, completion }: Awaited<ReturnType<typeof open>>,
): Promise<readonly [status: number, body: object]> {
  if (request.method === "GET" && request.url === "/v1/models") {
    return [200, { object: "list", data: [{ id: name, object: "model", owned_by: "demo" }] }];
  }
  if (request.method !== "POST" || request.url !== "/v1/completions") {
    return [404, { error: { message: "no such endpoint" } }];
  }
  const asked = await bodyOf(request);
  if (typeof asked?.prompt !== "string" || asked.prompt.length > promptLengthMax) {
    return [400, { error: { message: `a prompt of at most ${promptLengthMax} characters` } }];
  }
  const maxTokens = Number(asked.max_tokens ?? maxTokensUsual);
  const text = await completion.generateCompletion(asked.prompt, { maxTokens, temperature: 0 });
  return [200, { object: "text_completion", model: name, choices: [{ index: 0, text }] }];
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown> | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > bodyBytesMax) return undefined;
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString("utf8")) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

const model = await open(flags.model ?? "");
/** One context serves one question at a time. */
let turn: Promise<unknown> = Promise.resolve();
const server = createServer((request, response: ServerResponse) => {
  turn = turn.then(async () => {
    const [status, body] = await answer(request, model).catch((error: Error) => {
      return [500, { error: { message: error.message } }] as const;
    });
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
});
server.listen(Number(flags.port), "127.0.0.1", () => {
  process.stdout.write(`${model.name} on port ${flags.port}\n`);
});
process.once("SIGTERM", () => process.exit(0));
