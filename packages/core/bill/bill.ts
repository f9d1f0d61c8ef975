/**
 * A bill of materials: a register as a document of another's format, and the way back. Formats know
 * less than a register does; the rest stands in properties that begin with `writ:`.
 */
import type { Digest } from "../encoding/digest.ts";
import type {
  Component,
  Control,
  Host,
  Lifecycle,
  Placement,
  RegisterDocument,
  Release,
} from "../register/document.ts";
import type { Fields, Saying } from "../register/said.ts";

type Entry<T> = {
  readonly document: T;
  readonly index: number;
  readonly fields?: Fields | undefined;
};

/** What is exported: a register, with who said each part of it. */
export type BillSource = {
  readonly estate: Digest;
  readonly components: readonly Entry<Component>[];
  readonly releases: readonly (Entry<Release> & { readonly lifecycle: Lifecycle })[];
  readonly others: readonly Entry<Placement | Control | Host>[];
  readonly sayings: ReadonlyMap<number, Saying>;
};

/** What the exporter is told from outside: the moment, and which licences the format knows. */
export type BillMoment = {
  /** RFC 3339, whole seconds, UTC. */
  readonly at: string;
  readonly isLicenceId: (text: string) => boolean;
};

/** What a document of another's format says, in the register's words. */
export type Imported = {
  readonly documents: readonly RegisterDocument[];
  /** Ids of components whose owner the document does not name. */
  readonly ownerless: readonly string[];
  /** By `component@release`: where the document says that a release stands, if it does. */
  readonly lifecycles: ReadonlyMap<string, Lifecycle>;
  /** What Writ has no place for, or may not believe: where it stands, and why it was left. */
  readonly left: readonly Left[];
};

export type Left = { readonly at: string; readonly why: string };

export const leftUnknown = "no place for it in the register";

/** A register id from a name that anybody may have chosen. */
export function plainId(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9._:@+-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "");
  return plain === "" ? "unnamed" : plain.slice(0, 128);
}

/** True for what can stand where a format wants an address. */
export function isAddress(text: string): boolean {
  return /^(?:https?|git|ssh|s3|gs|hf|oci|ftp):\/\/[A-Za-z0-9._~:/?#@!$&'()*+,;=-]{1,2000}$/.test(
    text,
  );
}

const dayPattern = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])$/;
const timePattern = /^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?Z$/;

/** RFC 3339 in UTC, as formats take it; days that not every month has are left to a property. */
export function isInstant(text: string): boolean {
  const [day = "", time = ""] = text.split("T");
  return text === `${day}T${time}` && dayPattern.test(day) && timePattern.test(time);
}
