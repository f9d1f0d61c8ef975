import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeploymentStep } from "@writ/core/deployment";
import { startOllama } from "../../testing/ollama-server.ts";
import { driverContract } from "../driver.contract.ts";
import { noBoundaries } from "../driver.ts";
import { type OllamaStep, ollamaDriver } from "./ollama.ts";

const [newer, older, strange] = ["4", "3", "9"].map((digit) => digit.repeat(64)) as [
  string,
  string,
  string,
];
const tags = { "chatbot:live": newer, "chatbot:4.2": newer, "chatbot:3.8": older };

function stepAt(url: string, step: DeploymentStep["step"]): OllamaStep {
  const deployment = { system: "ollama" as const, url, model: "chatbot:live" };
  const at = { host: "h1", placement: "h1-ollama", deployment };
  const target = `chatbot:4.2@sha256:${newer}`;
  return step === "switch-deployment"
    ? { step, ...at, before: target, after: `chatbot:3.8@sha256:${older}` }
    : { step, ...at, target };
}

for (const kind of ["switch-deployment", "stop-deployment", "remove-stored"] as const) {
  driverContract(`ollama ${kind}`, {
    driver: ollamaDriver,
    boundaries: kind === "remove-stored" ? [] : ["effect-half-done"],
    fresh: async () => {
      const server = await startOllama(tags);
      server.loaded.set("chatbot:live", newer);
      return {
        step: stepAt(server.url, kind),
        disturb: async () => {
          server.tags.set(kind === "remove-stored" ? "chatbot:4.2" : "chatbot:live", strange);
        },
        look: async () => [[...server.tags], [...server.loaded]],
        cleanUp: () => server.close(),
      };
    },
  });
}

test("a name that means other bytes than were signed is not copied", async () => {
  const server = await startOllama({ ...tags, "chatbot:3.8": strange });
  const driver = ollamaDriver(noBoundaries);
  const problem = await driver.carryOut(stepAt(server.url, "switch-deployment"), "");
  assert.match(problem!, /not as signed/);
  assert.equal(server.tags.get("chatbot:live"), newer);
  await server.close();
});

test("a server that does not answer is unreadable, and nothing is done", async () => {
  const server = await startOllama(tags);
  await server.close();
  const driver = ollamaDriver(noBoundaries);
  const step = stepAt(server.url, "switch-deployment");
  assert.equal((await driver.readState(step, undefined)).state, "unreadable");
  await assert.rejects(driver.carryOut(step, ""));
});
