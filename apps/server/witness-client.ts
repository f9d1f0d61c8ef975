/** Asking one witness for its cosignature (c2sp.org/tlog-witness, add-checkpoint). */
import {
  concatBytes,
  fromUtf8,
  isRefused,
  type NoteSignature,
  parseDecimal,
  parseSignatureLines,
  type Refused,
  refused,
  toBase64,
  toUtf8,
} from "@writ/core";
import type { JournalTree } from "@writ/node";

/** A witness syncs one row to its disk; one that takes longer than this is down, for this round. */
const askMillisecondsMax = 5_000;
/** A few signature lines. */
const answerBytesMax = 64 * 1024;

export type WitnessClient = {
  readonly url: string;
  /** Cosignature lines of the checkpoint, not yet verified. */
  cosign(checkpoint: SignedCheckpoint): Promise<readonly NoteSignature[] | Refused>;
};

export type SignedCheckpoint = { readonly size: number; readonly note: Uint8Array };

/** A client of the witness whose submission prefix is `url`. It remembers what that has seen. */
export function witnessClient(url: string, tree: JournalTree): WitnessClient {
  const address = new URL("add-checkpoint", url.endsWith("/") ? url : `${url}/`);
  let seen = 0;
  let busy = false;

  async function ask({ size, note }: SignedCheckpoint, old: number): Promise<Answer | Refused> {
    const proof = old === 0 ? [] : await tree.consistencyProof(old, size);
    if (isRefused(proof)) return proof;
    const lines = [`old ${old}`, ...proof.map(toBase64), "", ""].join("\n");
    try {
      const response = await fetch(address, {
        method: "POST",
        body: new Uint8Array(concatBytes(toUtf8(lines), note)),
        signal: AbortSignal.timeout(askMillisecondsMax),
        redirect: "error",
      });
      const text = await readText(response);
      if (text === undefined) return refused("malformed", `the answer of ${url} is no short text`);
      return { status: response.status, type: response.headers.get("content-type") ?? "", text };
    } catch (error) {
      return refused("unavailable", `${url} does not answer: ${reasonOf(error)}`);
    }
  }

  async function cosign(checkpoint: SignedCheckpoint): Promise<readonly NoteSignature[] | Refused> {
    let answer = await ask(checkpoint, seen);
    const known = isRefused(answer) ? undefined : latestOf(answer);
    if (known !== undefined) {
      seen = known;
      // It has cosigned more than this journal holds: history went back, or forked, under us.
      if (known > checkpoint.size) {
        return refused("rollback-of-history", `${url} has seen ${known} entries of this journal`);
      }
      answer = await ask(checkpoint, known);
    }
    if (isRefused(answer)) return answer;
    if (answer.status !== 200) {
      const code = answer.status === 422 ? "fork" : "not-cosigned";
      const said = answer.text.slice(0, 200).trim();
      return refused(code, `${url} answers ${answer.status}: ${JSON.stringify(said)}`);
    }
    const signatures = parseSignatureLines(answer.text);
    if (!isRefused(signatures)) seen = checkpoint.size;
    return signatures;
  }

  return {
    url,
    cosign: async (checkpoint) => {
      // One that hangs is asked once, not again each round: its answers would come all at once.
      if (busy) return refused("unavailable", `${url} has not answered the last checkpoint yet`);
      busy = true;
      try {
        return await cosign(checkpoint);
      } finally {
        busy = false;
      }
    },
  };
}

type Answer = { readonly status: number; readonly type: string; readonly text: string };

/** The size that a conflicting witness has seen. */
function latestOf({ status, type, text }: Answer): number | undefined {
  if (status !== 409 || !type.startsWith("text/x.tlog.size")) return undefined;
  return parseDecimal(text.trimEnd());
}

async function readText(response: Response): Promise<string | undefined> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > answerBytesMax) return undefined;
    parts.push(part);
  }
  return fromUtf8(concatBytes(...parts));
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return error.cause instanceof Error ? error.cause.message : error.message;
}
