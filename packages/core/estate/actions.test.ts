import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { draw } from "../authority/plan.ts";
import { renderedText, renderWrit } from "../authority/rendering.ts";
import { encodeWrit } from "../authority/writ.ts";
import { isRefused } from "../encoding/refusal.ts";
import { findings } from "../finding/findings.ts";
import type { DeploymentSystem } from "../register/deployment.ts";
import type { RegisterDocument } from "../register/document.ts";
import { censusOf, chatbotRegister, holder, newWeights } from "../testing/chatbot.ts";
import { EstateKit } from "../testing/estate-kit.ts";

const image = (digit: string) => `sha256:${digit.repeat(64)}`;
const container: DeploymentSystem = {
  system: "container",
  socket: "/run/podman/podman.sock",
  container: "chatbot",
};
const gateway: DeploymentSystem = {
  system: "http",
  url: "http://router.example/config",
  pointer: "/routes/chatbot",
};

function deployment(
  system: DeploymentSystem,
  targets: readonly [string, string],
): RegisterDocument {
  return {
    document: "deployment",
    placement: `h1-${system.system}`,
    ...{ host: "h1", component: "chatbot", release: "4.2", deployment: system },
    targets: [
      { release: "4.2", target: targets[0] },
      { release: "3.8", target: targets[1] },
    ],
  };
}

function founded(...more: readonly RegisterDocument[]): EstateKit {
  const kit = new EstateKit();
  kit.found();
  kit.register(...chatbotRegister("h1"), ...more);
  return kit;
}

const rulesOf = (kit: EstateKit) => findings(kit.estate).map(({ rule }) => rule);

describe("a quarantine", () => {
  test("stops what runs and keeps the files; what runs afterwards defies it", async () => {
    const kit = founded();
    await kit.witness();
    const writ = await kit.carriedOut({ action: "quarantine", component: "chatbot", from: "4.2" });
    const { steps } = kit.estate.proceedings.get(writ)!.writ;
    assert.deepEqual(
      steps.map(({ step }) => step),
      ["stop-service"],
    );
    kit.sees(censusOf("h1", { runs: "nothing" }));
    assert.equal(kit.state(writ), "fulfilled");
    assert.deepEqual(rulesOf(kit), []);
    const { placements } = kit.estate.register;
    assert.ok(placements.has("h1-file-4.2") && !placements.has("h1-server"));
    await kit.witness();
    kit.sees(censusOf("h1", { runs: "4.2", link: "4.2" }));
    assert.equal(kit.state(writ), "defied");
  });
});

describe("a restore", () => {
  const order = { action: "restore", component: "chatbot" } as const;

  test("sets every control as registered, and is fulfilled by the look that sees it", async () => {
    const kit = founded();
    await kit.witness();
    kit.sees(censusOf("h1", { control: { value: "false" } }));
    assert.deepEqual(rulesOf(kit), ["control-altered"]);
    const writ = await kit.carriedOut(order);
    const [step, ...others] = kit.estate.proceedings.get(writ)!.writ.steps;
    assert.ok(step?.step === "set-control" && step.after === "true" && others.length === 0);
    kit.sees(censusOf("h1", { control: { value: "false" } }));
    assert.equal(kit.state(writ), "defied");
    await kit.witness();
    kit.sees(censusOf("h1"));
    assert.equal(kit.state(writ), "fulfilled");
    assert.equal(kit.estate.register.releases.get("chatbot@4.2")?.lifecycle, "active");
  });

  test("is refused where a person must do it, and takes no release", () => {
    const kit = founded({
      document: "control",
      ...{ control: "h1-toml", host: "h1", component: "chatbot", expected: "true" },
      reading: { path: "/srv/x.toml", format: "toml", key: "a" },
    });
    const drawn = draw(kit.estate.register, order, 3600);
    assert.equal(isRefused(drawn) && drawn.refused, "wrong-plan");
    const named = draw(kit.estate.register, { ...order, from: "4.2" }, 3600);
    assert.equal(isRefused(named) && named.refused, "wrong-plan");
  });
});

test("a rotate is defied by a process that ran before, and fulfilled by a new one", async () => {
  const kit = founded();
  await kit.witness();
  kit.sees(censusOf("h1"));
  const writ = await kit.carriedOut({ action: "rotate", component: "chatbot" });
  kit.sees(censusOf("h1"));
  assert.equal(kit.state(writ), "defied");
  await kit.witness();
  kit.sees(censusOf("h1", { runs: "nothing", link: "4.2", processes: [holder(99, newWeights)] }));
  assert.equal(kit.state(writ), "fulfilled");
});

describe("deployments", () => {
  const images = deployment(container, [image("4"), image("3")]);
  const rollback = { action: "rollback", component: "chatbot", from: "4.2", to: "3.8" } as const;

  test("are switched between links and services, by content, and shown whole", () => {
    const kit = founded(images);
    const writ = kit.drawn(rollback);
    assert.deepEqual(
      writ.steps.map(({ step }) => step),
      ["switch-link", "switch-deployment", "restart-service"],
    );
    const text = renderWrit(encodeWrit(writ));
    assert.ok(!isRefused(text));
    for (const said of [image("4"), image("3"), "/run/podman/podman.sock"]) {
      assert.ok(renderedText(text).includes(said), said);
    }
  });

  test("a decommission takes the deployment and what the system keeps", () => {
    const kit = founded(images);
    const kinds = (from?: string) =>
      kit
        .drawn({ action: "decommission", component: "chatbot", ...(from ? { from } : {}) })
        .steps.map(({ step }) => step);
    assert.deepEqual(kinds("3.8"), ["remove-stored", "remove-file"]);
    assert.ok(kinds("4.2").includes("remove-deployment"));
    assert.equal(kinds().filter((step) => step === "remove-stored").length, 2);
  });

  test("what no probe sees fulfils nothing, unless humans accepted that in the register", async () => {
    for (const isAccepted of [false, true]) {
      const spot = { vantage: "endpoints", where: "h1-http", why: "unreadable" } as const;
      const kit = founded(deployment(gateway, ["4.2", "3.8"]), {
        document: "host",
        host: "h1",
        owner: "ops",
        blindSpots: isAccepted ? [spot] : [],
      });
      await kit.witness();
      const writ = await kit.carriedOut(rollback);
      kit.sees(censusOf("h1", { runs: "3.8" }));
      assert.equal(kit.state(writ), isAccepted ? "fulfilled" : "verifying");
    }
  });

  test("a target that can be moved under an order is not registered", () => {
    const kit = founded();
    const tagged = deployment(container, ["chatbot:4.2", "chatbot:3.8"]);
    const body = { kind: "register", set: [tagged], remove: [] } as const;
    assert.equal(kit.refuses("ada", body), "conflicting-register");
  });
});
