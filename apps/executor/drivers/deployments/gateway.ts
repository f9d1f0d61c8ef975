/**
 * The driver of a value that a gateway keeps, such as which release a router sends requests to. It
 * is read by GET and set by a PUT of the whole document, signed with the executor's key; `If-Match`
 * refuses to write over what somebody else changed in between.
 */
import { randomBytes } from "node:crypto";
import { unreachable } from "@writ/core";
import type { DeploymentStep, HttpSystem } from "@writ/core/deployment";
import { type Driver, type Reading, unreadable } from "../driver.ts";
import { signedHeaders } from "./message-signature.ts";
import { type Answer, ask, expect, jsonOf, type Outside } from "./wire.ts";

export type GatewayStep = DeploymentStep & { readonly deployment: HttpSystem };

/** Whose hand a gateway knows. */
export type GatewayKey = {
  readonly id: string;
  readonly sign: (message: Uint8Array) => Promise<Uint8Array>;
};

const callMilliseconds = 30_000;

/** A gateway's values as deployments. `now` is in milliseconds. */
export function gatewayDriver(parts: {
  readonly key: GatewayKey;
  readonly now: () => number;
}): Driver<GatewayStep> {
  return {
    describe: (step) => describe(step),
    remember: async () => "",
    readState: async (step) => {
      try {
        return asReading(step, (await fetched(step.deployment)).value);
      } catch (error) {
        return unreadable(error);
      }
    },
    carryOut: async (step) => {
      const { value, document, etag } = await fetched(step.deployment);
      const { state, detail } = asReading(step, value);
      if (state === "after") return undefined;
      if (state !== "before") return detail;
      const { url, pointer } = step.deployment;
      const next = step.step === "switch-deployment" ? step.after : undefined;
      const body = Buffer.from(JSON.stringify(withValue(document, pointer, next)));
      const headers = await signedHeaders(
        {
          method: "PUT",
          url: new URL(url).href,
          headers: {
            "content-type": "application/json",
            ...(etag === undefined ? {} : { "if-match": etag }),
          },
          body,
        },
        {
          created: Math.floor(parts.now() / 1000),
          keyid: parts.key.id,
          nonce: randomBytes(16).toString("hex"),
          sign: parts.key.sign,
        },
      );
      const answer = await ask(url, {
        method: "PUT",
        headers,
        body,
        milliseconds: callMilliseconds,
      });
      if (answer.status === 412) return "somebody changed it in between; nothing was set";
      expect(answer, "PUT", 200, 201, 204);
      return undefined;
    },
  };
}

function describe(step: GatewayStep): string {
  const { url, pointer } = step.deployment;
  return step.step === "switch-deployment"
    ? `set ${pointer} at ${url} from ${step.before} to ${step.after}`
    : `take ${step.target} out of ${pointer} at ${url}`;
}

async function fetched({ url, pointer }: HttpSystem) {
  const headers = { accept: "application/json" };
  const answer: Answer = await ask(url, { method: "GET", headers, milliseconds: callMilliseconds });
  const document = jsonOf(expect(answer, "GET", 200));
  return { document, value: valueAt(document, pointer), etag: answer.headers.etag };
}

function asReading(step: GatewayStep, value: Outside): Reading {
  const detail = value === undefined ? "it is not set" : `it is ${JSON.stringify(value)}`;
  switch (step.step) {
    case "switch-deployment":
      if (value === step.after) return { state: "after", detail };
      return { state: value === step.before ? "before" : "neither", detail };
    case "stop-deployment":
    case "remove-deployment":
      if (value === undefined || value === null) return { state: "after", detail };
      return { state: value === step.target ? "before" : "neither", detail };
    case "restart-deployment":
    case "remove-stored":
      return { state: "unreadable", detail: "a gateway keeps nothing and runs nothing" };
    default:
      return unreachable(step);
  }
}

/** The names that a JSON Pointer leads through (RFC 6901 §4). */
function namesOf(pointer: string): readonly string[] {
  return pointer
    .slice(1)
    .split("/")
    .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The value at a pointer; `undefined` if there is none. */
export function valueAt(document: Outside, pointer: string): Outside {
  let at = document;
  for (const name of namesOf(pointer)) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as { readonly [name: string]: unknown })[name];
  }
  return at;
}

/** The document with another value at a pointer that leads to one; without it for `undefined`. */
export function withValue(document: Outside, pointer: string, value: unknown): Outside {
  const copy: Outside = structuredClone(document);
  const names = namesOf(pointer);
  let at = copy as { [name: string]: unknown };
  for (const name of names.slice(0, -1)) at = at[name] as { [name: string]: unknown };
  const last = names.at(-1)!;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy;
}
