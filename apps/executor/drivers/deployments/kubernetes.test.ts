/** Against a small server of Kubernetes' wire format; a real cluster is not to be had in a test. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startCluster } from "../../testing/cluster.ts";
import { driverContract } from "../driver.contract.ts";
import { noBoundaries } from "../driver.ts";
import { type KubernetesStep, kubernetesDriver } from "./kubernetes.ts";

const image = (digit: string) => `registry.example/chatbot@sha256:${digit.repeat(64)}`;
const [newer, older] = [image("4"), image("3")];

function stepAt(kubeconfig: string, step: KubernetesStep["step"]): KubernetesStep {
  const deployment = {
    ...{ system: "kubernetes" as const, kubeconfig, namespace: "models" },
    ...{ kind: "Deployment" as const, name: "chatbot", container: "server" },
  };
  const at = { host: "h1", placement: "cluster-chatbot", deployment };
  return step === "switch-deployment"
    ? { step, ...at, before: newer, after: older }
    : { step, ...at, target: newer };
}

for (const kind of ["switch-deployment", "stop-deployment", "remove-deployment"] as const) {
  driverContract(`kubernetes ${kind}`, {
    driver: kubernetesDriver,
    boundaries: ["effect-half-done"],
    fresh: async () => {
      const cluster = await startCluster(newer);
      return {
        step: stepAt(cluster.kubeconfig, kind),
        disturb: async () => {
          cluster.state.object!.spec.template.spec.containers[0].image = image("9");
        },
        look: async () => structuredClone(cluster.state.object ?? null),
        cleanUp: cluster.close,
      };
    },
  });
}

test("one image is changed; a rollout that is under way is neither before nor after", async () => {
  const cluster = await startCluster(newer);
  const driver = kubernetesDriver(noBoundaries);
  const step = stepAt(cluster.kubeconfig, "switch-deployment");
  assert.equal(await driver.carryOut(step, ""), undefined);
  const { containers } = cluster.state.object!.spec.template.spec;
  assert.equal(containers[0].image, older);
  assert.equal(containers[0].ports[0].containerPort, 8080);
  assert.equal(containers[1].image, "metrics@sha256:00");
  cluster.state.object!.status.updatedReplicas = 1;
  assert.equal((await driver.readState(step, "")).state, "unreadable");
  await cluster.close();
  assert.equal((await driver.readState(step, "")).state, "unreadable");
});
