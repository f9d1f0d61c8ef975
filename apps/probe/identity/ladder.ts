/**
 * What bytes are a copy of, by their content alone: archives are looked into, models compared by
 * the sketch and, where reading them whole is cheap, by exact values; whatever else is left, by
 * chunks. Nothing found is no proof of anything if the comparison stopped: then it says where.
 */
import { type Digest, type Identity, identitiesMax, isRefused, likenesses } from "@writ/core";
import {
  archiveKind,
  atTheDoor,
  coverageOf,
  type Identification,
  identify,
  type Model,
  membersOf,
  openModel,
  type Reader,
  usualLimits,
  weightsOf,
} from "@writ/weights";
import { readWhole, stretchesOf } from "../files/content-pass.ts";
import type { Enrolled } from "./enrolled.ts";
import type { MemberSpool } from "./member-spool.ts";
import { containerOf, edgeBytes, kindOfContainer } from "./weights.ts";

export type LadderParts = {
  readonly key: Uint8Array;
  readonly enrolled: readonly Enrolled[];
  /** Digests that the register names, by size. */
  readonly artefacts: ReadonlyMap<number, ReadonlySet<Digest>>;
  readonly spool: MemberSpool;
  /** Its bytes are elsewhere: large models are known by the sketch alone, parts are not sought. */
  readonly isDistant?: boolean;
};

export type Compared = {
  readonly known: readonly Identity[];
  /** Why it could not be compared to the end; absent if it was. */
  readonly open?: string;
};

/** Models up to this size are read whole, for the exact rungs: it takes about a second. */
const wholeBytesMax = 256 * 1024 * 1024;
/** The same, for bytes that come over a network. */
export const distantBytesMax = 64 * 1024 * 1024;
/** Members smaller than this are looked at only if the register names their size. */
const memberBytesMin = 64;
/** Plain and unknown members smaller than this hold no part of a model worth a name. */
const opaqueBytesMin = 256 * 1024;
/** Bytes in enrolled chunks from which on they count as a part of a model. */
const fragmentBytesMin = 256 * 1024;
const fragmentPartMin = 0.01;
const headBytes = 512;
const evidenceLengthMax = 512;

/** Compares one file's bytes with all that is enrolled, and with the register's digests. */
export async function compare(reader: Reader, parts: LadderParts): Promise<Compared> {
  const head = await reader.read(0, Math.min(headBytes, reader.size));
  const model = await openModel(reader, {});
  if (!isRefused(model)) return { known: listed(await modelIdentity(reader, model, parts)) };
  if (archiveKind(head) === undefined) {
    return { known: listed(await fragmentIdentity(reader, parts)) };
  }
  const inside = await compareMembers(reader, parts);
  if (inside.known.length > 0) return inside;
  // Bytes between an archive's members, or behind its end, are nobody's.
  return { ...inside, known: listed(await fragmentIdentity(reader, parts)) };
}

function listed(identity: Identity | undefined): readonly Identity[] {
  return identity === undefined ? [] : [identity];
}

async function modelIdentity(
  reader: Reader,
  model: Model,
  parts: LadderParts,
): Promise<Identity | undefined> {
  const { key, enrolled } = parts;
  const wholeMax = parts.isDistant ? distantBytesMax : wholeBytesMax;
  const contents = reader.size <= wholeMax ? [await readWhole(reader, model)] : [];
  const weights = weightsOf(model);
  const result = await identify(
    { weights, contents },
    enrolled.map(({ fingerprint }) => fingerprint),
    { key },
  );
  const found = identityOf(result, typeOf(weights));
  return found ?? fragmentIdentity(reader, parts);
}

/** The type in which most of the values are stored. */
function typeOf(weights: ReturnType<typeof weightsOf>): string | undefined {
  const elements = new Map<string, number>();
  for (const { type, elements: count } of weights) {
    elements.set(type, (elements.get(type) ?? 0) + count);
  }
  return [...elements].sort(([, a], [, b]) => b - a)[0]?.[0]?.slice(0, 32);
}

function identityOf(result: Identification, type: string | undefined): Identity | undefined {
  const how = likenesses.find((likeness) => likeness === result.verdict);
  if (how === undefined || result.match === undefined) return undefined;
  const { error } = result;
  return {
    how,
    of: result.match as Digest,
    completeness: thousandths(result.completeness),
    ...(type === undefined ? {} : { type }),
    distance: Math.min(1_000_000, Math.round(result.distance * 1000)),
    ...("pValue" in error
      ? { exponent: Math.max(-300, Math.min(0, Math.ceil(Math.log10(error.pValue)))) }
      : { unseen: Math.min(1_000_000, Math.ceil(error.bound * 1_000_000)) }),
    evidence: result.evidence
      .map(({ detail }) => detail)
      .join("; ")
      .slice(0, evidenceLengthMax),
  };
}

