/**
 * A small server that speaks Ollama's wire format (docs/api.md): names to manifests by digest, what
 * is in memory, copy, delete, unload. Its state is a value that tests may look into.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export type OllamaServer = {
  readonly url: string;
  /** Digest (64 hex digits) by whole name. */
  readonly tags: Map<string, string>;
  /** Names in memory. */
  readonly loaded: Map<string, string>;
  close(): Promise<void>;
};

export async function startOllama(tags: Record<string, string>): Promise<OllamaServer> {
  const state = { tags: new Map(Object.entries(tags)), loaded: new Map<string, string>() };
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const part of request) text += part;
    const body = text === "" ? {} : JSON.parse(text);
    const reply = (status: number, value?: unknown) => {
      response.writeHead(status, { "content-type": "application/json; charset=utf-8" });
      response.end(value === undefined ? "" : JSON.stringify(value));
    };
    const models = (of: Map<string, string>) => ({
      models: [...of].map(([name, digest]) => ({ name, model: name, digest, size: 1 })),
    });
    switch (`${request.method} ${request.url}`) {
      case "GET /api/tags":
        return reply(200, models(state.tags));
      case "GET /api/ps":
        return reply(200, models(state.loaded));
      case "POST /api/copy": {
        const digest = state.tags.get(body.source);
        if (digest === undefined) return reply(404, { error: "model not found" });
        state.tags.set(body.destination, digest);
        return reply(200);
      }
      case "DELETE /api/delete":
        return reply(state.tags.delete(body.model) ? 200 : 404);
      case "POST /api/generate":
        if (body.keep_alive === 0) state.loaded.delete(body.model);
        else state.loaded.set(body.model, state.tags.get(body.model) ?? "");
        return reply(200, { model: body.model, done: true, done_reason: "unload" });
      default:
        return reply(404, { error: "404 page not found" });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    ...state,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
