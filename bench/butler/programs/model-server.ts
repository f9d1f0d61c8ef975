/**
 * A model server of the suite's hosts, as small as one can be: it opens its weights and keeps them
 * open, listens, and says a version, which nobody has to believe.
 * With `--api NAME` it speaks a model API too, and says there
 * that it serves NAME. `node model-server.ts --model FILE --port N [--version V] [--api NAME]`
 */
import { openSync, readSync } from "node:fs";
import { createServer } from "node:http";
import { parseArgs } from "node:util";

const takeOverMilliseconds = 20;
const text = { type: "string" } as const;
const { values } = parseArgs({ options: { model: text, port: text, version: text, api: text } });
const weights = openSync(values.model ?? "", "r");
const head = Buffer.alloc(64);
readSync(weights, head, 0, head.length, 0);
const server = createServer((request, response) => {
  const version = values.version ?? "unsaid";
  response.setHeader("content-type", "application/json");
  if (values.api !== undefined && request.url === "/v1/models") {
    const data = [{ id: values.api, object: "model", owned_by: "butler" }];
    return void response.end(JSON.stringify({ object: "list", data }));
  }
  response.end(JSON.stringify({ version, first: readSync(weights, head, 0, 1, 0) }));
});
const listen = () => server.listen(Number(values.port), "127.0.0.1");
// It takes over from the one before: its weights are loaded while that one still serves.
server.on("error", () => setTimeout(listen, takeOverMilliseconds));
server.on("listening", () => process.stdout.write("up\n"));
listen();
process.once("SIGTERM", () => process.exit(0));
