/**
 * The `controls` vantage: what each registered control says now, after duplicates, comments and
 * overrides, and who can change it. Release links and config lines are read here too.
 */
import { createHash } from "node:crypto";
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  realpathSync,
} from "node:fs";
import type { Assignment, ControlReading, Digest, SeenControl, SeenLink } from "@writ/core";
import { gapOf, type Ledger } from "../coverage.ts";
import { instantOf } from "../files/mass-table.ts";
import { ownMounts } from "../files/mounts.ts";
import { type Place, placeBuffer, placeOf, placeText } from "../files/place.ts";
import { type Environments, openEnvironments } from "../processes/environment.ts";
import { valueIn } from "./control-value.ts";
import { type ControlViews, openControlViews } from "./control-views.ts";

/** Configuration is small; a larger file under a control's name is not read as one. */
export const controlBytesMax = 4 * 1024 * 1024;
/** Limit of the census's shape. A longer value is known by the file's digest. */
const valueLengthMax = 4096;

export type ControlsParts = {
  readonly proc: string;
  readonly assignment: Assignment;
  readonly ledger: Ledger;
  readonly onProgress: (place: string) => void;
};

type SeenControls = { readonly controls: SeenControl[]; readonly links: SeenLink[] };

/** Reads every control, release link and config line that the assignment names. */
export function lookAtControls(parts: ControlsParts): SeenControls {
  const { assignment, ledger } = parts;
  const environments = openEnvironments(parts);
  const covered = new Set<string>(ownMounts(parts).map(({ point }) => point));
  const views = openControlViews(parts);
  const reader = { ledger, environments, covered, views };
  const controls = assignment.controls.map(({ control, reading }) => {
    ledger.entries += 1;
    parts.onProgress(reading.path);
    const { value, because, facts, state } = readControl(reader, reading);
    return {
      control,
      state,
      ...(value === undefined ? {} : { value }),
      because: because.join("; ").slice(0, 1024),
      ...facts,
    };
  });
  const links = assignment.links.map((path): SeenLink => {
    ledger.entries += 1;
    const target = targetOf(path, ledger);
    return target === undefined ? { path } : { path, target };
  });
  const lines = assignment.lines.map((reading): SeenLink => {
    ledger.entries += 1;
    const { value } = readControl(reader, reading);
    return value === undefined ? { path: reading.path } : { path: reading.path, value };
  });
  return { controls, links: [...links, ...lines] };
}

type Reader = {
  readonly ledger: Ledger;
  readonly environments: Environments;
  readonly covered: ReadonlySet<string>;
  readonly views: ControlViews;
};
type Facts = Omit<SeenControl, "control" | "state" | "value" | "because">;
type Read = {
  readonly state: SeenControl["state"];
  readonly value?: string;
  readonly because: string[];
  readonly facts: Facts;
};

function readControl(reader: Reader, reading: ControlReading): Read {
  const place = placeOf(reading.path);
  if (place === undefined) {
    reader.ledger.gap("/", "not-supported");
    return { state: "unreadable", because: ["the path is not absolute"], facts: {} };
  }
  const because: string[] = [];
  const facts: { -readonly [K in keyof Facts]: Facts[K] } = {};
  let state: Read["state"] = "present";
  let value: string | undefined;
  try {
    const link = lstatSync(placeBuffer(place), { bigint: true });
    facts.symlink = link.isSymbolicLink();
    Object.assign(facts, ownership(link));
    const real = realpathSync.native(placeBuffer(place), "latin1");
    if (real !== place && !facts.symlink) because.push("reached through a linked folder");
    if (reader.covered.has(place)) because.push("a mount lies over it");
    const { bytes, stat } = readWhole(place);
    Object.assign(facts, ownership(stat), { digest: digestOf(bytes) });
    reader.ledger.bytes += bytes.length;
    const read = valueIn(bytes.toString("utf8"), reading);
    if ("malformed" in read) {
      state = "unreadable";
      because.push(read.malformed);
    } else {
      because.push(read.because);
      if (read.found) value = read.value;
    }
  } catch (error) {
    state = stateOf(error, facts.symlink === true);
    because.push(error instanceof NotPlain ? error.message : gapOf(error));
    if (state === "unreadable") reader.ledger.gap(place, gapOf(error));
  }
  value = overridden({ reader, reading, place, because }, value);
  value = viewed({ reader, reading, place, because }, value);
  if (value !== undefined && value.length > valueLengthMax) {
    because.push(`value longer than ${valueLengthMax}, known by digest`);
    value = undefined;
  }
  const known = value === undefined ? {} : { value: value.toWellFormed() };
  return { state, ...known, because, facts };
}

