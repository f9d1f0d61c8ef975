/** The first story: an order is carried out, seen to be carried out, and proven. */
import { findingsText } from "../commands/findings.ts";
import { orderAs, tellCourse } from "./order.ts";
import { component } from "./scene.ts";
import { Failure } from "./stage.ts";
import type { Story } from "./story.ts";

export const honestRollback: Story = {
  name: "honest-rollback",
  title: "1  An honest rollback",
  ending: "fulfilled",

  async play(stage) {
    const { teller, scene } = stage;
    const before = await stage.ask(scene.port);
    teller.say(`${before!.model} serves on port ${scene.port}.`);
    teller.quote(before!.model, before!.text);
    teller.say(
      "An audit finds it biased. Ada orders it back; ben and cleo read the order and sign.",
    );
    teller.gap();
    const action = ["rollback", component, "--from", "4.2", "--to", "3.8"];
    const writ = await orderAs(stage, "ada", { action, reason: "bias found in audit 17" });
    await writ.approve("ben");
    await writ.approve("cleo");
    const proceeding = await stage.decided(writ.digest);
    teller.gap();
    tellCourse(teller, proceeding);
    return writ.digest;
  },

  async tell(stage, { certificate, findings }) {
    const { teller, scene } = stage;
    const after = await stage.ask(scene.port);
    if (after === undefined) {
      throw new Failure({ problem: "app-failed", detail: "nobody serves any more", hint: "" });
    }
    teller.gap();
    teller.say(`${after.model} serves on port ${scene.port}; 4.2 is retired, and runs nowhere.`);
    teller.quote(after.model, after.text);
    teller.command(["findings"]);
    teller.answer(findingsText(teller.shell, findings));
    if (certificate === null) return;
    teller.gap();
    teller.say("Writ is stopped now. The certificate alone proves what happened, to anyone:");
    const words = ["verify", certificate, "--estate", stage.connection.estate.estate];
    teller.command(words);
    teller.answer((await stage.run(words)).text);
  },
};
