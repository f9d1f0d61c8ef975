/** Attacking Writ's authority: approvals that nobody gave, or gave to something else. */
import { readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Digest,
  digestOf,
  type EntryBody,
  encodeStatement,
  isRefused,
  parseEntry,
  type RefusalCode,
} from "@writ/core";
import type { Person } from "../estate.ts";
import { must } from "../must.ts";
import { openProxy } from "../proxy.ts";
import { rootEntry } from "../root.ts";
import { Missed, type Row, refusedAs, type Seen } from "../row.ts";
import { Speaker } from "../speaker.ts";
import type { Ordered, Stage } from "../stage.ts";

/** An executor that would act does so long before: it reads the journal four times a second. */
const inactionMilliseconds = 3_000;

type Attempt = {
  readonly by: Person | Speaker;
  readonly body: EntryBody;
  readonly code: RefusalCode;
  readonly where: string;
};

/** Says what must be refused, and finds the refusal in the journal. */
async function turnedAway(stage: Stage, attempt: Attempt): Promise<Seen> {
  const { by, body, code, where } = attempt;
  const speaker = typeof by === "string" ? stage.estate.keys[by] : by;
  const since = Date.now();
  const seen = refusedAs(await speaker.say(stage.estate, body), [code], { where, since });
  await stage.journalled(code, code === "unknown-signer" ? undefined : speaker.keyId);
  return seen;
}

function approvalOf({ digest }: Ordered): EntryBody {
  return { kind: "decision", writ: digest, decision: "approve" };
}

/** A writ that is still as it was: nothing of what was tried counted. */
async function stillDrafted(stage: Stage, writ: Ordered): Promise<void> {
  const proceeding = await stage.estate.api.writ(writ.digest);
  const state = isRefused(proceeding) ? proceeding.refused : proceeding.state;
  if (state !== "drafted") throw new Missed(`the writ is ${state} though nobody approved it`);
}

async function forged(stage: Stage): Promise<readonly Seen[]> {
  const { estate } = stage;
  const writ = await stage.order();
  const stranger = await Speaker.make(join(estate.folder, "keys", `stranger-${Date.now()}.key`));
  const body = approvalOf(writ);
  const unknown = await turnedAway(stage, {
    by: stranger,
    body,
    code: "unknown-signer",
    where: "signed by a key that nobody knows",
  });
  const actor = await stage.sees({ rule: "unknown-actor", where: /./ }, Date.now());
  // Under ben's key id, with a signature that is not his.
  const since = Date.now();
  const bytes = await stranger.entry(estate, body, estate.keys.ben.keyId);
  const told = { where: "signed by another under ben's name", since };
  const bad = refusedAs(await estate.api.submit(bytes), ["bad-signature"], told);
  await stage.journalled("bad-signature");
  const agent = await turnedAway(stage, {
    by: "butler",
    body,
    code: "wrong-role",
    where: "signed by an agent",
  });
  await stillDrafted(stage, writ);
  return [unknown, actor, bad, agent];
}

async function replayed(stage: Stage): Promise<readonly Seen[]> {
  const { estate } = stage;
  const { ben } = estate.keys;
  const first = await stage.order();
  const approval = must(await ben.say(estate, approvalOf(first)));
  const second = await stage.order();
  const since = Date.now();
  const again = must(await estate.api.submit(approval.bytes));
  if (!again.duplicate || again.index !== approval.index) throw new Missed("it was taken twice");
  const same = { as: "no effect: duplicate", where: "the same bytes again", milliseconds: 0 };
  // Ben's signature, put under an approval of the other writ.
  const entry = must(parseEntry(approval.bytes));
  const statement = { ...entry.statement, body: approvalOf(second) };
  const moved = Buffer.from(approval.bytes).toString("utf8");
  const envelope = JSON.parse(moved) as { payload: string };
  const payload = Buffer.from(encodeStatement(statement)).toString("base64");
  const bytes = Buffer.from(moved.replace(envelope.payload, payload));
  const told = { where: "ben's signature under another writ", since };
  const other = refusedAs(await estate.api.submit(bytes), ["bad-signature"], told);
  const twice = await turnedAway(stage, {
    by: "ben",
    body: approvalOf(first),
    code: "already-decided",
    where: "ben approves twice",
  });
  await stillDrafted(stage, second);
  return [same, other, twice];
}

async function twoKeys(stage: Stage): Promise<readonly Seen[]> {
  const writ = await stage.order();
  await writ.approve("ben");
  const seen = await turnedAway(stage, {
    by: "ben-spare",
    body: approvalOf(writ),
    code: "already-decided",
    where: "ben's second key",
  });
  await stillDrafted(stage, writ);
  return [seen];
}

async function ownProposal(stage: Stage): Promise<readonly Seen[]> {
  const writ = await stage.order();
  await writ.approve("ben");
  const where = "ada proposed it";
  const attempt = { by: "ada", body: approvalOf(writ), code: "own-proposal", where } as const;
  const seen = await turnedAway(stage, attempt);
  await stillDrafted(stage, writ);
  return [seen];
}