/** A dangling link is there, and leads nowhere: its control is missing, and a symlink. */
function stateOf(error: unknown, isLink: boolean): Read["state"] {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT" || code === "ENOTDIR") return "missing";
  return code === "ELOOP" && isLink ? "missing" : "unreadable";
}

function overridden(
  at: { reader: Reader; reading: ControlReading; place: Place; because: string[] },
  value: string | undefined,
): string | undefined {
  const { environment } = at.reading;
  if (environment === undefined) return value;
  const overrides = at.reader.environments.overridesOf(at.place, environment);
  // One process that runs by another value is enough: the file's word no longer holds there.
  const other = overrides.find((override) => override.value !== value) ?? overrides[0];
  if (other === undefined) return value;
  at.because.push(`environment of pid ${other.pid}`);
  return other.value;
}

/** The value that a process gets which has another file under the control's name, if it differs. */
function viewed(
  at: { reader: Reader; reading: ControlReading; place: Place; because: string[] },
  value: string | undefined,
): string | undefined {
  for (const { pid, place } of at.reader.views.of(at.place)) {
    let other: string | undefined;
    try {
      const { bytes } = readWhole(place);
      const read = valueIn(bytes.toString("utf8"), at.reading);
      other = "malformed" in read || !read.found ? undefined : read.value;
    } catch (error) {
      // Another file that nobody can read is none that says what it ought to.
      if (gapOf(error) === "vanished-while-read") continue;
    }
    if (other === value) continue;
    at.because.push(`another file for pid ${pid}`);
    return other;
  }
  return value;
}

function ownership(stat: BigIntStats): Facts {
  return {
    owner: Number(stat.uid),
    mode: (Number(stat.mode) & 0o7777).toString(8).padStart(4, "0"),
    changed: instantOf(stat.ctimeNs),
  };
}

class NotPlain extends Error {}

function readWhole(place: Place): { bytes: Buffer; stat: BigIntStats } {
  // Not waiting on a FIFO that took the file's name.
  const file = openSync(placeBuffer(place), constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(file, { bigint: true });
    if (!stat.isFile()) throw new NotPlain("not a regular file");
    if (stat.size > controlBytesMax) throw new NotPlain(`over ${controlBytesMax} bytes`);
    const bytes = Buffer.allocUnsafe(controlBytesMax + 1);
    let size = 0;
    for (;;) {
      const count = readSync(file, bytes, size, bytes.length - size, size);
      if (count === 0) return { bytes: bytes.subarray(0, size), stat };
      size += count;
      if (size > controlBytesMax) throw new NotPlain(`over ${controlBytesMax} bytes`);
    }
  } finally {
    closeSync(file);
  }
}

function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function targetOf(path: string, ledger: Ledger): string | undefined {
  const place = placeOf(path);
  if (place === undefined) return undefined;
  try {
    return placeText(readlinkSync(placeBuffer(place), "latin1"));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // Not there, or no link: the census says so by giving no target.
    if (code !== "ENOENT" && code !== "EINVAL" && code !== "ENOTDIR") {
      ledger.gap(place, gapOf(error));
    }
    return undefined;
  }
}
