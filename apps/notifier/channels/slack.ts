/** Incoming webhooks as Slack, Mattermost and others take them. */
import type { Refused } from "@writ/core";
import { type Notice, textOf } from "../notice.ts";
import { post } from "./post.ts";

/** Slack cuts longer texts. */
const textLengthMax = 39_000;

export function sendSlack(
  { url }: { readonly url: string },
  notices: readonly Notice[],
): Promise<Refused | undefined> {
  const [only, second] = notices;
  const head = second === undefined ? "" : `${notices.length} notices of the quiet hours\n`;
  const text = `${head}${notices.map(textOf).join("\n")}`.slice(0, textLengthMax);
  // Its three control characters: a path from the estate must not become a link or call a channel.
  const plain = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return post(url, { body: JSON.stringify({ text: only === undefined ? "" : plain }) });
}
