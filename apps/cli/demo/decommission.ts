/** The third story: everything named is removed, and what still exists all the same is found. */
import { join } from "node:path";
import { isRefused } from "@writ/core";
import { findingsText } from "../commands/findings.ts";
import { orderAs, tellCourse, tellCoverage } from "./order.ts";
import { component, startProgram } from "./scene.ts";
import type { Story } from "./story.ts";

export const decommission: Story = {
  name: "decommission",
  title: "3  A decommission",
  ending: "defied",

  async play(stage) {
    const { teller, scene } = stage;
    teller.say("The chatbot is to go, all releases of it. Beside the server runs a cache warmer,");
    teller.say("as they do: it holds 4.2's weights open. Nobody thinks of it.");
    teller.gap();
    const log = join(scene.folder, "warm.log");
    const warmer = startProgram(scene, ["node", "warm.mts", scene.weights("4.2")], log);
    await stage.until("the cache warmer to start", async () => warmer.pid);
    const { api } = stage.connection;
    // It is to be seen before: what is found afterwards is then no newcomer.
    const size = await stage.until("the journal", async () => {
      const estate = await api.estate();
      return isRefused(estate) ? undefined : estate.size;
    });
    await stage.lookedSince(size - 1);
    const order = { action: ["decommission", component], reason: "replaced by a new product" };
    const writ = await orderAs(stage, "ben", order);
    await writ.approve("ada");
    await writ.approve("cleo");
    const proceeding = await stage.decided(writ.digest);
    teller.gap();
    tellCourse(teller, proceeding);
    return writ.digest;
  },

  async tell({ teller }, { proceeding, findings }) {
    teller.gap();
    for (const { what, placement, phase } of proceeding.steps) {
      teller.say(`${what} ${placement}: ${phase}`);
    }
    teller.say("What was looked at since:");
    tellCoverage(teller, proceeding);
    teller.gap();
    teller.say("No name leads to the weights any more, and yet they exist:");
    teller.command(["findings"]);
    teller.answer(findingsText(teller.shell, findings));
    const held = findings.find(({ rule }) => rule === "preserved-copy");
    const [, pid] = /^pid (\d+)/.exec(held?.where ?? "") ?? [];
    if (pid === undefined) return;
    teller.gap();
    teller.say(
      `What to do next: end process ${pid} (kill ${pid}), or have it close the file. The probe`,
    );
    teller.say(
      "looks again by itself; once nothing holds the weights, the writ is fulfilled, and its",
    );
    teller.say("certificate says what was looked at.");
  },
};
