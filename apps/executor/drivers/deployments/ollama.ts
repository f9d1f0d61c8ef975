/**
 * The driver of an Ollama server's names (github.com/ollama/ollama, docs/api.md). A name is known
 * by its manifest's digest; a name that was made to mean other bytes since is not copied.
 */
import { unreachable } from "@writ/core";
import type { DeploymentStep, OllamaSystem } from "@writ/core/deployment";
import { type Boundaries, type Driver, type Reading, unreadable } from "../driver.ts";
import { type Ask, ask, expect, jsonOf, member, type Outside, rows, words } from "./wire.ts";

export type OllamaStep = DeploymentStep & { readonly deployment: OllamaSystem };

const callMilliseconds = 60_000;

type Target = { readonly name: string; readonly digest: string };

/** Names of an Ollama server as deployments. */
export function ollamaDriver(boundaries: Boundaries): Driver<OllamaStep> {
  return {
    describe: (step) => describe(step),
    remember: async () => "",
    readState: async (step) => {
      try {
        return await read(step, serverAt(step.deployment.url));
      } catch (error) {
        return unreadable(error);
      }
    },
    carryOut: async (step) => {
      const server = serverAt(step.deployment.url);
      const { state, detail } = await read(step, server);
      if (state === "after") return undefined;
      if (state !== "before") return detail;
      return effect(step, server, boundaries);
    },
  };
}

function describe(step: OllamaStep): string {
  const { model, url } = step.deployment;
  if (step.step === "switch-deployment") return `serve ${step.after} as ${model} at ${url}`;
  const what = step.step === "remove-stored" ? step.target : `${model}, which is ${step.target}`;
  return `${step.step === "stop-deployment" ? "stop" : "remove"} ${what} at ${url}`;
}

type Server = ReturnType<typeof serverAt>;

function serverAt(url: string) {
  const call = (method: Ask["method"], path: string, body?: unknown) =>
    ask(`${url.replace(/\/$/, "")}${path}`, {
      method,
      milliseconds: callMilliseconds,
      ...(body === undefined
        ? {}
        : {
            body: Buffer.from(JSON.stringify(body)),
            headers: { "content-type": "application/json" },
          }),
    });
  const list = async (path: string) =>
    rows(member(jsonOf(expect(await call("GET", path), path, 200)), "models")).map(asModel);
  return {
    /** Every name that it has. */
    tags: () => list("/api/tags"),
    /** What it holds in memory now. */
    loaded: () => list("/api/ps"),
    copy: async (source: string, destination: string) => {
      expect(await call("POST", "/api/copy", { source, destination }), "/api/copy", 200);
    },
    remove: async (model: string) => {
      expect(await call("DELETE", "/api/delete", { model }), "/api/delete", 200, 404);
    },
    unload: async (model: string) => {
      const body = { model, keep_alive: 0, stream: false };
      expect(await call("POST", "/api/generate", body), "/api/generate", 200, 404);
    },
  };
}

function asModel(row: Outside): Target {
  return { name: words(member(row, "name")), digest: words(member(row, "digest")) };
}

/** `name:tag@sha256:…` as the register writes it; Ollama says the digest without `sha256:`. */
function targetOf(text: string): Target {
  const cut = text.lastIndexOf("@sha256:");
  return { name: text.slice(0, cut), digest: text.slice(cut + "@sha256:".length) };
}

/** Ollama adds `:latest` to a name without a tag. */
function whole(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1).includes(":") ? name : `${name}:latest`;
}

function digestIn(models: readonly Target[], name: string): string | undefined {
  return models.find((model) => model.name === whole(name))?.digest;
}

async function read(step: OllamaStep, server: Server): Promise<Reading> {
  const tags = await server.tags();
  const loaded = await server.loaded();
  const { model } = step.deployment;
  const standing = digestIn(tags, model);
  const detail = standing === undefined ? `there is no ${model}` : `${model} is ${standing}`;
  const inMemory = (digest: string) => loaded.some((one) => one.digest === digest);
  switch (step.step) {
    case "switch-deployment": {
      const [before, after] = [targetOf(step.before), targetOf(step.after)];
      if (standing === before.digest) return { state: "before", detail };
      if (standing !== after.digest) return { state: "neither", detail };
      // The old one answers those who call it by its other name; only this name must leave it.
      const stale = loaded.some((one) => one.name === whole(model) && one.digest === before.digest);
      return stale
        ? { state: "before", detail: `${detail}; the old one is still in memory` }
        : { state: "after", detail };
    }
    case "stop-deployment":
    case "remove-deployment": {
      const { digest } = targetOf(step.target);
      if (standing !== undefined && standing !== digest) return { state: "neither", detail };
      if (standing === undefined && !inMemory(digest)) return { state: "after", detail };
      return { state: "before", detail };
    }
    case "remove-stored": {
      const { name, digest } = targetOf(step.target);
      const own = digestIn(tags, name);
      if (own === undefined) return { state: "after", detail: `there is no ${name}` };
      return { state: own === digest ? "before" : "neither", detail: `${name} is ${own}` };
    }
    case "restart-deployment":
      return { state: "unreadable", detail: "what Ollama runs cannot be told from what it ran" };
    default:
      return unreachable(step);
  }
}

async function effect(
  step: OllamaStep,
  server: Server,
  boundaries: Boundaries,
): Promise<string | undefined> {
  const { model } = step.deployment;
  switch (step.step) {
    case "switch-deployment": {
      const after = targetOf(step.after);
      const own = digestIn(await server.tags(), after.name);
      if (own !== after.digest) return `${after.name} is ${own ?? "not there"}, not as signed`;
      await server.copy(after.name, model);
      await boundaries.reached("effect-half-done");
      await unload(server, targetOf(step.before));
      return undefined;
    }
    case "stop-deployment":
    case "remove-deployment":
      await unload(server, targetOf(step.target));
      await boundaries.reached("effect-half-done");
      await server.remove(model);
      return undefined;
    case "remove-stored":
      await server.remove(targetOf(step.target).name);
      return undefined;
    case "restart-deployment":
      return "what Ollama runs cannot be renewed by name";
    default:
      return unreachable(step);
  }
}

/** Takes a model out of memory, under whatever names it was loaded. */
async function unload(server: Server, { digest }: Target): Promise<void> {
  for (const { name } of (await server.loaded()).filter((one) => one.digest === digest)) {
    await server.unload(name);
  }
}
