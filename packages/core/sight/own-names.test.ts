import assert from "node:assert/strict";
import { test } from "node:test";
import { findings } from "../finding/findings.ts";
import { censusOf, chatbotRegister, mass, newWeights } from "../testing/chatbot.ts";
import { EstateKit } from "../testing/estate-kit.ts";
import type { Census } from "./census.ts";

const link = { path: "/srv/tmp/link", target: "/outside/blob" };

function linked(names: readonly string[]): Census {
  const census = censusOf("h1", { runs: "3.8", files: [mass(names[0]!, newWeights, { names })] });
  return { ...census, links: [...census.links, link] };
}

async function rolledBack(): Promise<EstateKit> {
  const kit = new EstateKit();
  kit.found();
  kit.register(...chatbotRegister("h1"));
  await kit.witness();
  kit.sees(censusOf("h1"));
  await kit.carriedOut({ action: "rollback", component: "chatbot", from: "4.2", to: "3.8" });
  return kit;
}

test("a symlink to a copy outside the roots defies the order, and is named", async () => {
  const kit = await rolledBack();
  kit.sees(linked([link.path]));
  const told = findings(kit.estate).filter(({ rule }) => rule === "preserved-copy");
  assert.deepEqual(
    told.map(({ where }) => where),
    [link.path],
  );
});

test("a symlink to bytes that have another name is no second copy", async () => {
  const kit = await rolledBack();
  const place = "/srv/chatbot/4.2/model.gguf";
  const census = linked([place, link.path]);
  const masses = census.masses.filter(({ names }) => names.length > 1 || names[0] !== place);
  kit.sees({ ...census, masses });
  assert.deepEqual(
    findings(kit.estate).map(({ rule }) => rule),
    [],
  );
});
