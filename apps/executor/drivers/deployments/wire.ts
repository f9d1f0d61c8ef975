/**
 * Requests to what drives a deployment, over HTTP or a local socket. What answers may be hostile:
 * its words are bounded in length and time, and never more than a reading.
 */
import { type IncomingMessage, request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";

/** A list of ten thousand containers or models takes about 10 MB. */
const answerBytesMax = 32 * 1024 * 1024;

export type Ask = {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly headers?: { readonly [name: string]: string };
  readonly body?: Uint8Array;
  /** A server that starts or stops a model may take long; one that says nothing may not. */
  readonly milliseconds: number;
};

export type Answer = {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
};

/** Asks at an address; with `socket`, through it. Rejects if nothing answers whole and in time. */
export function ask(url: string, { socket, ...given }: Ask & { readonly socket?: string }) {
  return new Promise<Answer>((resolve, reject) => {
    const send = url.startsWith("https:") ? secureRequest : plainRequest;
    const { method, headers = {}, body, milliseconds } = given;
    const signal = AbortSignal.timeout(milliseconds);
    // Node sends no length with a DELETE by itself, and a body without one is none.
    const length = body === undefined ? {} : { "content-length": String(body.length) };
    const all = { ...headers, ...length };
    const options = { method, headers: all, signal, agent: false as const };
    const asked = send(url, socket === undefined ? options : { ...options, socketPath: socket });
    asked.on("error", (error) => {
      reject(signal.aborted ? new Error(`no answer within ${milliseconds} ms`) : error);
    });
    asked.on("response", (response) => {
      const parts: Buffer[] = [];
      let length = 0;
      response.on("data", (part: Buffer) => {
        length += part.length;
        if (length > answerBytesMax) asked.destroy(new Error("the answer is too long"));
        else parts.push(part);
      });
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(parts).toString("utf8");
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    asked.end(body);
  });
}

/** A JSON value from outside, to be gone into member by member. */
export type Outside = unknown;

/** The JSON of an answer; rejects what is none. */
export function jsonOf({ status, text }: Answer): Outside {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`an answer (${status}) that is not JSON`);
  }
}

/** A member of an object from outside; `undefined` if it is none of its own. */
export function member(value: Outside, ...path: readonly string[]): Outside {
  let at = value;
  for (const name of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as { readonly [name: string]: unknown })[name];
  }
  return at;
}

/** A list from outside, or an empty one. */
export function rows(value: Outside): readonly Outside[] {
  return Array.isArray(value) ? value : [];
}

/** A text from outside, or an empty one. */
export function words(value: Outside): string {
  return typeof value === "string" ? value : "";
}

/** Throws in words if the answer is not one of these; its text is cut, for it is from outside. */
export function expect(answer: Answer, what: string, ...statuses: readonly number[]): Answer {
  if (statuses.includes(answer.status)) return answer;
  throw new Error(`${what}: answered ${answer.status} ${answer.text.slice(0, 200)}`);
}
