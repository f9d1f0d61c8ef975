/** The server, asked: what it says is shown, and what can be checked is checked elsewhere. */
import { isRefused, type Refused, refused } from "@writ/core/encoding";
import type { Api, ApiRefused } from "@writ/node/api";

type Told<M extends keyof Api> = Api[M] extends (...words: never[]) => Promise<infer T>
  ? Exclude<T, ApiRefused | undefined>
  : never;
export type EstateGlance = Told<"estate">;
export type RegisterTold = Told<"register">;
export type FindingTold = Told<"findings">[number];
export type FindingSide = FindingTold["left"];
export type HostTold = Told<"hosts">[number];
export type WritSummary = Told<"writs">[number];
export type ProceedingTold = Told<"writ">;

/** An answer that was a refusal, or none at all. */
export class Unanswered extends Error {
  readonly refusal: Refused;
  constructor(refusal: Refused) {
    super(refusal.detail);
    this.refusal = refusal;
  }
}

/** A dead connection is noticed after so long. */
const patienceMilliseconds = 15_000;
/** Largest answer taken: a certificate of an estate of thousands of hosts. */
const answerBytesMax = 64 * 1024 * 1024;

/** Bytes of a path of this server; with a body, what it answers to that. */
export async function ask(path: string, body?: object): Promise<Uint8Array | Refused> {
  try {
    const response = await fetch(path, {
      redirect: "error",
      credentials: "same-origin",
      signal: AbortSignal.timeout(patienceMilliseconds),
      ...(body === undefined
        ? {}
        : {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify(body),
          }),
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (bytes.length > answerBytesMax) return refused("oversized", path);
    if (response.ok) return bytes;
    // Whatever the server says of itself is no proof that it lies: those are found here.
    return refused("unavailable", refusalText(bytes) ?? `${path}: status ${response.status}`);
  } catch {
    return refused("unavailable", "the server does not answer");
  }
}

/** JSON of a path, or the refusal. */
export async function asked<T>(path: string): Promise<T | Refused> {
  return jsonOf(await ask(path));
}

/** What the server answers to a body, as JSON, or its refusal. */
export async function posted<T>(path: string, body: object): Promise<T | Refused> {
  return jsonOf(await ask(path, body));
}

function jsonOf<T>(bytes: Uint8Array | Refused): T | Refused {
  return isRefused(bytes) ? bytes : (JSON.parse(new TextDecoder().decode(bytes)) as T);
}

/** JSON of a path; throws {@link Unanswered}, as queries want it. */
export async function told<T>(path: string): Promise<T> {
  const value = await asked<T>(path);
  if (isRefused(value)) throw new Unanswered(value as Refused);
  return value;
}

function refusalText(bytes: Uint8Array): string | undefined {
  try {
    const { refused: code, detail } = JSON.parse(new TextDecoder().decode(bytes));
    return typeof code === "string" && typeof detail === "string"
      ? `${detail} (${code})`
      : undefined;
  } catch {
    return undefined;
  }
}
