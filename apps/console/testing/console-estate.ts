/** A real server and real witnesses, with an estate of which every page has something to show. */
import {
  type Census,
  type Digest,
  digestOf,
  encodeCanonical,
  fromBase64,
  isRefused,
  type JsonObject,
  type Refused,
} from "@writ/core";
import { censusOf, chatbotRegister, type Look } from "../../../packages/core/testing/chatbot.ts";
import { Rig } from "../../server/testing/rig.ts";

export class ConsoleEstate {
  readonly rig: Rig;

  constructor(rig: Rig) {
    this.rig = rig;
  }

  static async open(): Promise<ConsoleEstate> {
    return new ConsoleEstate(await Rig.open({ witnesses: 2, threshold: 2 }));
  }

  get url(): string {
    return this.rig.url;
  }

  /** Founds it and registers the chatbot on a host. */
  async registered(host = "h1"): Promise<void> {
    await this.rig.found();
    const index = await this.rig.say("ada", {
      kind: "register",
      set: [...chatbotRegister(host)],
      remove: [],
    });
    await this.rig.witnessed(index);
  }

  /** A look of the host's probe, fresh against what is witnessed. */
  async looks(host: string, look: Look = {}): Promise<number> {
    const { size, root } = must(await this.rig.api.witnessed());
    const census: Census = censusOf(host, look);
    const bytes = encodeCanonical(census as unknown as JsonObject);
    const index = await this.rig.say(
      `probe-${host}`,
      { kind: "census", host, census: digestOf(bytes), since: { size, root } },
      [bytes],
    );
    await this.rig.witnessed(index);
    return index;
  }

  /** A writ to roll back, proposed by ada. */
  async proposes(): Promise<Digest> {
    const draft = must(
      await this.rig.api.draft({
        action: "rollback",
        component: "chatbot",
        from: "4.2",
        to: "3.8",
        reason: "a bias was found in audit",
        proposer: "ada",
        expiresInSeconds: 3600,
      }),
    );
    const bytes = fromBase64(draft.writ)!;
    const index = await this.rig.say("ada", { kind: "proposal", writ: draft.digest }, [bytes]);
    await this.rig.witnessed(index);
    return draft.digest;
  }

  /** Ben and cleo approve; the executor carries it out; a look sees it. */
  async carriesOut(writ: Digest, look: Look): Promise<void> {
    await this.rig.say("ben", { kind: "decision", writ, decision: "approve" });
    const quorum = await this.rig.say("cleo", { kind: "decision", writ, decision: "approve" });
    await this.rig.witnessed(quorum);
    let last = quorum;
    for (const step of [0, 1]) {
      await this.rig.say("executor-h1", { kind: "execution", writ, step, phase: "intent" });
      last = await this.rig.say("executor-h1", { kind: "execution", writ, step, phase: "done" });
    }
    await this.rig.say("butler", { kind: "claim", says: "completed", writ });
    await this.rig.witnessed(last);
    await this.looks("h1", look);
  }

  close(): Promise<void> {
    return this.rig.close();
  }
}

export function must<T>(value: T | Refused): Exclude<T, Refused> {
  if (isRefused(value)) throw new Error(`${value.refused}: ${value.detail}`);
  return value as Exclude<T, Refused>;
}
