/** Writ for one story: founded anew and started just as `writ up` does, in a folder of its own. */
import { openApi } from "@writ/node/api";
import type { Connection } from "../connection.ts";
import { isProblem, type Problem } from "../outcome.ts";
import { startEstate } from "../up/estate-run.ts";
import { trialHumans } from "../up/founding.ts";
import { layoutOf, makeFolders } from "../up/layout.ts";
import { freePort, hostName } from "./scene.ts";
import type { Teller } from "./teller.ts";

/** The agent that has an identity in the demo's estates. */
export const agentName = "orchestrator";
/** A look of the demo's host takes a fraction of this; stories do not wait long for the next. */
const lookEverySeconds = 1;

export type Writ = { readonly connection: Connection; readonly stop: () => Promise<void> };

/** Founds an estate of three people, of whom two must sign, and starts its processes. */
export async function openWrit(
  teller: Teller,
  { folder, root }: { readonly folder: string; readonly root: string },
): Promise<Writ | Problem> {
  const layout = layoutOf(folder);
  await makeFolders(layout);
  const run = await startEstate({
    layout,
    setup: {
      host: hostName,
      port: await freePort(),
      witnesses: 2,
      roots: [root],
      usual: false,
      interval: lookEverySeconds,
    },
    founders: {
      name: "demo",
      humans: await trialHumans(layout),
      agents: [agentName],
      silenceSeconds: 120,
      watchSeconds: 3600,
    },
    progress: { stage: teller.waiting, update: () => undefined, done: teller.done },
    tell: (text) => teller.say(text, "warning"),
  });
  if (isProblem(run)) return run;
  const { estate, stop } = run;
  return { connection: { api: openApi(estate.url), estate, folder }, stop };
}
