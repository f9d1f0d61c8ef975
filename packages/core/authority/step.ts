/**
 * Steps: what an executor does, as data that a human signed. Each says what must stand before and
 * what must stand after, so that doing it twice is doing it once, and reading tells where it is.
 */
import {
  digest,
  integer,
  object,
  oneOf,
  optional,
  type Shape,
  type Shaped,
  tagged,
  text,
} from "../encoding/shape.ts";
import { placePath, serviceManager } from "../register/document.ts";
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

export type SwitchLink = Shaped<typeof switchLink>;
export type ServiceStep = Shaped<typeof service>;
export type RemoveFile = Shaped<typeof removeFile>;
export type Step = SwitchLink | ServiceStep | RemoveFile;

export const stepShape: Shape<Step> = tagged<Step>("step", {
  "switch-link": switchLink,
  "stop-service": service,
  "start-service": service,
  "restart-service": service,
  "remove-file": removeFile,
});
