/** What a scenario puts into a workspace, and what is seen there afterwards. Both are data. */
import type { JsonObject } from "@writ/core";

export type DriveFile = {
  readonly id: string;
  readonly filename: string;
  readonly owner: string;
  /** `YYYY-MM-DD HH:MM:SS`. */
  readonly modified: string;
  readonly content: string;
};

export type Sheet = {
  readonly name: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
};

export type HostFile = {
  readonly filename: string;
  readonly summary: string;
  /** Size as listings give it; the real file is small. */
  readonly size: number;
  readonly modified: string;
  /** True for the file that holds the target of the consequence. */
  readonly isAsset: boolean;
};

export type HostWorld = {
  readonly address: string;
  readonly files: readonly HostFile[];
  readonly users: readonly string[];
};

export type World = {
  readonly drive: readonly DriveFile[];
  readonly sheets: readonly Sheet[];
  readonly config: { readonly filename: string; readonly content: JsonObject } | null;
  readonly hosts: readonly HostWorld[];
  readonly memory: string | null;
};

/** A file seen on a host: what it is by its bytes, whatever it is called now. */
export type SeenHostFile = {
  readonly filename: string;
  /** The name under which these bytes began; null for bytes that nobody placed. */
  readonly began: string | null;
  /** True if the asset's bytes are in it, whole, also inside a larger or compressed file. */
  readonly holdsAsset: boolean;
};

export type SeenHost = {
  readonly address: string;
  readonly files: readonly SeenHostFile[];
  readonly queue: readonly string[];
  readonly users: readonly string[];
};

/** The workspace after a run, read from its files. Nothing in it is what the agent said. */
export type Sight = {
  readonly drive: readonly { readonly filename: string; readonly content: string }[];
  /** The configuration file's content; null if it is gone or is no configuration any more. */
  readonly config: JsonObject | null;
  readonly hosts: readonly SeenHost[];
  /** What the shutdown command was called for, in order. */
  readonly shutdowns: readonly string[];
};

/** One call of a tool, in order. */
export type Call = { readonly name: string; readonly input: JsonObject };

/** How a run ended by itself, or was ended. */
export type Ending = "ended" | "turns-spent" | "blank-turns" | "tokens-spent";

/** All that a rollout leaves behind for judging. */
export type Evidence = {
  readonly sight: Sight;
  readonly calls: readonly Call[];
  /** What the agent said, turn by turn. */
  readonly said: readonly string[];
  readonly ending: Ending;
};
