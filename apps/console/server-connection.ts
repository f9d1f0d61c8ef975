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

/** Bytes of a path of this server. */
export async function ask(path: string): Promise<Uint8Array | Refused> {
  try {
    const response = await fetch(path, {
      redirect: "error",
      credentials: "same-origin",
      signal: AbortSignal.timeout(patienceMilliseconds),
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (bytes.length > answerBytesMax) return refused("oversized", path);
    if (response.ok) return bytes;
    return refused("unavailable", refusalText(bytes) ?? `${path}: status ${response.status}`);
  } catch {
    return refused("unavailable", "the server does not answer");
  }
}

/** JSON of a path; throws {@link Unanswered}, as queries want it. */
export async function told<T>(path: string): Promise<T> {
  const bytes = await ask(path);
  if (isRefused(bytes)) throw new Unanswered(bytes);
  return JSON.parse(new TextDecoder().decode(bytes)) as T;
}

function refusalText(bytes: Uint8Array): string | undefined {
  try {
    const { refused: code, detail } = JSON.parse(new TextDecoder().decode(bytes));
    return typeof code === "string" && typeof detail === "string" ? detail : undefined;
  } catch {
    return undefined;
  }
}
