/**
 * The driver of containers, by the API that Docker and Podman share. An image is known by its id,
 * which is the digest of its configuration and through it of all its layers; a tag is never asked.
 */
import type { ContainerSystem, DeploymentStep } from "@writ/core/deployment";
import { type Boundaries, type Driver, type Reading, unreadable } from "../driver.ts";
import { type Engine, engineAt, type Inspected, inspectedImage } from "./engine.ts";
import { successorOf } from "./successor.ts";

export type ContainerStep = DeploymentStep & { readonly deployment: ContainerSystem };

/** The old one steps aside under this name until the new one runs. */
const asideName = (name: string) => `${name}.writ-before`;

/** Containers as deployments. */
export function containerDriver(boundaries: Boundaries): Driver<ContainerStep> {
  return {
    describe: (step) => describe(step),
    remember: async ({ step, deployment }) => {
      if (step !== "restart-deployment") return "";
      const found = await engineAt(deployment.socket).inspect(deployment.container);
      return found === undefined ? "" : startOf(found);
    },
    readState: async (step, memory) => {
      try {
        return await read(step, engineAt(step.deployment.socket), memory);
      } catch (error) {
        return unreadable(error);
      }
    },
    carryOut: async (step, memory) => {
      const engine = engineAt(step.deployment.socket);
      const { state, detail } = await read(step, engine, memory);
      if (state === "after") return undefined;
      if (state !== "before") return detail;
      return effect(step, engine, boundaries);
    },
  };
}

function describe(step: ContainerStep): string {
  const { container } = step.deployment;
  if (step.step === "switch-deployment") {
    return `make container ${container} anew from image ${step.after}, which ran ${step.before}`;
  }
  return step.step === "remove-stored"
    ? `remove image ${step.target}`
    : `${step.step.split("-")[0]} container ${container}, which runs image ${step.target}`;
}

function startOf({ id, started }: Inspected): string {
  return `${id} ${started}`;
}

async function read(
  step: ContainerStep,
  engine: Engine,
  memory: string | undefined,
): Promise<Reading> {
  if (step.step === "remove-stored") return readImage(step.target, engine);
  const { container } = step.deployment;
  const found = await engine.inspect(container);
  const aside = await engine.inspect(asideName(container));
  const detail = wordsOf(container, found);
  if (step.step === "switch-deployment") return readSwitch(step, { found, aside, detail });
  if (step.step === "remove-deployment") {
    const left = await volumesLeft(step.deployment, engine);
    if (found === undefined && aside === undefined) {
      return left.length === 0
        ? { state: "after", detail }
        : { state: "before", detail: `${detail}; volumes are left: ${left.join(", ")}` };
    }
  }
  if (found === undefined) return { state: "neither", detail };
  if (found.image !== step.target) return { state: "neither", detail };
  if (step.step === "stop-deployment") return { state: found.running ? "before" : "after", detail };
  if (step.step === "remove-deployment") return { state: "before", detail };
  const isAnew = memory !== undefined && found.running && startOf(found) !== memory;
  return { state: isAnew ? "after" : "before", detail };
}

function readSwitch(
  { before, after }: Extract<ContainerStep, { step: "switch-deployment" }>,
  seen: {
    readonly found: Inspected | undefined;
    readonly aside: Inspected | undefined;
    readonly detail: string;
  },
): Reading {
  const { found, aside, detail } = seen;
  // Between two names: the old one stepped aside, the new one is not all there yet.
  if (aside?.image === before && (found === undefined || found.image === after)) {
    return { state: "before", detail: `${detail}; the old one stands aside` };
  }
  if (found?.image === before) return { state: "before", detail };
  if (found?.image !== after) return { state: "neither", detail };
  return found.running ? { state: "after", detail } : { state: "before", detail };
}

async function readImage(target: string, engine: Engine): Promise<Reading> {
  const image = await engine.image(target);
  if (image === undefined) return { state: "after", detail: `there is no image ${target}` };
  return { state: "before", detail: `image ${target} is there` };
}

async function volumesLeft({ volumes = [] }: ContainerSystem, engine: Engine): Promise<string[]> {
  const left: string[] = [];
  for (const volume of volumes) if (await engine.hasVolume(volume)) left.push(volume);
  return left;
}

function wordsOf(name: string, found: Inspected | undefined): string {
  if (found === undefined) return `there is no container ${name}`;
  return `container ${name} ${found.running ? "runs" : "has"} image ${found.image}`;
}

async function effect(
  step: ContainerStep,
  engine: Engine,
  boundaries: Boundaries,
): Promise<string | undefined> {
  const { container, volumes = [] } = step.deployment;
  switch (step.step) {
    case "switch-deployment":
      return change(step, engine, boundaries);
    case "stop-deployment":
      await engine.stop(container);
      return undefined;
    case "restart-deployment":
      await engine.stop(container);
      await boundaries.reached("effect-half-done");
      await engine.start(container);
      return undefined;
    case "remove-deployment":
      await engine.remove(asideName(container));
      await engine.remove(container);
      await boundaries.reached("effect-half-done");
      for (const volume of volumes) await engine.removeVolume(volume);
      return undefined;
    case "remove-stored": {
      const users = await engine.containersOf(step.target);
      if (users.length > 0) return `containers are made from it: ${users.join(", ")}`;
      await engine.removeImage(step.target);
      return undefined;
    }
    default:
      return step satisfies never;
  }
}

async function change(
  { deployment, after }: Extract<ContainerStep, { step: "switch-deployment" }>,
  engine: Engine,
  boundaries: Boundaries,
): Promise<string | undefined> {
  const { container } = deployment;
  const aside = asideName(container);
  if ((await engine.image(after)) === undefined) return `the engine has no image ${after}`;
  const standing = await engine.inspect(container);
  if (standing !== undefined && standing.image !== after) {
    await engine.stop(container);
    await engine.rename(container, aside);
  }
  await boundaries.reached("effect-half-done");
  if ((await engine.inspect(container)) === undefined) {
    const old = await engine.inspect(aside);
    if (old === undefined) return "the old container is gone";
    const own = inspectedImage(await engine.image(old.image));
    await engine.create(container, successorOf(old.whole, { image: after, own }));
  }
  const made = await engine.inspect(container);
  if (made?.running !== true) await engine.start(container);
  await boundaries.reached("started-beside-the-old");
  await engine.remove(aside);
  return undefined;
}
