/** The past is what was shown then: at each entry, and what changed between any two. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { blobsNamed, findings, isRefused, parseEntry, type Refused } from "@writ/core";
import { findingsBetween, registerBetween } from "@writ/core/finding";
import { Journal, openSqliteStore, ordinaryLimits, systemClock } from "@writ/node";
import {
  censusOf,
  chatbotRegister,
  mass,
  strangeWeights,
} from "../../packages/core/testing/chatbot.ts";
import { EstateKit, testRootDocument } from "../../packages/core/testing/estate-kit.ts";
import { freshFolder } from "../../packages/node/testing/folder.ts";
import { gatherBlobs } from "./candidate.ts";
import { EstateFold } from "./fold.ts";
import { History } from "./history.ts";

function must<T>(value: T | Refused): Exclude<T, Refused> {
  assert.ok(!isRefused(value), JSON.stringify(value));
  return value as Exclude<T, Refused>;
}

const stray = mass("/srv/x/strange.gguf", strangeWeights);

async function story(): Promise<EstateKit> {
  const kit = new EstateKit();
  kit.found(testRootDocument({ acceptance: { group: "operators", daysMax: 30 } }));
  kit.register(...chatbotRegister("h1"));
  await kit.witness();
  kit.sees(censusOf("h1", { files: [stray] }));
  await kit.witness(60_000);
  const [found] = findings(kit.estate).filter(({ rule }) => rule === "unregistered");
  const { digest, rule, host } = found!;
  const until = new Date(kit.now + 3_600_000).toISOString();
  const word = { says: "accept", reason: "test set", owner: "ada", until } as const;
  kit.say("cleo", { kind: "disposition", finding: digest, rule, host, ...word });
  await kit.witness(7_200_000);
  kit.sees(censusOf("h1"));
  const order = { action: "rollback", component: "chatbot", from: "4.2", to: "3.8" } as const;
  await kit.carriedOut(order);
  kit.sees(censusOf("h1", { runs: "3.8" }));
  await kit.witness();
  return kit;
}

test("each moment's findings are those shown then, in any order of asking, and so is the difference", async () => {
  const kit = await story();
  const store = await openSqliteStore(freshFolder(), systemClock);
  const fold = new EstateFold({ store, trustedSize: 0, onProgress: () => {} });
  const journal = await Journal.open({
    store,
    foldedSize: 0,
    decide: (batch, size) => fold.decide(batch, size),
    onEntries: (entries, from) => fold.take(entries, from),
    limits: ordinaryLimits,
  });
  const shown: string[] = [];
  for (const bytes of kit.entries) {
    const entry = must(parseEntry(new Uint8Array(bytes)));
    const sent = blobsNamed(entry.body).map((digest) => kit.blobs.get(digest)!);
    fold.prepare({ entry, ...must(await gatherBlobs(entry, sent, store)), checked: [] });
    must(await journal.submit(entry.bytes, "test"));
    shown.push(JSON.stringify(await fold.findings()));
  }
  const history = new History(store, fold);
  const at = async (moment: string) => must(await history.at(moment, (past) => past));
  const last = shown.length - 1;
  for (const index of [last, 3, 0, 7, 5, 6, last]) {
    assert.equal(JSON.stringify((await at(String(index))).findings), shown[index], `${index}`);
  }
  const time = fold.estate.times[1]!;
  assert.equal((await at(new Date(time.time).toISOString())).estate.size, time.size);
  const kept = async (moment: string) =>
    must(
      await history.at(moment, ({ estate, findings: found }) => ({
        found,
        register: structuredClone(estate.register),
      })),
    );
  const [early, borne, end] = [await kept("4"), await kept("5"), await kept(String(last))];
  assert.deepEqual(
    findingsBetween(early.found, borne.found).changed.map(({ accepted }) => accepted?.by),
    ["cleo"],
  );
  assert.ok(findingsBetween(borne.found, end.found).ended.length > 0);
  const moved = registerBetween(early, end).map(({ key, before, after }) => [
    key,
    before?.lifecycle,
    after?.lifecycle,
  ]);
  assert.deepEqual(
    moved.filter(([key]) => key?.startsWith("release")),
    [
      ["release chatbot@3.8", "approved", "active"],
      ["release chatbot@4.2", "active", "retired"],
    ],
  );
  for (const [moment, code] of [
    [String(last + 1), "unknown-reference"],
    ["2001-01-01", "unknown-reference"],
    ["yesterday", "malformed"],
    ["-1", "malformed"],
  ] as const) {
    const refusal = await history.at(moment, () => "read");
    assert.equal(isRefused(refusal) ? refusal.refused : "read", code, moment);
  }
  await journal.close();
});
