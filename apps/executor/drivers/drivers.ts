/** Which driver carries out which step. */
import { type Step, unreachable } from "@writ/core";
import type { DeploymentStep } from "@writ/core/deployment";
import { configFileDriver, type SwitchLine } from "./config-file.ts";
import { type ContainerStep, containerDriver } from "./deployments/container.ts";
import { type GatewayKey, type GatewayStep, gatewayDriver } from "./deployments/gateway.ts";
import { type KubernetesStep, kubernetesDriver } from "./deployments/kubernetes.ts";
import { type OllamaStep, ollamaDriver } from "./deployments/ollama.ts";
import { type ScriptStep, scriptDriver } from "./deployments/script.ts";
import type { Boundaries, Driver } from "./driver.ts";
import { type ProcessStep, processDriver } from "./process-service.ts";
import { removeFileDriver } from "./remove-file.ts";
import { setControlDriver } from "./set-control.ts";
import { symlinkDriver } from "./symlink.ts";
import { localSystemctl, type SystemdStep, systemdDriver } from "./systemd-service.ts";

/** What drivers need besides the host: the key by which gateways know this executor, the time. */
export type DriverParts = {
  readonly boundaries: Boundaries;
  readonly key: GatewayKey;
  /** Milliseconds since 1970. */
  readonly now: () => number;
};

/** All drivers of this host, as one. */
export function hostDrivers({ boundaries, ...parts }: DriverParts): Driver<Step> {
  const deployment = deploymentDrivers({ boundaries, ...parts });
  const setControl = setControlDriver(boundaries);
  const symlink = symlinkDriver(boundaries);
  const configFile = configFileDriver(boundaries);
  const removeFile = removeFileDriver(boundaries);
  const process = processDriver(boundaries);
  const systemd = systemdDriver(localSystemctl());
  // Each driver is given only steps of its own kind: the switch is what makes the casts true.
  const driverOf = (step: Step): Driver<Step> => {
    switch (step.step) {
      case "switch-link":
        return step.line === undefined
          ? (symlink as Driver<Step>)
          : (configFile as Driver<SwitchLine> as Driver<Step>);
      case "remove-file":
        return removeFile as Driver<Step>;
      case "stop-service":
      case "start-service":
      case "restart-service":
        switch (step.service.manager) {
          case "process":
            return process as Driver<ProcessStep> as Driver<Step>;
          case "systemd":
            return systemd as Driver<SystemdStep> as Driver<Step>;
          default:
            return unreachable(step.service);
        }
      case "switch-deployment":
      case "stop-deployment":
      case "restart-deployment":
      case "remove-deployment":
      case "remove-stored":
        return deployment(step) as Driver<DeploymentStep> as Driver<Step>;
      case "set-control":
        return setControl as Driver<Step>;
      default:
        return unreachable(step);
    }
  };
  return {
    describe: (step) => driverOf(step).describe(step),
    remember: (step, since) => driverOf(step).remember(step, since),
    readState: (step, memory) => driverOf(step).readState(step, memory),
    carryOut: (step, memory) => driverOf(step).carryOut(step, memory),
  };
}

/** The driver of each system that decides which release runs. */
function deploymentDrivers({
  boundaries,
  key,
  now,
}: DriverParts): (step: DeploymentStep) => Driver<DeploymentStep> {
  const container = containerDriver(boundaries);
  const ollama = ollamaDriver(boundaries);
  const gateway = gatewayDriver({ key, now });
  const kubernetes = kubernetesDriver(boundaries);
  const script = scriptDriver();
  return ({ deployment }) => {
    switch (deployment.system) {
      case "container":
        return container as Driver<ContainerStep> as Driver<DeploymentStep>;
      case "ollama":
        return ollama as Driver<OllamaStep> as Driver<DeploymentStep>;
      case "http":
        return gateway as Driver<GatewayStep> as Driver<DeploymentStep>;
      case "kubernetes":
        return kubernetes as Driver<KubernetesStep> as Driver<DeploymentStep>;
      case "script":
        return script as Driver<ScriptStep> as Driver<DeploymentStep>;
      default:
        return unreachable(deployment);
    }
  };
}
