/** What drives deployments and controls needs of core: `@writ/core/deployment`. */
export type {
  DeploymentStep,
  EndDeployment,
  SetControl,
  SwitchDeployment,
} from "../authority/step.ts";
export {
  badTarget,
  type ContainerSystem,
  type DeploymentSystem,
  type HttpSystem,
  type KubernetesSystem,
  type OllamaSystem,
  type ScriptSystem,
} from "./deployment.ts";
