/** PagerDuty Events API v2: a finding triggers an incident, its end or acceptance resolves it. */
import type { Refused } from "@writ/core";
import type { Notice } from "../notice.ts";
import { post } from "./post.ts";

const summaryLengthMax = 1024;
const severities = { critical: "critical", high: "error", medium: "warning", low: "info" } as const;
const begins: ReadonlySet<Notice["told"]> = new Set(["opened", "distrust", "test"]);

export async function sendPagerduty(
  channel: { readonly url: string; readonly key: string },
  notice: Notice,
): Promise<Refused | undefined> {
  const problem = await event(channel, notice, begins.has(notice.told) ? "trigger" : "resolve");
  // A test wakes somebody and is over: nobody has to close it.
  return problem === undefined && notice.told === "test"
    ? event(channel, notice, "resolve")
    : problem;
}

function event(
  { url, key }: { readonly url: string; readonly key: string },
  { about, title, lines, severity, time, finding }: Notice,
  action: "trigger" | "resolve",
): Promise<Refused | undefined> {
  const payload = {
    summary: title.slice(0, summaryLengthMax),
    source: finding?.host ?? "writ",
    severity: severities[severity],
    timestamp: new Date(time).toISOString(),
    ...(finding === undefined ? {} : { class: finding.rule, component: finding.where }),
    custom_details: { lines },
  };
  const body = JSON.stringify({
    routing_key: key,
    event_action: action,
    dedup_key: about,
    ...(action === "trigger" ? { payload, client: "Writ" } : {}),
  });
  return post(url, { body });
}
