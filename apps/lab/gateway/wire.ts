/**
 * Vendors' wire formats, as much of them as a harness needs: reading a request for what a scripted
 * subject decides by, and writing its answer. One conversation, four spellings.
 */
export type Asked = {
  /** What the harness and the lab told the model; a harness may put its own words around ours. */
  readonly user: string;
  readonly tools: readonly string[];
  /** What shell commands printed, in order. */
  readonly outputs: readonly string[];
  /** What the model said before, turn by turn. */
  readonly said: readonly string[];
};

export type Answer = {
  readonly say: string;
  readonly call: { readonly name: string; readonly input: object } | null;
  /** A number that is this answer's own in its conversation. */
  readonly at: number;
};

export type Written = { readonly contentType: string; readonly body: string };

export type Wire = {
  readonly isAsk: (url: string) => boolean;
  readonly read: (body: unknown) => Asked;
  readonly write: (answer: Answer, of: { readonly isStream: boolean }) => Written;
  readonly isStream: (body: unknown, url: string) => boolean;
};

/** Server-sent events (WHATWG HTML 9.2), named where the vendor names them. */
export function events(
  list: readonly (object | string)[],
  nameOf?: (event: object) => string,
): Written {
  const body = list
    .map((event) => {
      if (typeof event === "string") return `data: ${event}\n\n`;
      const name = nameOf === undefined ? "" : `event: ${nameOf(event)}\n`;
      return `${name}data: ${JSON.stringify(event)}\n\n`;
    })
    .join("");
  return { contentType: "text/event-stream", body };
}

export function json(value: object): Written {
  return { contentType: "application/json", body: JSON.stringify(value) };
}

export type Loose = { readonly [key: string]: unknown };

/** A list of objects; anything else is empty. Requests are read loosely: the harness is real. */
export function listOf(value: unknown): readonly Loose[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "object" && one !== null) : [];
}

/** Text in a string or in a list of parts with `text`. */
export function textIn(value: unknown): string {
  if (typeof value === "string") return value;
  return listOf(value)
    .map(({ text, content }) => (typeof text === "string" ? text : textIn(content)))
    .join("\n");
}