/** Never a thousand for less than all. */
function thousandths(part: number): number {
  return part >= 1 ? 1000 : Math.max(0, Math.min(999, Math.round(part * 1000)));
}

/** By chunks: a part of an enrolled file, wherever it lies in these bytes. */
async function fragmentIdentity(reader: Reader, parts: LadderParts): Promise<Identity | undefined> {
  const { enrolled, isDistant } = parts;
  if (isDistant && reader.size > distantBytesMax) return undefined;
  const found = enrolled.map(() => ({
    bytes: 0,
    chunks: 0,
    first: undefined as number | undefined,
  }));
  if (enrolled.every(({ chunks }) => chunks.bytes === 0)) return undefined;
  let start = 0;
  for await (const content of stretchesOf(reader)) {
    for (const [index, { chunks }] of enrolled.entries()) {
      const coverage = coverageOf(content.chunks, chunks);
      const tally = found[index]!;
      tally.bytes = Math.min(chunks.bytes, tally.bytes + coverage.found);
      tally.chunks += coverage.chunks;
      if (coverage.firstOffset !== undefined) tally.first ??= start + coverage.firstOffset;
    }
    start += content.size;
  }
  const best = found.reduce((most, { bytes }, i) => (bytes > found[most]!.bytes ? i : most), 0);
  const { digest, chunks } = enrolled[best]!;
  const { bytes, first, chunks: count } = found[best]!;
  const part = chunks.bytes === 0 ? 0 : bytes / chunks.bytes;
  if (bytes === 0 || (bytes < fragmentBytesMin && part < fragmentPartMin)) return undefined;
  const evidence = `${count} chunks, ${bytes} of ${chunks.bytes} bytes, from offset ${first}`;
  return { how: "fragment", of: digest, completeness: thousandths(part), evidence };
}

async function compareMembers(reader: Reader, parts: LadderParts): Promise<Compared> {
  const known: Identity[] = [];
  let open: string | undefined;
  for await (const inner of membersOf(reader, { limits: usualLimits })) {
    if (inner.kind === "trouble") {
      // A bomb hides what comes after it; what is merely broken or encrypted is told as it is.
      if (inner.refused.refused === "oversized") open = inner.refused.detail;
      continue;
    }
    const found = await atTheDoor(() => memberIdentity(inner.reader, parts));
    if (found === "no-room") open = "no room on the disk to look at a member";
    else if (found !== undefined && !("refused" in found) && known.length < identitiesMax) {
      const { identity, container } = found;
      const path = inner.path.slice(0, 16).map((name) => name.slice(0, 1024));
      known.push({ ...identity, within: { path, container, size: inner.reader.size } });
    }
  }
  return open === undefined ? { known } : { known, open };
}

async function memberIdentity(
  member: Reader,
  parts: LadderParts,
): Promise<{ identity: Identity; container: string } | "no-room" | undefined> {
  const { size } = member;
  const named = parts.artefacts.get(size);
  if (size < memberBytesMin && named === undefined) return undefined;
  const edge = Math.min(edgeBytes, size);
  const head = (await member.read(0, edge)).slice();
  const kind = kindOfContainer(containerOf({ head, tail: head, size }));
  if (named === undefined && kind !== "model" && size < opaqueBytesMin) return undefined;
  const reader = member.access === "forward" ? await parts.spool.keep(member) : member;
  if (reader === undefined) return "no-room";
  const tail = await reader.read(size - edge, edge);
  const container = containerOf({ head, tail, size });
  if (named !== undefined) {
    const { sha256 } = await readWhole(reader);
    const digest: Digest = `sha256:${Buffer.from(sha256).toString("hex")}`;
    if (named.has(digest)) return { identity: identicalTo(digest), container };
  }
  const model = await openModel(reader, {});
  const identity = isRefused(model)
    ? await fragmentIdentity(reader, parts)
    : await modelIdentity(reader, model, parts);
  return identity === undefined ? undefined : { identity, container };
}

function identicalTo(digest: Digest): Identity {
  return { how: "identical", of: digest, completeness: 1000, unseen: 0, evidence: digest };
}
