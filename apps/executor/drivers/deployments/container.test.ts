import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { DeploymentStep } from "@writ/core/deployment";
import { lackOfPodman, openPodman } from "../../testing/podman.ts";
import { driverContract } from "../driver.contract.ts";
import { noBoundaries } from "../driver.ts";
import { type ContainerStep, containerDriver } from "./container.ts";
import { successorOf } from "./successor.ts";

const lack = lackOfPodman();
if (lack !== undefined) test("containers of a real engine", { skip: lack }, () => {});
else {
  const podman = await openPodman();
  after(podman.close);
  const newer = podman.image("four", "weights of 4.2");
  const older = podman.image("three", "weights of 3.8");
  let made = 0;

  const start = (...more: readonly string[]) => {
    made += 1;
    const name = `chatbot-${made}`;
    const flags = ["--detach", "--network", "none", "--stop-signal", "SIGKILL"];
    podman.run("run", ...flags, "--name", name, "--env", "PORT=8080", ...more, newer);
    return name;
  };
  const stepAt = (container: string, step: DeploymentStep["step"]): ContainerStep => {
    const deployment = { system: "container" as const, socket: podman.socket, container };
    const at = { host: "h1", placement: "h1-container", deployment };
    return step === "switch-deployment"
      ? { step, ...at, before: newer, after: older }
      : { step, ...at, target: newer };
  };
  const look = (name: string) => {
    const rows = podman.run(
      ...["ps", "--all", "--filter", `name=^${name}`],
      ...["--format", "{{.Names}} {{.ImageID}} {{.State}}"],
    );
    // For how long it is up is no state.
    const states = rows.replaceAll(name, "NAME").replace(/(Up|Exited|Created).*$/gm, "$1");
    return states.split("\n").sort();
  };

  driverContract("container switch", {
    driver: containerDriver,
    boundaries: ["effect-half-done", "started-beside-the-old"],
    fresh: async () => {
      const name = start();
      return {
        step: stepAt(name, "switch-deployment"),
        disturb: async () => {
          podman.run("rm", "--force", "--time", "0", name);
        },
        look: async () => look(name),
        cleanUp: async () => {
          podman.run("rm", "--force", "--ignore", "--time", "0", name, `${name}.writ-before`);
        },
      };
    },
  });

  test("a container that is made anew keeps its settings and leaves the old image's", async () => {
    const name = start();
    await containerDriver(noBoundaries).carryOut(stepAt(name, "switch-deployment"), "");
    const format = "{{range .Config.Env}}{{.}} {{end}}{{.HostConfig.NetworkMode}}";
    const said = podman.run("inspect", name, "--format", format);
    assert.match(said, /PORT=8080/);
    assert.match(said, /OF=three/);
    assert.doesNotMatch(said, /OF=four/);
    assert.match(said, /none$/);
    podman.run("rm", "--force", "--time", "0", name);
  });

  test("stops, starts anew, and takes away with its volume and its image", async () => {
    podman.run("volume", "create", "memory");
    const name = start("--volume", "memory:/memory");
    const driver = containerDriver(noBoundaries);
    const again = stepAt(name, "restart-deployment");
    const memory = await driver.remember(again);
    assert.equal((await driver.readState(again, memory)).state, "before");
    assert.equal(await driver.carryOut(again, memory), undefined);
    assert.equal((await driver.readState(again, memory)).state, "after");
    const stop = stepAt(name, "stop-deployment");
    assert.equal((await driver.readState(stop, "")).state, "before");
    assert.equal(await driver.carryOut(stop, ""), undefined);
    assert.equal((await driver.readState(stop, "")).state, "after");
    assert.match((await driver.carryOut(stepAt(name, "remove-stored"), ""))!, /made from it/);
    const remove = stepAt(name, "remove-deployment");
    const whole = { ...remove, deployment: { ...remove.deployment, volumes: ["memory"] } };
    assert.equal(await driver.carryOut(whole, ""), undefined);
    assert.equal((await driver.readState(whole, "")).state, "after");
    assert.equal(podman.run("volume", "ls", "--quiet"), "");
    const stored = stepAt(name, "remove-stored");
    assert.equal(await driver.carryOut(stored, ""), undefined);
    assert.equal((await driver.readState(stored, "")).state, "after");
    assert.equal(podman.run("images", "--quiet", "--filter", "reference=four"), "");
  });
}

test("what the old image set is not said again for the new one", () => {
  const config = { Env: ["A=1", "B=2"], Cmd: ["serve"], Hostname: "abcdef", Labels: { a: "1" } };
  const old = {
    Id: "abcdef0123",
    Config: config,
    HostConfig: { Memory: 0, Binds: ["/x:/y"], RestartPolicy: { Name: "always" } },
  };
  const own = { config: { Env: ["A=1"], Cmd: ["serve"], Labels: { a: "1" } } };
  const { Env, Cmd, Hostname, Labels, HostConfig } = successorOf(old, { image: "i", own });
  assert.deepEqual([Env, Cmd, Hostname, Labels], [["B=2"], undefined, undefined, {}]);
  assert.deepEqual(HostConfig, { Binds: ["/x:/y"], RestartPolicy: { Name: "always" } });
});