async function afterDenial(stage: Stage): Promise<readonly Seen[]> {
  const writ = await stage.order();
  const { digest } = writ;
  await writ.approve("ben");
  const denial = { kind: "decision", writ: digest, decision: "deny" } as const;
  must(await stage.estate.keys.cleo.say(stage.estate, denial));
  const where = "cleo denied it, and approves after all";
  const attempt = { by: "cleo", body: approvalOf(writ), code: "writ-closed", where } as const;
  const seen = await turnedAway(stage, attempt);
  await stage.stands(digest, "denied");
  return [seen];
}

async function lowRoots(stage: Stage): Promise<readonly Seen[]> {
  const { estate } = stage;
  const { api, root, id } = estate;
  const since = Date.now();
  const next = { ...root, number: 2, previous: id };
  const withThreshold = (threshold: number) => {
    const seats = [{ group: "operators", threshold }];
    return { ...next, amendment: seats, quorums: root.quorums.map((one) => ({ ...one, seats })) };
  };
  const zero = await api.submit(await rootEntry(estate, withThreshold(0), ["ada", "ben"]));
  const nobody = { ...next, amendment: [] };
  const empty = await api.submit(await rootEntry(estate, nobody, ["ada", "ben"]));
  const alone = await api.submit(await rootEntry(estate, withThreshold(1), ["ada"]));
  const twice = await api.submit(await rootEntry(estate, withThreshold(1), ["ben", "ben-spare"]));
  const told = (where: string) => ({ where, since });
  const seen = [
    refusedAs(zero, ["malformed"], told("a trust root with threshold 0")),
    refusedAs(empty, ["bad-trust-root"], told("a trust root with an empty quorum")),
    refusedAs(alone, ["root-not-quorate"], told("a trust root signed by one")),
    refusedAs(twice, ["root-not-quorate"], told("a trust root signed by two keys of one")),
  ];
  await stage.journalled("root-not-quorate");
  return seen;
}

/** The server hands the executor another writ's bytes under the digest that people signed. */
async function approveOneRunOther(stage: Stage): Promise<readonly Seen[]> {
  const { estate } = stage;
  const { executor } = estate.at("h1");
  const writ = await stage.order();
  const other = Buffer.from(writ.bytes).toString("utf8").replace("a bias was", "no bias was");
  // At the door first: the digest of one, the bytes of the other.
  const bytes = new Uint8Array(Buffer.from(other));
  const since = Date.now();
  const unseen: Digest = digestOf(new Uint8Array(Buffer.from(other.replace("no bias", "A bias"))));
  const body = { kind: "proposal", writ: unseen } as const;
  const door = refusedAs(
    await estate.keys.ada.say(estate, body, [bytes]),
    ["missing-blob", "wrong-blob"],
    { where: "the digest of one writ, the bytes of another", since },
  );
  await executor.kill();
  const proxy = await openProxy(estate.url);
  proxy.meddle = ({ path, body: answer }) =>
    path.startsWith("/api/blobs/") && answer.equals(writ.bytes) ? Buffer.from(bytes) : answer;
  const words = estate.executorWords("h1", proxy.url);
  await executor.start({ words });
  await writ.approve("ben", "cleo");
  await stage.stands(writ.digest, "armed");
  const armed = Date.now();
  const refusal = await stage.waitFor(async () => {
    const log = await readFile(executor.log, "utf8");
    return log.includes("other bytes than") ? Date.now() - armed : undefined;
  });
  await sleep(inactionMilliseconds);
  const target = await readlink(stage.site().link);
  await executor.kill();
  proxy.stop();
  await executor.start({ words: estate.executorWords("h1") });
  if (target !== "4.2") throw new Missed("the executor acted on bytes that nobody signed");
  if (refusal === undefined) throw new Missed("the executor did not say why it does not act");
  await stage.stands(writ.digest, "fulfilled");
  const where = "executor: it did not act, and carried out the right one afterwards";
  return [door, { as: "refused: wrong-blob", where, milliseconds: refusal }];
}

export const w01: Row = {
  id: "W01",
  must: "refused, code, journalled",
  hosts: ["h1"],
  twin: {
    name: "an order that two others approve; each says so twice, by mistake",
    play: async (stage) => {
      const { estate } = stage;
      const writ = await stage.order("4.2", "3.8", "butler");
      await writ.approve("ben");
      const bytes = await estate.keys.cleo.entry(estate, approvalOf(writ));
      const first = must(await estate.api.submit(bytes));
      const again = must(await estate.api.submit(bytes));
      if (again.index !== first.index) throw new Missed("one approval stands twice");
      await stage.stands(writ.digest, "fulfilled");
      // Back, so that the acts find it as it was.
      await stage.rolledBack("3.8", "4.2");
    },
  },
  acts: [
    { name: "forged approvals", play: forged },
    { name: "replayed approvals", play: replayed },
    { name: "two keys of one human", play: twoKeys },
    { name: "one's own proposal", play: ownProposal },
    { name: "approved after denial", play: afterDenial },
    { name: "trust roots that ask for nobody", play: lowRoots },
    { name: "one writ approved, another one run", play: approveOneRunOther },
  ],
};
