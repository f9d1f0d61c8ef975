/** What is otherwise between two moments of the journal: in the register, and in the findings. */
import type { Estate } from "../estate/estate.ts";
import type { RegisterDocument } from "../register/document.ts";
import { documentKey, type Register } from "../register/register.ts";
import type { Said } from "../register/said.ts";
import type { Finding } from "./finding.ts";

/** A document that two registers have otherwise: `before` is absent if new, `after` if gone. */
export type RegisterDifference = {
  readonly key: string;
  readonly before?: { readonly document: RegisterDocument; readonly lifecycle?: string };
  readonly after?: { readonly document: RegisterDocument; readonly lifecycle?: string };
};

export type FindingsDifference = {
  readonly appeared: readonly Finding[];
  readonly ended: readonly Finding[];
  /** The same contradiction, borne with or owned otherwise: as it is after. */
  readonly changed: readonly Finding[];
};

/** Contradictions are the same if their digests are. */
export function findingsBetween(
  before: readonly Finding[],
  after: readonly Finding[],
): FindingsDifference {
  const had = new Map(before.map((one) => [one.digest, one]));
  const has = new Set(after.map(({ digest }) => digest));
  const word = ({ owner, accepted }: Finding) => JSON.stringify([owner, accepted]);
  return {
    appeared: after.filter(({ digest }) => !had.has(digest)),
    ended: before.filter(({ digest }) => !has.has(digest)),
    changed: after.filter((one) => {
      const was = had.get(one.digest);
      return was !== undefined && word(was) !== word(one);
    }),
  };
}

/** Documents that are new, gone, or say something else; releases whose lifecycle moved. */
export function registerBetween(
  { register: before }: Pick<Estate, "register">,
  { register: after }: Pick<Estate, "register">,
): readonly RegisterDifference[] {
  const [had, has] = [documentsOf(before), documentsOf(after)];
  return [...new Set([...had.keys(), ...has.keys()])].sort().flatMap((key) => {
    const [was, is] = [had.get(key), has.get(key)];
    if (JSON.stringify(was) === JSON.stringify(is)) return [];
    return [
      {
        key,
        ...(was === undefined ? {} : { before: was }),
        ...(is === undefined ? {} : { after: is }),
      },
    ];
  });
}

type Told = NonNullable<RegisterDifference["before"]>;

function documentsOf(register: Register): ReadonlyMap<string, Told> {
  const { components, releases, placements, controls, hosts } = register;
  const told = new Map<string, Told>();
  const note = ({ document }: Pick<Said<RegisterDocument>, "document">, lifecycle?: string) =>
    told.set(documentKey(document), {
      document,
      ...(lifecycle === undefined ? {} : { lifecycle }),
    });
  for (const list of [components, placements, controls, hosts]) {
    for (const one of list.values()) note(one);
  }
  for (const release of releases.values()) note(release, release.lifecycle);
  return told;
}
