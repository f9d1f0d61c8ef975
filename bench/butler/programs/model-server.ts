/**
 * A model server of the suite's hosts, as small as one can be: it opens its weights and keeps them
 * open, listens, and says a version, which nobody has to believe.
 * `node model-server.ts --model FILE --port N [--version V]`
 */
import { openSync, readSync } from "node:fs";
import { createServer } from "node:http";
import { parseArgs } from "node:util";

const text = { type: "string" } as const;
const { values } = parseArgs({ options: { model: text, port: text, version: text } });
const weights = openSync(values.model ?? "", "r");
const head = Buffer.alloc(64);
readSync(weights, head, 0, head.length, 0);
const server = createServer((_request, response) => {
  const version = values.version ?? "unsaid";
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ version, first: readSync(weights, head, 0, 1, 0) }));
});
server.listen(Number(values.port), "127.0.0.1", () => process.stdout.write("up\n"));
process.once("SIGTERM", () => process.exit(0));
