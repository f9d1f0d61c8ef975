/**
 * The driver of workloads of Kubernetes: which image a Deployment or StatefulSet runs, which model
 * an InferenceService of KServe serves. Each change names the version of the object that was read,
 * so that a change in between is a conflict and not lost.
 */
import { setTimeout as delay } from "node:timers/promises";
import { unreachable } from "@writ/core";
import type { DeploymentStep, KubernetesSystem } from "@writ/core/deployment";
import { type Boundaries, type Driver, type Reading, unreadable } from "../driver.ts";
import { member, type Outside, rows, words } from "./wire.ts";

export type KubernetesStep = DeploymentStep & { readonly deployment: KubernetesSystem };

/** Quick rollouts are waited for; one of a model that loads for minutes is read again later. */
const rolloutMilliseconds = 30_000;
const glanceMilliseconds = 500;

/** The calls that steps are made of. */
type Cluster = {
  /** The object, or `undefined` if there is none. */
  readonly read: () => Promise<Outside | undefined>;
  /** A merge of these members into the object of that version. */
  readonly patch: (version: string, members: object) => Promise<void>;
  readonly remove: () => Promise<void>;
};

/** Workloads as deployments. */
export function kubernetesDriver(boundaries: Boundaries): Driver<KubernetesStep> {
  return {
    describe: (step) => describe(step),
    remember: async () => "",
    readState: async (step) => {
      try {
        return asReading(step, await (await clusterOf(step.deployment)).read());
      } catch (error) {
        return unreadable(error);
      }
    },
    carryOut: async (step) => {
      const cluster = await clusterOf(step.deployment);
      const object = await cluster.read();
      const { state, detail } = asReading(step, object);
      if (state === "after") return undefined;
      if (state === "neither") return detail;
      if (state === "before" && step.step === "remove-deployment") await cluster.remove();
      else if (state === "before") {
        const version = words(member(object, "metadata", "resourceVersion"));
        await cluster.patch(version, changeOf(step, object));
      }
      await boundaries.reached("effect-half-done");
      return settled(step, cluster);
    },
  };
}

async function settled(step: KubernetesStep, cluster: Cluster): Promise<string | undefined> {
  for (let waited = 0; waited < rolloutMilliseconds; waited += glanceMilliseconds) {
    const { state } = asReading(step, await cluster.read());
    if (state === "after") return undefined;
    await delay(glanceMilliseconds);
  }
  return `it is not all there after ${rolloutMilliseconds / 1000} s`;
}

function describe(step: KubernetesStep): string {
  const { kind, namespace, name } = step.deployment;
  const what = `${kind} ${namespace}/${name}`;
  return step.step === "switch-deployment"
    ? `make ${what} run ${step.after}, which ran ${step.before}`
    : `${step.step.split("-")[0]} ${what}, which runs ${step.target}`;
}

function asReading(step: KubernetesStep, object: Outside | undefined): Reading {
  const { deployment: system } = step;
  if (object === undefined) {
    const detail = `there is no ${system.kind} ${system.name}`;
    return { state: step.step === "remove-deployment" ? "after" : "neither", detail };
  }
  const target = targetIn(system, object);
  const detail = `it runs ${target ?? "nothing that can be told"}, ${rolloutWords(object)}`;
  const asked = step.step === "switch-deployment" ? step.after : step.target;
  switch (step.step) {
    case "switch-deployment":
      if (target === step.before) return { state: "before", detail };
      if (target !== asked) return { state: "neither", detail };
      return { state: isRolledOut(system, object) ? "after" : "unreadable", detail };
    case "stop-deployment": {
      if (target !== asked) return { state: "neither", detail };
      if (!isStopped(system, object)) return { state: "before", detail };
      const left = Number(member(object, "status", "replicas") ?? 0);
      return { state: left === 0 ? "after" : "unreadable", detail };
    }
    case "remove-deployment":
      if (member(object, "metadata", "deletionTimestamp") !== undefined) {
        return { state: "unreadable", detail: "it is on its way out" };
      }
      return { state: target === asked ? "before" : "neither", detail };
    case "restart-deployment":
    case "remove-stored":
      return { state: "unreadable", detail: "a cluster's images are its nodes' to keep" };
    default:
      return unreachable(step);
  }
}

