/** How steps on deployments and controls are told, whole. */
import { inertAscii } from "../encoding/inert.ts";
import { unreachable } from "../encoding/refusal.ts";
import type { DeploymentSystem } from "../register/deployment.ts";
import { type RenderedLine, spokenSeconds } from "./rendering.ts";
import type { DeploymentStep, SetControl } from "./step.ts";

type Told = DeploymentStep | SetControl;

const headings: { readonly [S in Told["step"]]: string } = {
  "switch-deployment": "switch a deployment",
  "stop-deployment": "stop a deployment",
  "restart-deployment": "restart a deployment",
  "remove-deployment": "remove a deployment",
  "remove-stored": "remove what a system keeps",
  "set-control": "restore a control",
};

/** The step in a few words. */
export function headingOf({ step }: Told): string {
  return headings[step];
}

/** Everything else that the step says. */
export function linesOf(step: Told): readonly RenderedLine[] {
  switch (step.step) {
    case "switch-deployment":
      return [
        ...systemLines(step.deployment),
        line("before", step.before),
        line("after", step.after),
      ];
    case "stop-deployment":
    case "restart-deployment":
    case "remove-deployment":
    case "remove-stored":
      return [...systemLines(step.deployment), line("target", step.target)];
    case "set-control":
      return controlLines(step);
    default:
      return unreachable(step);
  }
}

function systemLines(system: DeploymentSystem): readonly RenderedLine[] {
  switch (system.system) {
    case "container":
      return [
        line("system", "container"),
        line("engine", system.socket),
        line("container", system.container),
        ...(system.volumes ?? []).map((volume) => line("its volume", volume)),
      ];
    case "ollama":
      return [line("system", "ollama"), line("address", system.url), line("model", system.model)];
    case "http":
      return [
        line("system", "http"),
        line("address", system.url),
        line("value at", system.pointer),
      ];
    case "kubernetes":
      return [
        line("system", "kubernetes"),
        line("kubeconfig", system.kubeconfig),
        line("namespace", system.namespace),
        line("kind", system.kind),
        line("name", system.name),
        ...(system.container === undefined ? [] : [line("container", system.container)]),
      ];
    case "script":
      return [
        line("system", "script"),
        line("path", system.path),
        line("of content", system.digest),
        line("within", spokenSeconds(system.seconds)),
      ];
    default:
      return unreachable(system);
  }
}

function controlLines({ reading, after, owner, mode }: SetControl): readonly RenderedLine[] {
  return [
    line("path", reading.path),
    line("format", reading.format),
    ...(reading.key === undefined ? [] : [line("key", reading.key)]),
    ...(reading.environment === undefined ? [] : [line("overridden by", reading.environment)]),
    line("after", after),
    ...(owner === undefined ? [] : [line("owner", String(owner))]),
    ...(mode === undefined ? [] : [line("mode", mode)]),
  ];
}

function line(label: string, text: string): RenderedLine {
  return { label, text: inertAscii(text) };
}
