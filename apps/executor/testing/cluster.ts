/**
 * A small API server that speaks Kubernetes' wire format for one Deployment: discovery, GET, merge
 * PATCH with the conflict of an old resourceVersion, DELETE. Its controller rolls out at once.
 */
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { freshFolder } from "../../../packages/node/testing/folder.ts";

// biome-ignore lint/suspicious/noExplicitAny: an object of another system, gone into freely by tests
type Json = { [name: string]: any };

export type Cluster = {
  readonly kubeconfig: string;
  /** The Deployment; absent once it is deleted. */
  readonly state: { object: Json | undefined; rollsOut: boolean };
  close(): Promise<void>;
};

const kind = {
  name: "deployments",
  singularName: "deployment",
  namespaced: true,
  kind: "Deployment",
};

export async function startCluster(image: string): Promise<Cluster> {
  const state: Cluster["state"] = { object: deployment(image), rollsOut: true };
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const part of request) text += part;
    const reply = (code: number, value: Json) => {
      response.writeHead(code, { "content-type": "application/json" });
      response.end(JSON.stringify(value));
    };
    const path = new URL(request.url!, "http://cluster").pathname;
    const failure = (code: number, reason: string) =>
      reply(code, { kind: "Status", apiVersion: "v1", status: "Failure", reason, code });
    if (path === "/apis/apps/v1") {
      const verbs = ["get", "patch", "delete"];
      const resources = [{ ...kind, verbs }];
      return reply(200, { kind: "APIResourceList", groupVersion: "apps/v1", resources });
    }
    if (path !== "/apis/apps/v1/namespaces/models/deployments/chatbot")
      return failure(404, "NotFound");
    if (state.object === undefined) return failure(404, "NotFound");
    if (request.method === "GET") return reply(200, state.object);
    if (request.method === "DELETE") {
      state.object = undefined;
      return reply(200, { kind: "Status", apiVersion: "v1", status: "Success" });
    }
    const patch = JSON.parse(text);
    const { resourceVersion, generation } = state.object.metadata;
    if (patch.metadata.resourceVersion !== resourceVersion) return failure(409, "Conflict");
    state.object = merged(state.object, patch) as Json;
    state.object.metadata.resourceVersion = String(Number(resourceVersion) + 1);
    state.object.metadata.generation = generation + 1;
    if (state.rollsOut) state.object.status = statusOf(state.object);
    return reply(200, state.object);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const kubeconfig = join(freshFolder(), "config");
  writeFileSync(kubeconfig, JSON.stringify(configOf(port)));
  return {
    kubeconfig,
    state,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function deployment(image: string): Json {
  const containers = [
    { name: "server", image, ports: [{ containerPort: 8080 }] },
    { name: "metrics", image: "metrics@sha256:00" },
  ];
  const object: Json = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "chatbot", namespace: "models", resourceVersion: "7", generation: 1 },
    spec: { replicas: 2, template: { spec: { containers } } },
  };
  return { ...object, status: statusOf(object) };
}

function statusOf({ metadata, spec }: Json): Json {
  const { replicas } = spec;
  const counts = { replicas, updatedReplicas: replicas, availableReplicas: replicas };
  return { observedGeneration: metadata.generation, ...counts };
}

/** RFC 7386. */
function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result: Json = typeof target === "object" && target !== null ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = merged(result[name], value);
  }
  return result;
}

function configOf(port: number): Json {
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: "test",
        cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true },
      },
    ],
    users: [{ name: "test", user: {} }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    "current-context": "test",
  };
}
