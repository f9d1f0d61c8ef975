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
  type RegisterDocument,
  type TrustRootDocument,
  toUtf8,
} from "@writ/core";
import { censusOf, chatbotRegister, type Look } from "../../../packages/core/testing/chatbot.ts";
import { Rig } from "../../server/testing/rig.ts";

/** So many fit into an entry of 65,535 bytes. */
const documentsPerEntry = 150;

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

  /** Registers that many more places of other components, of two releases each, on many hosts. */
  async grows(places: number, components = 40): Promise<void> {
    const documents: RegisterDocument[] = [];
    for (let at = 0; at < components; at += 1) {
      const component = `service-${String(at).padStart(2, "0")}`;
      documents.push(
        { document: "component", component, kind: "model", owner: `team ${at % 7}` },
        ...["1.0", "1.1"].map((release): RegisterDocument => {
          const artefacts = [{ name: "m", digest: digestOf(toUtf8(component + release)), size: 9 }];
          return { document: "release", component, release, artefacts, lifecycle: "active" };
        }),
      );
    }
    for (let at = 0; at < places; at += 1) {
      // Squares make some components a hundred times as large as others, as in life.
      const of = Math.floor(components * ((at * 0.618_034) % 1) ** 2);
      documents.push({
        ...{ document: "file", placement: `place-${at}`, host: `host-${at % 500}` },
        ...{ path: `/srv/models/${at}/m`, component: `service-${String(of).padStart(2, "0")}` },
        ...{ release: at % 3 === 0 ? "1.0" : "1.1", artefact: "m" },
      });
    }
    const hosts = [...new Set(documents.flatMap((one) => ("host" in one ? [one.host] : [])))];
    documents.unshift(
      ...hosts.map(
        (host): RegisterDocument => ({ document: "host", host, owner: "ops", blindSpots: [] }),
      ),
    );
    for (let at = 0; at < documents.length; at += documentsPerEntry) {
      const set = documents.slice(at, at + documentsPerEntry);
      await this.rig.say("ada", { kind: "register", set, remove: [] });
    }
  }

  /** A next version of the trust root, signed by ada and ben with the keys of the first. */
  async amends(changes: Partial<TrustRootDocument>): Promise<void> {
    const { document, digest } = must(await this.rig.api.trustRoot());
    const next = { ...document, number: document.number + 1, previous: digest, ...changes };
    const { index } = must(await this.rig.api.submit(this.rig.rootBytes(next, this.rig.estate)));
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
    await this.executes(writ, look);
  }

  /** The executor carries it out, the butler says that it is done, and a look sees what is. */
  async executes(writ: Digest, look: Look): Promise<void> {
    let last = 0;
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
