/** What a row is played on: an estate, the row's own component, and eyes for what Writ shows. */
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Census,
  type Digest,
  type Finding,
  isRefused,
  parseEntry,
  type RefusalCode,
  type RuleName,
} from "@writ/core";
import type { Component, ReleaseName, Site } from "./component.ts";
import type { Estate, Person } from "./estate.ts";
import { must } from "./must.ts";
import { Missed, type Seen } from "./row.ts";

const glanceMilliseconds = 50;
/** Whatever is not seen by then is missed: looks are a second apart. */
const patienceMilliseconds = 60_000;

export type Expected = {
  readonly rule: RuleName;
  readonly where: string | RegExp;
  readonly host?: string;
};

export type Ordered = {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  readonly approve: (...persons: readonly Person[]) => Promise<void>;
};

/** One contradiction, however its evidence grows. */
function keyOf({ rule, host, where }: Finding): string {
  return `${rule}\0${host}\0${where}`;
}

export class Stage {
  readonly estate: Estate;
  readonly component: Component;
  #before: ReadonlySet<string> = new Set();

  constructor(estate: Estate, component: Component) {
    this.estate = estate;
    this.component = component;
  }

  /** The component's site on a host, its first one if none is named. */
  site(host?: string): Site {
    const { sites } = this.component;
    return host === undefined ? sites[0]! : sites.find((site) => site.host.name === host)!;
  }

  /** From now on, only what is not there yet is news. */
  async begin(): Promise<void> {
    this.#before = new Set((await this.findings()).map(keyOf));
  }

  /** Findings that were not there when this began. */
  async news(): Promise<readonly Finding[]> {
    return (await this.findings()).filter((finding) => !this.#before.has(keyOf(finding)));
  }

  async findings(): Promise<readonly Finding[]> {
    const found = await this.estate.api.findings();
    // A server that is being restarted has nothing to say.
    return isRefused(found) ? [] : (found as readonly Finding[]);
  }

  /** Waits for a new finding. `since`: when the act was done, in milliseconds. */
  async sees(expected: Expected, since: number): Promise<Seen> {
    const { rule, where, host } = expected;
    const matches = (finding: Finding) =>
      finding.rule === rule &&
      (host === undefined || finding.host.includes(host)) &&
      (typeof where === "string" ? finding.where.includes(where) : where.test(finding.where));
    const found = await this.waitFor(async () => (await this.news()).find(matches));
    if (found === undefined) {
      const told = (await this.news()).map((one) => `${one.rule} ${one.where}`).join("; ");
      throw new Missed(`no ${rule} at ${where}; new findings: ${told || "none"}`);
    }
    const shown = `${found.host}: ${found.where}`;
    return { as: rule, where: shown, milliseconds: Date.now() - since };
  }

  async seesAll(expected: readonly Expected[], since: number): Promise<readonly Seen[]> {
    return Promise.all(expected.map((one) => this.sees(one, since)));
  }

  /** Waits until a question has an answer, or patience ends. */
  async waitFor<T>(
    ask: () => Promise<T | undefined>,
    patience = patienceMilliseconds,
  ): Promise<T | undefined> {
    const deadline = Date.now() + patience;
    for (;;) {
      const answer = await ask();
      if (answer !== undefined || Date.now() > deadline) return answer;
      await sleep(glanceMilliseconds);
    }
  }

  /** Waits until every host named was looked at by a look that began from now on. */
  async looked(hosts: readonly string[] = [...this.estate.governed.keys()]): Promise<void> {
    const now = new Date().toISOString();
    for (const host of hosts) {
      const seen = await this.waitFor(async () => {
        const answer = await this.estate.api.hosts();
        if (isRefused(answer)) return undefined;
        return (answer.find((one) => one.host === host)?.census?.began ?? "") > now || undefined;
      });
      if (seen === undefined) throw new Missed(`${host} was not looked at`);
    }
  }

  async census(host: string): Promise<Census> {
    return must(await this.estate.api.census(host)) as unknown as Census;
  }

  /** The folder of a path, made if need be; answers the path. */
  async place(path: string): Promise<string> {
    await mkdir(dirname(path), { recursive: true });
    return path;
  }

  /** Orders a rollback or replace of this row's component, as ada. */
  async order(
    from: ReleaseName = "4.2",
    to: ReleaseName = "3.8",
    proposer: Person = "ada",
  ): Promise<Ordered> {
    const { api, keys } = this.estate;
    const action = from > to ? "rollback" : "replace";
    const order = { action, component: this.component.name, from, to } as const;
    const reason = "a bias was found in audit";
    // Nothing can be drawn before a witness has told the time.
    const drawn = await this.waitFor(async () => {
      const draft = await api.draft({ ...order, reason, proposer, expiresInSeconds: 3600 });
      return isRefused(draft) ? undefined : draft;
    });
    if (drawn === undefined) throw new Error("no writ could be drawn");
    const bytes = new Uint8Array(Buffer.from(drawn.writ, "base64"));
    const digest = drawn.digest as Digest;
    must(await keys[proposer].say(this.estate, { kind: "proposal", writ: digest }, [bytes]));
    return { digest, bytes, approve: (...persons) => this.#approve(digest, persons) };
  }

  async #approve(writ: Digest, persons: readonly Person[]): Promise<void> {
    for (const person of persons) {
      const body = { kind: "decision", writ, decision: "approve" } as const;
      must(await this.estate.keys[person].say(this.estate, body));
    }
  }

  /** Waits until a writ is in one of these states. */
  async stands(writ: Digest, ...states: readonly string[]): Promise<string> {
    let last = "unknown";
    const state = await this.waitFor(async () => {
      const proceeding = await this.estate.api.writ(writ);
      if (isRefused(proceeding)) return undefined;
      last = proceeding.state;
      return states.includes(last) ? last : undefined;
    });
    if (state === undefined) throw new Missed(`the writ is ${last}, not ${states.join(" or ")}`);
    return state;
  }

  /** Orders, has it approved, and waits until it is fulfilled. */
  async rolledBack(from: ReleaseName = "4.2", to: ReleaseName = "3.8"): Promise<Digest> {
    const writ = await this.order(from, to);
    await writ.approve("ben", "cleo");
    await this.stands(writ.digest, "fulfilled");
    return writ.digest;
  }

  /** Waits until the journal holds a refusal of this code, by this signer if one is known. */
  async journalled(code: RefusalCode, signer?: string): Promise<number> {
    const { api } = this.estate;
    const found = await this.waitFor(async () => {
      const estate = await api.estate();
      for (let at = 0; !isRefused(estate) && at < estate.size; at += 1) {
        const body = await this.#refusalAt(at);
        if (body?.code === code && (signer === undefined || body.signer === signer)) return at;
      }
      return undefined;
    }, 10_000);
    if (found === undefined) throw new Missed(`no refusal ${code} in the journal`);
    return found;
  }

  async #refusalAt(index: number) {
    const answer = await this.estate.api.entry(index);
    if (isRefused(answer)) return undefined;
    const entry = parseEntry(new Uint8Array(Buffer.from(answer.entry, "base64")));
    return isRefused(entry) || entry.body.kind !== "refusal" ? undefined : entry.body;
  }
}
