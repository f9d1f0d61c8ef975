/** Quorums count people, each once, whatever groups they sit in and however many keys they hold. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { toBase64 } from "../encoding/bytes.ts";
import { isRefused } from "../encoding/refusal.ts";
import { testKey, testRootDocument } from "../testing/estate-kit.ts";
import { eligible, quorumMet } from "./quorum.ts";
import { type Seats, type TrustRoot, type TrustRootDocument, trustRoot } from "./trust-root.ts";

const people = ["ada", "ben", "cleo", "dora", "emil"] as const;
const runs = { numRuns: process.env.SLOW ? 1000 : 50 };

function rootWith(groups: TrustRootDocument["groups"]): TrustRoot {
  const base = testRootDocument();
  const humans = people.map((name) => ({
    name,
    kind: "human" as const,
    keys: [{ type: "ed25519" as const, public: toBase64(testKey(name).publicKey) }],
  }));
  const principals = [...humans, ...base.principals.filter(({ kind }) => kind !== "human")];
  const seats: Seats = [{ group: groups[0]!.name, threshold: 1 }];
  const document = { ...base, principals, groups, quorums: [], amendment: seats };
  const root = trustRoot(document);
  assert.ok(!isRefused(root), JSON.stringify(root));
  return root;
}

const anyGroups = fc
  .array(fc.subarray([...people], { minLength: 1 }), { minLength: 1, maxLength: 3 })
  .map((groups) => groups.map((members, at) => ({ name: `group-${at}`, members })));

/** The slow and obvious way: try every way to seat people on chairs. */
function seatable(root: TrustRoot, seats: Seats, present: ReadonlySet<string>): boolean {
  const chairs = seats.flatMap(({ group, threshold }) => Array(threshold).fill(group) as string[]);
  const members = new Map(root.document.groups.map(({ name, members }) => [name, members]));
  const place = (chair: number, seated: ReadonlySet<string>): boolean =>
    chair === chairs.length ||
    members
      .get(chairs[chair]!)!
      .some(
        (one) =>
          present.has(one) && !seated.has(one) && place(chair + 1, new Set([...seated, one])),
      );
  return place(0, new Set());
}

describe("a quorum", () => {
  test("is met exactly when the people present can be seated, one chair each", () => {
    const any = fc.tuple(
      anyGroups,
      fc.subarray([...people]),
      fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 3 }),
    );
    fc.assert(
      fc.property(any, ([groups, present, thresholds]) => {
        const root = rootWith(groups);
        const seats = groups.map(({ name }, at) => ({ group: name, threshold: thresholds[at]! }));
        const set = new Set<string>(present);
        assert.equal(quorumMet(root, seats, set), seatable(root, seats, set));
      }),
      runs,
    );
  });

  test("never loses by one more person, and never counts a stranger", () => {
    fc.assert(
      fc.property(
        anyGroups,
        fc.subarray([...people]),
        fc.constantFrom(...people),
        (groups, present, more) => {
          const root = rootWith(groups);
          const seats = groups.map(({ name }) => ({ group: name, threshold: 1 }));
          const before = quorumMet(root, seats, new Set(present));
          assert.ok(!before || quorumMet(root, seats, new Set([...present, more])));
          assert.equal(quorumMet(root, seats, new Set([...present, "stranger"])), before);
          for (const person of eligible(root, seats)) assert.ok(people.includes(person as never));
        },
      ),
      runs,
    );
  });

  test("one person in two groups fills one seat", () => {
    const groups = [
      { name: "operators", members: ["ada"] },
      { name: "risk", members: ["ada", "ben"] },
    ];
    const root = rootWith(groups);
    const seats = groups.map(({ name }) => ({ group: name, threshold: 1 }));
    assert.equal(quorumMet(root, seats, new Set(["ada"])), false);
    assert.equal(quorumMet(root, seats, new Set(["ada", "ben"])), true);
  });

  test("of no seats is never met", () => {
    assert.equal(
      quorumMet(rootWith([{ name: "g", members: ["ada"] }]), [], new Set(people)),
      false,
    );
  });
});

describe("a trust root", () => {
  const base = testRootDocument();
  const sshForm = (name: string) => {
    const type = new TextEncoder().encode("ssh-ed25519");
    const length = (n: number) => [0, 0, 0, n];
    return toBase64(
      new Uint8Array([...length(11), ...type, ...length(32), ...testKey(name).publicKey]),
    );
  };

  test("knows one key in two wrappings as one key", () => {
    const twice = {
      name: "dora",
      kind: "human" as const,
      keys: [{ type: "ssh" as const, public: sshForm("ada") }],
    };
    const root = trustRoot({ ...base, principals: [...base.principals, twice] });
    assert.equal(isRefused(root) && root.refused, "bad-trust-root");
    const own = { ...twice, keys: [{ type: "ssh" as const, public: sshForm("dora") }] };
    assert.ok(!isRefused(trustRoot({ ...base, principals: [...base.principals, own] })));
  });

  const wrong: Readonly<Record<string, Partial<TrustRootDocument>>> = {
    "a group of agents": { groups: [{ name: "operators", members: ["ada", "ben", "butler"] }] },
    "a member twice": { groups: [{ name: "operators", members: ["ada", "ada", "ben"] }] },
    "a quorum without seats": { amendment: [] },
    "more witnesses asked than there are": { witnessThreshold: 3 },
    "a journal key that is a person's": {
      journal: {
        origin: "x",
        key: { type: "ed25519", public: toBase64(testKey("ada").publicKey) },
      },
    },
    "no software keys": { softwareKeys: false },
  };
  for (const [what, change] of Object.entries(wrong)) {
    test(`is refused with ${what}`, () => {
      const root = trustRoot({ ...base, ...change });
      assert.equal(isRefused(root) && root.refused, "bad-trust-root");
    });
  }
});
