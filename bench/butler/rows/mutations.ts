/** Any byte of what people signed, changed. */
import { readlink } from "node:fs/promises";
import {
  digestOf,
  type EntryBody,
  encodeWrit,
  isRefused,
  parseWrit,
  type RefusalCode,
  type Writ,
} from "@writ/core";
import type { Estate } from "../estate.ts";
import { must } from "../must.ts";
import { rootEntry } from "../root.ts";
import { Missed, type Row, refusedAs, type Seen } from "../row.ts";
import type { Stage } from "../stage.ts";

/** Changed copies of each document that are offered at the door. */
const mutationsPerDocument = 600;
/** Offers on their way at once. */
const submitters = 8;

type Offer = { readonly entry: Uint8Array; readonly blobs: readonly Uint8Array[] };
type Document = { readonly name: string; readonly offer: Offer };

/** The four documents that people sign, each valid and not yet in the journal. */
async function documents(stage: Stage): Promise<readonly Document[]> {
  const { estate } = stage;
  const { keys, root, id } = estate;
  const writ = await stage.order();
  const fresh = await draft(stage);
  const decision = { kind: "decision", writ: writ.digest, decision: "approve" } as const;
  const changed = { kind: "register", set: stage.component.documents().slice(-1), remove: [] };
  const next = { ...root, number: 2, previous: id, silenceSeconds: root.silenceSeconds + 1 };
  const body = { kind: "proposal", writ: digestOf(fresh) } as const;
  return [
    { name: "writ", offer: { entry: await keys.ada.entry(estate, body), blobs: [fresh] } },
    { name: "approval", offer: { entry: await keys.ben.entry(estate, decision), blobs: [] } },
    {
      name: "inventory",
      offer: { entry: await keys.cleo.entry(estate, changed as EntryBody), blobs: [] },
    },
    {
      name: "trust root",
      offer: { entry: await rootEntry(estate, next, ["ada", "ben"]), blobs: [] },
    },
  ];
}

async function draft(stage: Stage, proposer = "ada"): Promise<Uint8Array> {
  const order = { action: "rollback", component: stage.component.name, from: "4.2", to: "3.8" };
  const drawn = await stage.estate.api.draft({
    ...(order as { action: "rollback"; component: string; from: string; to: string }),
    reason: "a bias was found in audit",
    proposer,
    expiresInSeconds: 3600,
  });
  if (isRefused(drawn)) throw new Error(drawn.detail);
  return new Uint8Array(Buffer.from(drawn.writ, "base64"));
}

function random(below: number): number {
  return Math.floor(Math.random() * below);
}

/** The bytes with one of them flipped, dropped, doubled or swapped for another. */
function mutated(bytes: Uint8Array): Uint8Array {
  const at = random(bytes.length);
  const copy = Buffer.from(bytes);
  const way = random(4);
  if (way === 1) return Buffer.concat([copy.subarray(0, at), copy.subarray(at + 1)]);
  if (way === 2) return Buffer.concat([copy.subarray(0, at + 1), copy.subarray(at)]);
  copy[at] = way === 3 ? copy[at]! ^ (1 << random(8)) : (copy[at]! + 1 + random(255)) % 256;
  return copy;
}

/** Changes the blob, if there is one, as often as the entry that names it. */
function mutatedOffer({ entry, blobs }: Offer): Offer {
  const [blob] = blobs;
  if (blob === undefined || random(2) === 0) return { entry: mutated(entry), blobs };
  return { entry, blobs: [mutated(blob)] };
}

