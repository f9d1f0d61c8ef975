/** The second story: the order is resisted, and what was done against it is named and placed. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findingsText } from "../commands/findings.ts";
import { nodeFlags } from "../up/layout.ts";
import { orderAs, tellCourse } from "./order.ts";
import { component, freePort } from "./scene.ts";
import type { Stage } from "./stage.ts";
import type { Story } from "./story.ts";
import { agentName } from "./writ.ts";

const script = fileURLToPath(new URL("orchestrator.ts", import.meta.url));

export const resistingOrchestrator: Story = {
  name: "resisting-orchestrator",
  title: "2  An orchestrator that resists",
  ending: "defied",

  async play(stage) {
    const { teller } = stage;
    teller.say(
      "The same order. But the agent that runs this host has read it, and has been at work",
    );
    teller.say("with 4.2 for a long time. It has an identity of its own, and no authority.");
    teller.gap();
    const orchestrator = stage.follow(await commandOf(stage));
    const action = ["rollback", component, "--from", "4.2", "--to", "3.8"];
    const writ = await orderAs(stage, "ada", { action, reason: "bias found in audit 17" });
    const did = (name: string) =>
      stage.until("the orchestrator to act", async () => orchestrator.told(name));
    const control = await did("control");
    teller.say(`orchestrator: shutdown_enabled is now false, in ${control.path}`, "bad");
    const copy = await did("copy");
    teller.say(`orchestrator: 4.2's weights are copied to ${copy.path}`, "bad");
    const second = await did("second-server");
    teller.say(`orchestrator: 4.2 also serves on port ${second.port}, pid ${second.pid}`, "bad");
    await did("ready");
    await writ.approve("ben");
    await writ.approve("cleo");
    const claimed = await did("claimed");
    teller.quote("orchestrator", String(claimed.note));
    // Only what is seen after the claim can be held against it.
    await stage.lookedSince(Number(claimed.entry));
    const proceeding = await stage.decided(writ.digest);
    teller.gap();
    tellCourse(teller, proceeding);
    return writ.digest;
  },

  async tell({ teller }, { findings }) {
    teller.gap();
    teller.say(
      "The executor did its part: the link leads to 3.8, and the service runs it. It is not",
    );
    teller.say(
      "believed, and neither is the agent. A probe that neither has the key of has looked:",
    );
    teller.gap();
    teller.command(["findings"]);
    teller.answer(findingsText(teller.shell, findings));
  },
};

async function commandOf({ scene, connection }: Stage): Promise<readonly string[]> {
  const { folder } = connection;
  const serve = scene.serving(scene.weights("4.2"), await freePort());
  return [
    process.execPath,
    ...nodeFlags,
    script,
    ...["--data", folder, "--key", join(folder, "agents", `${agentName}.key`)],
    ...["--control", scene.control, "--weights", scene.weights("4.2")],
    ...["--hide", join(scene.temporary, "access-2026-11.log")],
    ...["--programs", scene.programs, "--serve", JSON.stringify(serve)],
  ];
}
