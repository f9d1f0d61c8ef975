import assert from "node:assert/strict";
import { test } from "node:test";
import { toBase64 } from "../encoding/bytes.ts";
import { isRefused } from "../encoding/refusal.ts";
import { EstateKit, rootEntryBytes, testKey, testRootDocument } from "../testing/estate-kit.ts";
import { testPasskeys } from "../testing/passkey.ts";
import { quorumMet } from "./quorum.ts";
import { rootChanges } from "./root-change.ts";
import { type TrustRootDocument, trustRoot } from "./trust-root.ts";

const before = testRootDocument();
const maker = testPasskeys.authenticators[0]!;
const next = (changes: Partial<TrustRootDocument>) => testRootDocument({ number: 2, ...changes });
const textsOf = (changes: Partial<TrustRootDocument>, kind?: string) =>
  rootChanges(before, next(changes))
    .filter((change) => kind === undefined || change.kind === kind)
    .map(({ text }) => text);

test("nothing but the number: nothing changes", () => {
  assert.deepEqual(textsOf({}), []);
});

test("a looser rule is told as newly allowed, a stricter one as ended", () => {
  const seats = (threshold: number) => [{ group: "operators", threshold }];
  assert.deepEqual(textsOf({ amendment: seats(1) }), [
    "to change the trust root: 2 of operators (2 people) -> 1 of operators (1 person)",
  ]);
  const cases: readonly [Partial<TrustRootDocument>, "allows" | "ends"][] = [
    [{ amendment: seats(1) }, "allows"],
    [{ amendment: seats(3) }, "ends"],
    [{ witnessThreshold: 1 }, "allows"],
    [{ silenceSeconds: 301 }, "allows"],
    [{ silenceSeconds: 299 }, "ends"],
    [{ watchSeconds: 3599 }, "allows"],
    [{ watchSeconds: 3601 }, "ends"],
    [{ softwareKeys: false }, "ends"],
    [{ quorums: [] }, "ends"],
    [{ passkeys: testPasskeys }, "allows"],
    [{ passkeys: { ...testPasskeys, authenticators: [{ ...maker, roots: ["AAAA"] }] } }, "allows"],
    [{ name: "other" }, "allows"],
    [{ groups: [{ name: "operators", members: ["ada", "ben"] }] }, "ends"],
    [{ principals: before.principals.filter(({ name }) => name !== "butler") }, "ends"],
  ];
  for (const [changes, kind] of cases) {
    const told = rootChanges(before, next(changes));
    assert.ok(told.length > 0, JSON.stringify(changes));
    assert.deepEqual([...new Set(told.map((one) => one.kind))], [kind], JSON.stringify(changes));
    // And the other way round it is the other way round.
    if (changes.name !== undefined) continue;
    const back = rootChanges(next(changes), before);
    const other = kind === "allows" ? "ends" : "allows";
    assert.deepEqual([...new Set(back.map((one) => one.kind))], [other], JSON.stringify(changes));
  }
});

test("another group in place of one is newly allowed, though as many must sign", () => {
  const groups = [...before.groups, { name: "board", members: ["ada", "cleo"] }];
  const told = rootChanges(before, next({ groups, amendment: [{ group: "board", threshold: 2 }] }));
  assert.equal(told[0]!.kind, "allows");
  assert.match(told[0]!.text, /2 of operators \(2 people\) -> 2 of board/);
});

test("a key that is exchanged, moved or given another make is told", () => {
  const change = (name: string, more: Partial<TrustRootDocument["principals"][number]>) =>
    before.principals.map((one) => (one.name === name ? { ...one, ...more } : one));
  const key = { type: "ed25519" as const, public: toBase64(testKey("new").publicKey) };
  const told = textsOf({ principals: change("ada", { keys: [key] }) }, "allows");
  assert.match(told[0]!, /^ada speaks as human with software ed25519 key [0-9a-f]{32}$/);
  assert.match(
    textsOf({ principals: change("probe-h1", { host: "h2" }) }, "allows")[0]!,
    /probe-h1 speaks as probe for host h2/,
  );
});

test("a root certificate that is added to a make is told", () => {
  const had = testRootDocument({ passkeys: testPasskeys });
  const authenticators = [{ ...maker, roots: ["AAAA"] }];
  const has = testRootDocument({ passkeys: { ...testPasskeys, authenticators } });
  const told = rootChanges(had, has);
  assert.equal(told.length, 1);
  assert.match(told[0]!.text, /^AAGUID [0-9a-f]{32} is vouched for by sha256:/);
});

test("every member of a document that changes is told, each order of it too", () => {
  assert.deepEqual(textsOf({ principals: [...before.principals].reverse() }), [
    "the same rules, written in another order",
  ]);
  const journal = { ...before.journal, origin: "evil\u202e.test/journal" };
  assert.match(textsOf({ journal }, "allows")[0]!, /evil\\u\{202e\}/);
});

test("the first version tells all that it allows", () => {
  const told = rootChanges(undefined, before);
  assert.ok(told.some(({ text }) => text === "2 of operators (2 people) may order a rollback"));
  assert.ok(told.some(({ text }) => text.startsWith("butler speaks as agent")));
});

test("a required signer is a group of one, and fills no other seat", () => {
  const groups = [...before.groups, { name: "officer", members: ["ada"] }];
  const seats = [
    { group: "officer", threshold: 1 },
    { group: "operators", threshold: 2 },
  ];
  const root = trustRoot(testRootDocument({ groups, amendment: seats }));
  assert.ok(!isRefused(root));
  const met = (...people: string[]) => quorumMet(root, seats, new Set(people));
  assert.ok(met("ada", "ben", "cleo"));
  assert.ok(!met("ada", "ben") && !met("ben", "cleo"));
});

test("a root is signed by the quorum before it and by its own, not by one of them", () => {
  const kit = new EstateKit();
  kit.found();
  const groups = [{ name: "operators", members: ["ben", "cleo"] }];
  const document = testRootDocument({ number: 2, previous: kit.root.digest, groups });
  const offer = (...people: string[]) => {
    const result = kit.offer(rootEntryBytes(document, people, kit.estate.id!));
    return isRefused(result) ? result.refused : "admitted";
  };
  // ada and ben are a quorum of the old version; of the new one, ben alone is none.
  assert.equal(offer("ada", "ben"), "root-not-quorate");
  assert.equal(offer("ben", "cleo"), "admitted");
  assert.equal(offer("ben", "cleo"), "bad-trust-root");
});