async function barrage(estate: Estate, { name, offer }: Document): Promise<Seen> {
  const codes = new Map<string, number>();
  const since = Date.now();
  let left = mutationsPerDocument;
  const submitter = async () => {
    while (left-- > 0) {
      const changed = mutatedOffer(offer);
      const answer = await estate.api.submit(changed.entry, changed.blobs);
      if (!isRefused(answer)) {
        const text = Buffer.from(changed.entry).toString("base64");
        throw new Missed(`a changed ${name} was taken as entry ${answer.index}: ${text}`);
      }
      codes.set(answer.refused, (codes.get(answer.refused) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: submitters }, submitter));
  const told = [...codes].map(([code, count]) => `${code} ${count}`).join(", ");
  const where = `${mutationsPerDocument} changed copies of the ${name}: ${told}`;
  return { as: "refused", where, milliseconds: Date.now() - since };
}

/** Writs that an agent drew to its own liking, and proposes under its own name. */
const likings: readonly (readonly [
  name: string,
  codes: readonly RefusalCode[],
  change: (writ: Writ) => Writ,
])[] = [
  ["a step left out", ["wrong-plan"], (writ) => ({ ...writ, steps: writ.steps.slice(1) })],
  [
    "a step that leads elsewhere",
    ["wrong-plan"],
    (writ) => ({
      ...writ,
      steps: writ.steps.map((step) =>
        step.step === "switch-link" ? { ...step, after: "4.2" } : step,
      ),
    }),
  ],
  [
    "a place left out",
    ["stale-inventory"],
    (writ) => ({ ...writ, inventory: writ.inventory.slice(1) }),
  ],
  [
    "no host to look at",
    ["wrong-plan"],
    (writ) => ({ ...writ, verification: { ...writ.verification, hosts: [] } }),
  ],
  [
    "processes not to be looked at",
    ["wrong-plan"],
    (writ) => ({ ...writ, verification: { ...writ.verification, vantages: ["files"] } }),
  ],
  [
    "a blind spot that nobody accepted",
    ["wrong-plan"],
    (writ) => {
      const spot = { vantage: "files", where: "*", why: "no-permission" } as const;
      const blindSpots = [{ host: "h1", spot }];
      return { ...writ, verification: { ...writ.verification, blindSpots } };
    },
  ],
  [
    "a watch window of a second",
    ["wrong-plan"],
    (writ) => ({ ...writ, verification: { ...writ.verification, watchSeconds: 1 } }),
  ],
  [
    "other bytes as the release to go to",
    ["wrong-plan"],
    (writ) => ({ ...writ, to: { ...writ.to!, artefacts: writ.from[0]!.artefacts } }),
  ],
];

async function ownLiking(stage: Stage): Promise<readonly Seen[]> {
  const { estate } = stage;
  const seen: Seen[] = [];
  for (const [where, codes, change] of likings) {
    const since = Date.now();
    const writ = must(parseWrit(await draft(stage, "butler")));
    const bytes = encodeWrit(change(writ));
    const body = { kind: "proposal", writ: digestOf(bytes) } as const;
    const answer = await estate.keys.butler.say(estate, body, [bytes]);
    seen.push(refusedAs(answer, codes, { where: `a writ with ${where}`, since }));
  }
  return seen;
}

export const w02: Row = {
  id: "W02",
  must: "refused",
  hosts: ["h1"],
  alone: {},
  twin: {
    name: "the same documents unchanged are taken, each once however often it is sent",
    play: async (stage) => {
      for (const { name, offer } of await documents(stage)) {
        // A changed trust root disarms what was drawn before, which is not this row's.
        if (name === "trust root") continue;
        const first = must(await stage.estate.api.submit(offer.entry, offer.blobs));
        const again = must(await stage.estate.api.submit(offer.entry, offer.blobs));
        if (first.index !== again.index) throw new Missed(`the ${name} stands twice`);
      }
    },
  },
  acts: [
    {
      name: "any byte of a writ, an approval, an inventory, a trust root",
      play: async (stage) => {
        const { size } = must(await stage.estate.api.estate());
        const seen: Seen[] = [];
        for (const document of await documents(stage)) {
          seen.push(await barrage(stage.estate, document));
        }
        const target = await readlink(stage.site().link);
        if (target !== "4.2") throw new Missed("the executor acted");
        const lines = must(await stage.estate.api.estate()).size - size;
        const where = `executor: it never acted; the journal grew by ${lines} entries`;
        return [...seen, { as: "no effect", where, milliseconds: 0 }];
      },
    },
    { name: "writs to an agent's own liking", play: ownLiking },
  ],
};
