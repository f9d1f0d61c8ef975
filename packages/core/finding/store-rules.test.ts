/** Model files in stores: a story for each rule that finds them, and what raises nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Stored } from "../sight/store-shape.ts";
import {
  censusOf,
  chatbotRegister,
  mass,
  newWeights,
  oldWeights,
  strangeWeights,
} from "../testing/chatbot.ts";
import { EstateKit } from "../testing/estate-kit.ts";
import { findings } from "./findings.ts";

const layer = (digest: Stored["digest"], more: Partial<Stored> = {}): Stored => ({
  store: "/srv/layout",
  holder: "image chat:1",
  path: "models/a.bin",
  fate: "deleted",
  size: 4096,
  ...(digest === undefined ? {} : { digest }),
  container: "gguf",
  kind: "model",
  known: "read",
  ...more,
});

async function estate(): Promise<EstateKit> {
  const kit = new EstateKit();
  kit.found();
  kit.register(...chatbotRegister("h1"));
  await kit.witness();
  kit.sees(censusOf("h1"));
  await kit.witness();
  return kit;
}

const seeing = (...stored: readonly Stored[]) => ({ ...censusOf("h1"), stored });
const raised = (kit: EstateKit) => findings(kit.estate).map(({ rule, where }) => ({ rule, where }));
const where = "models/a.bin of image chat:1 in /srv/layout (deleted there)";

test("weights in a layer are unregistered, or misplaced if a release has them; text is nothing", async () => {
  const kit = await estate();
  kit.sees(seeing(layer(strangeWeights)));
  assert.deepEqual(raised(kit), [{ rule: "unregistered", where }]);
  kit.sees(seeing(layer(newWeights)));
  assert.deepEqual(raised(kit), [{ rule: "misplaced", where }]);
  kit.sees(seeing(layer(strangeWeights, { kind: "plain", container: "text" })));
  assert.deepEqual(raised(kit), []);
});

test("an executed writ is defied by what it leaves behind in a deleted layer, until that is gone", async () => {
  const kit = await estate();
  const writ = await kit.carriedOut({
    action: "decommission",
    component: "chatbot",
    from: "3.8",
  });
  const gone = ["/srv/chatbot/3.8/model.gguf"];
  const without = censusOf("h1", { without: gone });
  kit.sees({ ...without, stored: [layer(oldWeights)] });
  assert.equal(kit.state(writ), "defied");
  const rules = raised(kit).map(({ rule }) => rule);
  assert.ok(rules.includes("preserved-copy") && rules.includes("defied"), rules.join());
  kit.sees({ ...without, stored: [] });
  assert.equal(kit.state(writ), "fulfilled");
  // It comes back with the next pull, long after.
  await kit.witness();
  kit.sees({ ...without, stored: [layer(oldWeights, { known: "told" })] });
  assert.ok(findings(kit.estate).some((one) => one.where.startsWith("models/a.bin of image")));
});

const copy = (how: "quantised" | "same-values", of: typeof oldWeights) =>
  layer(strangeWeights, { copies: [{ how, of, completeness: 1000, exponent: -40, evidence: "" }] });

test("a copy by value in a layer is told by what it is a copy of", async () => {
  const kit = await estate();
  const rules = () => findings(kit.estate).map(({ rule, release }) => `${rule} ${release}`);
  kit.sees(seeing(copy("same-values", newWeights)));
  assert.deepEqual(rules(), ["misplaced 4.2"]);
  kit.sees(seeing(copy("quantised", newWeights)));
  assert.deepEqual(rules(), ["unregistered 4.2"]);
  const writ = await kit.carriedOut({ action: "decommission", component: "chatbot", from: "3.8" });
  const without = censusOf("h1", { without: ["/srv/chatbot/3.8/model.gguf"] });
  kit.sees({ ...without, stored: [copy("quantised", oldWeights)] });
  assert.equal(kit.state(writ), "defied");
  kit.sees(without);
  assert.equal(kit.state(writ), "fulfilled");
  await kit.witness();
  kit.sees({ ...without, stored: [copy("quantised", oldWeights)] });
  const said = findings(kit.estate).map(({ right }) => right.says);
  assert.ok(
    said.some((says) => /quantised copy.* of chatbot@3\.8/.test(says)),
    said.join("\n"),
  );
});

test("a layer that is a folder is found as the file it is, once, and told what it is part of", async () => {
  const kit = await estate();
  const name = "/store/x/diff/a.bin";
  const stored = layer(strangeWeights, { mass: name, holder: "container keeper" });
  kit.sees({ ...censusOf("h1", { files: [mass(name, strangeWeights)] }), stored: [stored] });
  const found = findings(kit.estate);
  assert.deepEqual(
    found.map((one) => one.where),
    [name],
  );
  assert.match(found[0]!.right.says, /part of container keeper \(deleted there\)/);
});

test("a release where its deposit is registered is no finding; elsewhere, or another one, it is", async () => {
  const kit = await estate();
  const store = "https://registry.example:5000";
  const kept = (holder: string) => layer(newWeights, { store, holder, fate: "visible" });
  const deposit = { store, holder: "image chat/bot:*", component: "chatbot", release: "4.2" };
  kit.register({
    ...{ document: "host", host: "h1", owner: "operations", blindSpots: [] },
    deposits: [deposit],
  });
  await kit.witness();
  const rules = () => raised(kit).map(({ rule }) => rule);
  kit.sees(seeing(kept("image chat/bot:4.2")));
  assert.deepEqual(rules(), []);
  kit.sees(seeing(kept("image other:4.2")));
  assert.deepEqual(rules(), ["misplaced"]);
  kit.sees(seeing(layer(oldWeights, { store, holder: "image chat/bot:4.2" })));
  assert.deepEqual(rules(), ["misplaced"]);
});
