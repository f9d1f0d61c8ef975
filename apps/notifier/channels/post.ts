/** Posts to a receiver: any answer but a 2xx is tried again later, under the same id. */
import { type Refused, refused } from "@writ/core";

/** A receiver that takes longer is as one that is away. */
const milliseconds = 15_000;

export async function post(
  url: string,
  { body, headers = {} }: { readonly body: string; readonly headers?: Record<string, string> },
): Promise<Refused | undefined> {
  try {
    const response = await fetch(url, {
      method: "POST",
      body,
      headers: { "content-type": "application/json", "user-agent": "writ-notifier", ...headers },
      // A receiver that sends us elsewhere would have us hand what we tell to strangers.
      redirect: "error",
      signal: AbortSignal.timeout(milliseconds),
    });
    await response.body?.cancel();
    return response.ok ? undefined : refused("unavailable", `it answered ${response.status}`);
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    // The address itself can be a secret (Slack's is): it is not told.
    return refused("unavailable", (cause as Error).message.replaceAll(url, "it"));
  }
}
