/**
 * Steps: what an executor does, as data that a human signed. Each says what must stand before and
 * what must stand after, so that doing it twice is doing it once, and reading tells where it is.
 */
import {
  digest,
  integer,
  matching,
  object,
  oneOf,
  optional,
  type Shape,
  type Shaped,
  tagged,
  text,
} from "../encoding/shape.ts";
import { deploymentSystem } from "../register/deployment.ts";
import { placePath, serviceManager } from "../register/document.ts";
import { controlReading } from "../sight/assignment.ts";
import { pathLengthMax } from "../sight/census.ts";

const name = text(128);

/** Makes a release link lead elsewhere, atomically. */
const switchLink = object({
  step: oneOf("switch-link"),
  host: name,
  placement: name,
  path: placePath,
  line: optional(object({ format: oneOf("env", "ini"), key: text(512) })),
  before: text(pathLengthMax),
  after: text(pathLengthMax),
});

/** Stops, starts or restarts a service. */
const service = object({
  step: oneOf("stop-service", "start-service", "restart-service"),
  host: name,
  placement: name,
  service: serviceManager,
});

/** Removes one named file, if it still holds the bytes that the writ names. */
const removeFile = object({
  step: oneOf("remove-file"),
  host: name,
  placement: name,
  path: placePath,
  digest,
  size: integer(0, Number.MAX_SAFE_INTEGER),
});

/** Makes a deployment run another target. */
const switchDeployment = object({
  step: oneOf("switch-deployment"),
  host: name,
  placement: name,
  deployment: deploymentSystem,
  before: text(pathLengthMax),
  after: text(pathLengthMax),
});

/**
 * Ends what a deployment runs: `stop` so that it can be looked into, `restart` so that it is new,
 * `remove` for good. `remove-stored` takes the target itself away where a system keeps it.
 */
const endDeployment = object({
  step: oneOf("stop-deployment", "restart-deployment", "remove-deployment", "remove-stored"),
  host: name,
  placement: name,
  deployment: deploymentSystem,
  target: text(pathLengthMax),
});

/** Brings a control back to what the register expects, whatever it was made to say. */
const setControl = object({
  step: oneOf("set-control"),
  host: name,
  /** The control's id. */
  placement: name,
  reading: controlReading,
  after: text(4096, 0),
  owner: optional(integer(0, 4_294_967_295)),
  mode: optional(matching(/^0[0-7]{3,4}$/, "octal permission bits such as 0644")),
});

export type SwitchDeployment = Shaped<typeof switchDeployment>;
export type EndDeployment = Shaped<typeof endDeployment>;
export type DeploymentStep = SwitchDeployment | EndDeployment;
export type SetControl = Shaped<typeof setControl>;
export type SwitchLink = Shaped<typeof switchLink>;
export type ServiceStep = Shaped<typeof service>;
export type RemoveFile = Shaped<typeof removeFile>;
export type Step = SwitchLink | ServiceStep | RemoveFile | DeploymentStep | SetControl;

export const stepShape: Shape<Step> = tagged<Step>("step", {
  "switch-link": switchLink,
  "stop-service": service,
  "start-service": service,
  "restart-service": service,
  "remove-file": removeFile,
  "switch-deployment": switchDeployment,
  "stop-deployment": endDeployment,
  "restart-deployment": endDeployment,
  "remove-deployment": endDeployment,
  "remove-stored": endDeployment,
  "set-control": setControl,
});
