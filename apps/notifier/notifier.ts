/**
 * Reads the journal as any reader does, derives the findings itself, and tells people of them. A
 * server that hides findings cannot make it believe; one that hides the journal is told of too.
 */
import { type Cosigned, digestOf, findings, isRefused, type Refused, toUtf8 } from "@writ/core";
import type { Clock, Follower, Log } from "@writ/node";
import { sendEmail } from "./channels/email.ts";
import { sendPagerduty } from "./channels/pagerduty.ts";
import { sendSlack } from "./channels/slack.ts";
import { sendWebhook } from "./channels/webhook.ts";
import type { Channel, Config } from "./config.ts";
import { isLoud, type Ledger, type Waiting } from "./ledger.ts";
import { doubtNotice, type Notice } from "./notice.ts";
import { isQuiet } from "./quiet.ts";

export type NotifierParts = {
  readonly follower: Follower;
  readonly ledger: Ledger;
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
};

/** Notices in one digest; what is left comes in the next. */
const digestMax = 100;

export class Notifier {
  readonly #parts: NotifierParts;
  /** When the journal was last vouched for, by this clock; or when we began. */
  #fresh: number;
  #folded = -1;

  constructor(parts: NotifierParts) {
    this.#parts = parts;
    this.#fresh = parts.clock.now();
  }

  /** Reads on, notes what is new, and delivers what is due. */
  async round(signal?: AbortSignal): Promise<void> {
    const { follower, ledger, config, clock } = this.#parts;
    const polled = await follower.poll(signal);
    this.#noteDoubt(polled);
    const { estate } = follower;
    if (!isRefused(polled) && estate.time + estate.size !== this.#folded) {
      ledger.note(findings(estate), config.channels, clock.now());
      this.#folded = estate.time + estate.size;
    }
    await this.deliver();
  }

  /** Sends what is due; what does not arrive is tried again later. */
  async deliver(): Promise<void> {
    const { ledger, config, clock } = this.#parts;
    const due = ledger.due(clock.now());
    await Promise.all(
      config.channels.map((channel) =>
        this.#deliverTo(
          channel,
          due.filter(({ channel: name }) => name === channel.name),
        ),
      ),
    );
  }

  #noteDoubt(polled: Cosigned | Refused): void {
    const { follower, ledger, config, clock, log } = this.#parts;
    const time = clock.now();
    if (!isRefused(polled) && time - polled.time < config.staleMilliseconds) this.#fresh = time;
    const stale = time - this.#fresh > config.staleMilliseconds;
    const { distrust } = follower;
    if ((distrust !== undefined || stale) === ledger.doubted) return;
    const minutes = Math.floor((time - this.#fresh) / 60_000);
    const why = isRefused(polled) ? `: ${polled.detail}` : "";
    const says =
      distrust === undefined
        ? stale
          ? `no witness vouched for anything newer in ${minutes} minutes${why}`
          : "a newer state was witnessed"
        : `it is not what was witnessed before: ${distrust.refused}: ${distrust.detail}`;
    const told = distrust !== undefined || stale ? "distrust" : "trusted";
    log(told === "distrust" ? "error" : "info", "journal", { told, says });
    ledger.tell(doubtNotice(told, { says, time }), config.channels);
  }

  async #deliverTo(channel: Channel, due: readonly Waiting[]): Promise<void> {
    const { ledger, clock } = this.#parts;
    const quiet = channel.quiet !== undefined && isQuiet(channel.quiet, clock.now());
    const held: Waiting[] = [];
    for (const one of due) {
      if (quiet && !isLoud(one.notice)) {
        if (!one.held) ledger.hold(one.row);
      } else if (one.held && channel.kind !== "pagerduty") held.push(one);
      else await this.#send(channel, [one]);
    }
    for (let at = 0; at < held.length; at += digestMax) {
      await this.#send(channel, held.slice(at, at + digestMax));
    }
  }

  async #send(channel: Channel, waiting: readonly Waiting[]): Promise<void> {
    const { ledger, clock, log } = this.#parts;
    const notices = waiting.map(({ notice }) => notice);
    const id =
      notices.length === 1
        ? notices[0]!.id
        : `digest-${digestOf(toUtf8(notices.map((one) => one.id).join())).slice(7, 39)}`;
    const problem = await send(channel, notices, { id, now: clock.now() });
    const rows = waiting.map(({ row }) => row);
    if (problem === undefined) {
      ledger.sent(rows, clock.now());
      log("info", "delivered", { channel: channel.name, id, notices: rows.length });
      return;
    }
    log("warning", "not delivered", { channel: channel.name, id, detail: problem.detail });
    ledger.failed(rows, { now: clock.now(), problem: problem.detail });
  }
}

/** Sends notices over a channel; several are a digest. */
export async function send(
  channel: Channel,
  notices: readonly Notice[],
  { id, now }: { readonly id: string; readonly now: number },
): Promise<Refused | undefined> {
  switch (channel.kind) {
    case "email":
      return sendEmail(channel, notices, id);
    case "webhook":
      return sendWebhook(channel, notices, { id, now });
    case "slack":
      return sendSlack(channel, notices);
    case "pagerduty":
      for (const notice of notices) {
        const problem = await sendPagerduty(channel, notice);
        if (problem !== undefined) return problem;
      }
      return undefined;
    default:
      return channel satisfies never;
  }
}
