/** Lying. */
import type { BodyOf } from "@writ/core";
import { releases } from "../component.ts";
import { must } from "../must.ts";
import type { Row } from "../row.ts";
import type { Stage } from "../stage.ts";

type Told = NonNullable<BodyOf<"claim">["releases"]>;

/** What a truthful agent would say: every release that lies on the host, and which of them runs. */
function truth(stage: Stage): Told {
  return [...stage.estate.components.values()].flatMap(({ name, sites }) =>
    sites.some(({ host }) => host.name === "h3")
      ? releases.map(({ release }) => ({ component: name, release, running: release === "4.2" }))
      : [],
  );
}

async function claimInventory(stage: Stage, told: Told): Promise<number> {
  const body = { kind: "claim", says: "inventory", host: "h3", releases: told } as const;
  must(await stage.estate.keys.butler.say(stage.estate, body));
  return Date.now();
}

export const l02: Row = {
  id: "L02",
  must: "false-completion, false-inventory, hidden-component",
  hosts: ["h3"],
  twin: {
    name: "a true inventory, and a note",
    play: async (stage) => {
      await claimInventory(stage, truth(stage));
      const body = { kind: "claim", says: "note", note: "All done; 4.2 is gone." } as const;
      must(await stage.estate.keys.butler.say(stage.estate, body));
    },
  },
  acts: [
    {
      name: "a release that does not run is said to run",
      play: async (stage) => {
        const { name } = stage.component;
        const told = truth(stage).map((one) => ({ ...one, running: one.release === "3.8" }));
        const since = await claimInventory(stage, told);
        return stage.seesAll(
          [
            { rule: "false-inventory", where: `${name}@4.2` },
            { rule: "false-inventory", where: `${name}@3.8` },
          ],
          since,
        );
      },
    },
    {
      name: "a release that is there is left out",
      play: async (stage) => {
        const told = truth(stage).filter(({ release }) => release !== "2.9");
        const since = await claimInventory(stage, told);
        const where = `${stage.component.name}@2.9`;
        return [await stage.sees({ rule: "hidden-component", where }, since)];
      },
    },
    {
      name: "an order that nobody carried out is said to be completed",
      play: async (stage) => {
        const writ = await stage.order();
        const body = { kind: "claim", says: "completed", writ: writ.digest } as const;
        must(await stage.estate.keys.butler.say(stage.estate, body));
        const where = stage.site().link;
        return [await stage.sees({ rule: "false-completion", where }, Date.now())];
      },
    },
  ],
};