function containerIn({ container }: KubernetesSystem, object: Outside): Outside {
  const all = rows(member(object, "spec", "template", "spec", "containers"));
  if (container === undefined) return all.length === 1 ? all[0] : undefined;
  return all.find((one) => member(one, "name") === container);
}

function targetIn(system: KubernetesSystem, object: Outside): string | undefined {
  const found =
    system.kind === "InferenceService"
      ? member(object, "spec", "predictor", "model", "storageUri")
      : member(containerIn(system, object), "image");
  return typeof found === "string" ? found : undefined;
}

/** As `kubectl rollout status` has it: the controller saw this version, and all pods are of it. */
function isRolledOut({ kind }: KubernetesSystem, object: Outside): boolean {
  const number = (...path: readonly string[]) => Number(member(object, ...path) ?? 0);
  const seen = number("status", "observedGeneration") >= number("metadata", "generation");
  if (kind === "InferenceService") {
    const ready = rows(member(object, "status", "conditions")).find(
      (one) => member(one, "type") === "Ready",
    );
    return seen && member(ready, "status") === "True";
  }
  const wanted = Number(member(object, "spec", "replicas") ?? 1);
  const all = ["updatedReplicas", "replicas", "availableReplicas"].map((name) =>
    number("status", name),
  );
  return seen && all.every((count) => count === wanted);
}

function rolloutWords(object: Outside): string {
  const wanted = Number(member(object, "spec", "replicas") ?? 1);
  return `${Number(member(object, "status", "updatedReplicas") ?? 0)} of ${wanted} replicas`;
}

/** KServe stops a service that bears this annotation. */
const stopAnnotation = "serving.kserve.io/stop";

function isStopped({ kind }: KubernetesSystem, object: Outside): boolean {
  if (kind !== "InferenceService") return member(object, "spec", "replicas") === 0;
  return member(object, "metadata", "annotations", stopAnnotation) === "true";
}

function changeOf(step: KubernetesStep, object: Outside): object {
  const { deployment: system } = step;
  if (step.step !== "switch-deployment") {
    return system.kind === "InferenceService"
      ? { metadata: { annotations: { [stopAnnotation]: "true" } } }
      : { spec: { replicas: 0 } };
  }
  if (system.kind === "InferenceService") {
    return { spec: { predictor: { model: { storageUri: step.after } } } };
  }
  // A merge replaces lists whole: the containers as they were read, but for one image.
  const own = containerIn(system, object);
  const containers = rows(member(object, "spec", "template", "spec", "containers")).map((one) =>
    one === own ? { ...(one as object), image: step.after } : one,
  );
  return { spec: { template: { spec: { containers } } } };
}

async function clusterOf(system: KubernetesSystem): Promise<Cluster> {
  // Large, and for those alone who have a cluster.
  const { KubeConfig, KubernetesObjectApi, PatchStrategy } = await import(
    "@kubernetes/client-node"
  );
  const config = new KubeConfig();
  config.loadFromFile(system.kubeconfig);
  const api = KubernetesObjectApi.makeApiClient(config);
  const { kind, namespace, name } = system;
  const apiVersion = kind === "InferenceService" ? "serving.kserve.io/v1beta1" : "apps/v1";
  const header = { apiVersion, kind, metadata: { name, namespace } };
  const missing = (error: unknown) => (error as { readonly code?: unknown }).code === 404;
  return {
    read: async () => {
      try {
        return await api.read(header);
      } catch (error) {
        if (missing(error)) return undefined;
        throw error;
      }
    },
    patch: async (resourceVersion, members) => {
      const { metadata, ...rest } = members as { readonly metadata?: object };
      const body = {
        ...header,
        ...rest,
        metadata: { ...header.metadata, ...metadata, resourceVersion },
      };
      await api.patch(body, undefined, undefined, "writ", undefined, PatchStrategy.MergePatch);
    },
    remove: async () => {
      try {
        await api.delete(header, undefined, undefined, undefined, undefined, "Foreground");
      } catch (error) {
        if (!missing(error)) throw error;
      }
    },
  };
}
