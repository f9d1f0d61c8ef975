/**
 * What a host's probe is asked to look at besides its own roots: what the register names there.
 * It only ever adds to a look. A probe that is told nothing still counts everything in its roots,
 * and a registered thing that no census mentions is a finding.
 */

import type { Shaped } from "../encoding/shape.ts";
import { digest, integer, list, object, oneOf, optional, text } from "../encoding/shape.ts";
import { pathLengthMax, sightsMax } from "./census.ts";
import { askedShape, challengesMax } from "./challenge.ts";

const path = text(pathLengthMax);

/** How the value of a registered control, or a config-line release link, is read. */
export const controlReading = object({
  path,
  format: oneOf("json", "yaml", "toml", "ini", "env", "text"),
  /** Dotted key; absent for `text`, where the whole trimmed file is the value. */
  key: optional(text(512)),
  /** An environment variable that overrides the file in processes of the service, if set. */
  environment: optional(text(256)),
});

export const assignmentShape = object({
  host: text(128),
  controls: list(object({ control: text(128), reading: controlReading }), sightsMax),
  /** Paths of release links (symlinks), to be told even when they are missing. */
  links: list(path, sightsMax),
  /** Config-line release links. */
  lines: list(controlReading, sightsMax),
  /** Digests and sizes that the register names: a file of such a size is always digested. */
  artefacts: list(object({ digest, size: integer(0, Number.MAX_SAFE_INTEGER) }), sightsMax),
  /** Files to read at places that a fresh nonce tells; absent if nobody asks. */
  challenges: optional(list(askedShape, challengesMax)),
  /** Journal size at which a fresh look was asked for; a census since then answers it. */
  lookSince: integer(0, Number.MAX_SAFE_INTEGER),
});

export type Assignment = Shaped<typeof assignmentShape>;
export type ControlReading = Shaped<typeof controlReading>;
