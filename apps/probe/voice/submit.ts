/**
 * The way to the journal: HTTP to one server, which may be away, slow or hostile. What it says
 * decides nothing here but what else to look at, and whether an entry need be sent again.
 */
import {
  type Assignment,
  assignmentShape,
  type Digest,
  isDigest,
  isRefused,
  type JsonObject,
  type RefusalCode,
  type Refused,
  refused,
} from "@writ/core";
import type { Head, Sealed } from "./spool.ts";

/** Largest answer taken: an assignment that names a million artefacts. */
const answerBytesMax = 256 * 1024 * 1024;
/** A census of a million files takes this long on a slow line; a dead server is noticed. */
const requestMillisecondsMax = 120_000;

export type Since = { readonly size: number; readonly root: string };
export type Assigned = { readonly assignment: Assignment; readonly tag: string };

/** How an entry fared. `away`: no word on it, so the same bytes must be sent again. */
export type Sent =
  | { readonly sent: "admitted" }
  | { readonly sent: "away"; readonly why: string }
  | { readonly sent: "refused"; readonly refused: Refused };

export type Desk = {
  submit(sealed: Sealed): Promise<Sent>;
  head(key: string): Promise<Head | Refused>;
  witnessed(): Promise<Since | Refused>;
  estate(): Promise<Digest | Refused>;
  /** The newest assignment; with `wait`, `undefined` if `tag` is still the newest after so long. */
  assignment(
    host: string,
    wait?: { readonly seconds: number; readonly tag: string; readonly signal: AbortSignal },
  ): Promise<Assigned | undefined | Refused>;
};

/** The server at a URL, as the probe sees it. No call rejects. */
export function openDesk(server: URL): Desk {
  const get = (path: string, signal?: AbortSignal) => ask(new URL(path, server), { signal });
  return {
    async submit({ entry, blobs }) {
      const body = JSON.stringify({ entry: base64(entry), blobs: blobs.map(base64) });
      const answer = await ask(new URL("/api/entries", server), { body });
      if (isRefused(answer)) return { sent: "away", why: answer.detail };
      if (answer.status === 200) return { sent: "admitted" };
      return outcomeOf(answer);
    },
    async head(key) {
      const answer = await get(`/api/keys/${key}/head`);
      const json = jsonOf(answer);
      if (isRefused(json)) return json;
      const { sequence, digest } = json;
      if (!Number.isSafeInteger(sequence)) return refused("malformed", "the head has no sequence");
      return { sequence: Number(sequence), previous: isDigest(digest) ? digest : undefined };
    },
    async witnessed() {
      const json = jsonOf(await get("/api/witnessed"));
      if (isRefused(json)) return json;
      const { size, root } = json;
      return Number.isSafeInteger(size) && /^[0-9a-f]{64}$/.test(String(root))
        ? { size: Number(size), root: String(root) }
        : refused("malformed", "the witnessed state is not as agreed");
    },
    async estate() {
      const json = jsonOf(await get("/api/estate"));
      if (isRefused(json)) return json;
      return isDigest(json.estate) ? json.estate : refused("no-trust-root", "no estate yet");
    },
    async assignment(host, wait) {
      const query =
        wait === undefined ? "" : `?wait=${wait.seconds}&after=${encodeURIComponent(wait.tag)}`;
      const answer = await get(
        `/api/assignments/${encodeURIComponent(host)}${query}`,
        wait?.signal,
      );
      if (!isRefused(answer) && answer.status === 304) return undefined;
      const json = jsonOf(answer);
      if (isRefused(json)) return json;
      const assignment = assignmentShape(json, "assignment");
      if (isRefused(assignment)) return assignment;
      if (assignment.host !== host) return refused("malformed", "another host's assignment");
      return { assignment, tag: isRefused(answer) ? "" : answer.tag };
    },
  };
}

type Answer = { readonly status: number; readonly bytes: Buffer; readonly tag: string };

async function ask(
  url: URL,
  { body, signal }: { readonly body?: string; readonly signal?: AbortSignal | undefined },
): Promise<Answer | Refused> {
  const timeout = AbortSignal.timeout(requestMillisecondsMax);
  try {
    const response = await fetch(url, {
      method: body === undefined ? "GET" : "POST",
      ...(body === undefined ? {} : { body }),
      headers: body === undefined ? {} : { "content-type": "application/json" },
      signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
      // A redirect would carry what the probe saw to somebody else.
      redirect: "error",
    });
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of response.body ?? []) {
      size += part.length;
      if (size > answerBytesMax) return refused("oversized", `over ${answerBytesMax} bytes`);
      parts.push(part);
    }
    const tag = response.headers.get("etag") ?? "";
    return { status: response.status, bytes: Buffer.concat(parts), tag };
  } catch (error) {
    const { cause } = error as { cause?: { code?: string } };
    return refused("unavailable", `no answer: ${cause?.code ?? (error as Error).name}`);
  }
}

function jsonOf(answer: Answer | Refused): JsonObject | Refused {
  if (isRefused(answer)) return answer;
  const json = parsed(answer.bytes);
  if (json === undefined) return refused("malformed", `status ${answer.status} without JSON`);
  return answer.status === 200 ? json : refusalIn(answer.status, json);
}

function parsed(bytes: Buffer): JsonObject | undefined {
  try {
    const json: unknown = JSON.parse(bytes.toString("utf8"));
    return typeof json === "object" && json !== null ? (json as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

function refusalIn(status: number, json: JsonObject): Refused {
  const code = typeof json.refused === "string" ? json.refused : "unavailable";
  const detail = typeof json.detail === "string" ? json.detail : `status ${status}`;
  return refused(code as RefusalCode, detail.slice(0, 1000));
}

/**
 * Only a refusal in the agreed form is a refusal: whatever stands between may answer 404 or 500,
 * and a look must not be lost to a proxy's error page.
 */
function outcomeOf({ status, bytes }: Answer): Sent {
  const json = parsed(bytes);
  const told = status >= 400 && status < 500 && typeof json?.refused === "string";
  if (json === undefined || !told) return { sent: "away", why: `status ${status}` };
  return { sent: "refused", refused: refusalIn(status, json) };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
}
