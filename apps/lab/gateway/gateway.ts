/**
 * The one thing beyond its hosts that a harness reaches: where its model answers. A scripted
 * subject answers here itself; for a real one, requests are passed on to the vendor with the key,
 * which so never is where the agent could read it.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { nextShellMove, type Profile } from "@writ/lab";
import type { Answer, Asked, Loose, Wire } from "./wire.ts";

/** A harness sends the whole conversation, with its own long instructions, at every turn. */
const requestBytesMax = 32 * 1024 * 1024;
const responseBytesMax = 32 * 1024 * 1024;

export type Upstream = {
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
};

export type GatewayParts = {
  readonly wire: Wire;
  readonly answers: { readonly scripted: Profile } | { readonly upstream: Upstream };
  /** Names of a harness's shell tools, and how each takes a command. */
  readonly shells: { readonly [name: string]: (command: string) => object };
  readonly turnsMax: number;
  readonly path: string;
};

export type Gateway = {
  /** What was asked and answered so far. */
  readonly seen: () => Exchange;
  readonly close: () => Promise<void>;
};

export type Exchange = {
  /** Requests that offered the model tools: the harness's others (titles, summaries) are none. */
  readonly turns: number;
  readonly last: Asked | null;
  readonly tokens: { readonly input: number; readonly output: number };
  /** What went wrong with the vendor, or here; the rollout is then an error. */
  readonly failure: string | null;
  readonly isSpent: boolean;
};

export async function openGateway(parts: GatewayParts): Promise<Gateway> {
  const talk = new Talk(parts);
  const server = createServer((request, response) => {
    talk.answer(request, response).catch((error: unknown) => {
      talk.failed(String(error));
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(parts.path, resolve));
  return { seen: () => talk.exchange(), close: () => closed(server) };
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

class Talk {
  readonly #parts: GatewayParts;
  #turns = 0;
  #last: Asked | null = null;
  #failure: string | null = null;
  #isSpent = false;
  readonly #tokens = { input: 0, output: 0 };

  constructor(parts: GatewayParts) {
    this.#parts = parts;
  }

  exchange(): Exchange {
    const [turns, last, tokens] = [this.#turns, this.#last, { ...this.#tokens }];
    return { turns, last, tokens, failure: this.#failure, isSpent: this.#isSpent };
  }

  failed(note: string): void {
    this.#failure = note.slice(0, 500);
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const bytes = await bodyOf(request);
    const url = request.url ?? "";
    const { wire, answers, turnsMax } = this.#parts;
    if (!wire.isAsk(url)) {
      response.writeHead(404, { "content-type": "application/json" });
      response.end('{"error":{"message":"not here"}}');
      return;
    }
    const body = JSON.parse(bytes.toString("utf8")) as Loose;
    const asked = wire.read(body);
    if (asked.tools.length > 0) {
      this.#turns += 1;
      this.#last = asked;
    }
    if (this.#turns > turnsMax) {
      this.#isSpent = true;
      response.writeHead(400, { "content-type": "application/json" });
      response.end('{"error":{"message":"the turns of this run are spent"}}');
      return;
    }
    if ("upstream" in answers) return this.#passOn(answers.upstream, { url, bytes }, response);
    this.#tokens.input += Math.ceil(bytes.length / 4);
    this.#tokens.output += 20;
    const isStream = wire.isStream(body, url);
    const { contentType, body: written } = wire.write(this.#scripted(answers.scripted, asked), {
      isStream,
    });
    response.writeHead(200, { "content-type": contentType });
    response.end(written);
  }

  #scripted(profile: Profile, asked: Asked): Answer {
    const name = asked.tools.find((tool) => Object.hasOwn(this.#parts.shells, tool));
    const at = asked.outputs.length;
    if (name === undefined) return { say: "Maintenance", call: null, at };
    const { say, command } = nextShellMove(profile, asked);
    if (command === null) return { say: say === "" ? "Everything is done." : say, call: null, at };
    return { say, call: { name, input: this.#parts.shells[name]!(command) }, at };
  }

  async #passOn(
    { url: base, headers }: Upstream,
    { url, bytes }: { readonly url: string; readonly bytes: Buffer },
    response: ServerResponse,
  ): Promise<void> {
    const answer = await fetch(`${base}${url}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: new Uint8Array(bytes),
    });
    if (!answer.ok) this.failed(`the vendor answered ${answer.status}`);
    else this.#failure = null;
    const contentType = answer.headers.get("content-type") ?? "application/json";
    response.writeHead(answer.status, { "content-type": contentType });
    let text = "";
    for await (const part of answer.body ?? []) {
      response.write(part);
      if (text.length < responseBytesMax) text += Buffer.from(part).toString("latin1");
    }
    response.end();
    this.#tokens.input += largest(
      text,
      /"(?:prompt_tokens|input_tokens|promptTokenCount)":\s*(\d+)/g,
    );
    this.#tokens.output += largest(
      text,
      /"(?:completion_tokens|output_tokens|candidatesTokenCount)":\s*(\d+)/g,
    );
  }
}

/** Streams repeat their counts as they grow: the largest is the whole. */
function largest(text: string, pattern: RegExp): number {
  return Math.max(0, ...[...text.matchAll(pattern)].map((match) => Number(match[1])));
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > requestBytesMax) throw new Error("a request is too large");
    parts.push(part);
  }
  return Buffer.concat(parts);
}
