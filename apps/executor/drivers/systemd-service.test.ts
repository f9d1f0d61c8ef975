import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  localSystemctl,
  orderArguments,
  parseUnitState,
  type SystemdStep,
  stateArguments,
  systemdDriver,
  unitReading,
} from "./systemd-service.ts";

const stepOf = (step: SystemdStep["step"]): SystemdStep => ({
  step,
  host: "h1",
  placement: "h1-server",
  service: { manager: "systemd", unit: "chatbot@4.service" },
});

describe("services of systemd", () => {
  test("arguments are a list, and the unit is never a flag", () => {
    assert.deepEqual(orderArguments("restart-service", "chatbot@4.service"), [
      "--no-pager",
      "--no-ask-password",
      "restart",
      "--",
      "chatbot@4.service",
    ]);
    assert.equal(orderArguments("stop-service", "--force.service").at(-2), "--");
    assert.equal(stateArguments("--force.service").at(-2), "--");
  });

  const shown = (active: string, pid: number, invocation = "aaaa") =>
    parseUnitState(
      `LoadState=loaded\nActiveState=${active}\nMainPID=${pid}\nInvocationID=${invocation}\n`,
    );

  test("a unit's state is read for each step", () => {
    const cases = [
      ["stop-service", shown("active", 7), undefined, "before"],
      ["stop-service", shown("inactive", 0), undefined, "after"],
      ["stop-service", shown("failed", 0), undefined, "after"],
      ["stop-service", shown("deactivating", 7), undefined, "unreadable"],
      ["start-service", shown("inactive", 0), undefined, "before"],
      ["start-service", shown("active", 7), undefined, "after"],
      ["restart-service", shown("active", 7), undefined, "before"],
      ["restart-service", shown("active", 7), "aaaa", "before"],
      ["restart-service", shown("inactive", 0), "aaaa", "before"],
      ["restart-service", shown("active", 8, "bbbb"), "aaaa", "after"],
      ["stop-service", parseUnitState("LoadState=not-found\n"), undefined, "neither"],
      ["stop-service", parseUnitState("nonsense"), undefined, "neither"],
    ] as const;
    for (const [step, state, memory, expected] of cases) {
      const reading = unitReading({ step }, state, memory);
      assert.equal(reading.state, expected, `${step} ${JSON.stringify(state)}`);
    }
  });

  test("a restart is ordered once: the next invocation is the one asked for", async () => {
    const orders: string[] = [];
    let invocation = "aaaa";
    const driver = systemdDriver(async (args) => {
      if (args.includes("show")) {
        return `LoadState=loaded\nActiveState=active\nMainPID=7\nInvocationID=${invocation}\n`;
      }
      orders.push(args.join(" "));
      invocation = "bbbb";
      return "";
    });
    const step = stepOf("restart-service");
    const memory = await driver.remember(step);
    for (let i = 0; i < 3; i += 1) assert.equal(await driver.carryOut(step, memory), undefined);
    assert.deepEqual(orders, ["--no-pager --no-ask-password restart -- chatbot@4.service"]);
    assert.equal((await driver.readState(step, memory)).state, "after");
  });

  test("where systemd does not run the machine, nothing can be told", async () => {
    const driver = systemdDriver(undefined);
    assert.equal((await driver.readState(stepOf("stop-service"), undefined)).state, "unreadable");
    assert.equal(typeof (await driver.carryOut(stepOf("stop-service"), "")), "string");
  });

  test("the machine's own systemd says that a unit of no name is not found", async (context) => {
    const systemctl = localSystemctl();
    if (systemctl === undefined) return context.skip("systemd does not run this machine");
    const state = parseUnitState(await systemctl(stateArguments("writ-no-such-unit.service")));
    assert.equal(state.load, "not-found");
  });
});
