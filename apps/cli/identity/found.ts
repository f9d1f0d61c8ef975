/** The models among specimens: shards and external data belong to one, archives are looked into. */
import { join } from "node:path/posix";
import { atTheDoor, type Model, openModel, type Reader } from "@writ/weights";
import { containerOf, edgeBytes, kindOfContainer } from "@writ/weights/container";
import { archiveMembers, isArchive } from "./members.ts";
import type { OpenFiles } from "./open-files.ts";
import { besideOnDisk, folderOf, nameOf, type Specimen, type Unread } from "./specimen.ts";
import type { Spool } from "./spool.ts";

/** Something that is a model, or that may hold a part of one. */
export type Found = Specimen & {
  /** Format, or container by content where no tensors could be read. */
  readonly format: string;
  /** `model`: its tensors were read. `whole`: a model by its container. `other`: anything else. */
  readonly kind: "model" | "whole" | "other";
  readonly model: Model | undefined;
  /** The files that it is made of. */
  readonly files: readonly Reader[];
  /** In bytes, of all its files. */
  readonly size: number;
  /** What was wrong with it, where that is all that can be said. */
  readonly trouble: string | undefined;
};

export type Search = {
  readonly files: OpenFiles;
  readonly spool: Spool;
  /** Whether bytes that are no model matter too. */
  readonly others: boolean;
  readonly onSpecimen: (specimen: Specimen) => void;
};

type Everything = { readonly found: readonly Found[]; readonly unread: readonly Unread[] };

/** Goes through specimens that lie beside each other or not, and through archives among them. */
export async function findModels(
  specimens: readonly Specimen[],
  search: Search,
): Promise<Everything> {
  const found: Found[] = [];
  const unread: Unread[] = [];
  const claimed = new Set<string>();
  const places = new Map(specimens.map((one) => [`${folderOf(one)}\0${nameOf(one)}`, one]));
  const rest: Specimen[] = [];
  for (const specimen of [...specimens].sort(byRank)) {
    if (claimed.has(specimen.content)) continue;
    search.onSpecimen(specimen);
    const model = await openSpecimen(specimen, { places, claimed, search });
    if (model === undefined) rest.push(specimen);
    else found.push(model);
  }
  for (const specimen of rest) {
    if (claimed.has(specimen.content)) continue;
    let holds = false;
    if (await isArchive(specimen)) {
      search.onSpecimen(specimen);
      const inner = await archiveMembers(specimen, { spool: search.spool, plain: search.others });
      const below = await findModels(inner.specimens, search);
      found.push(...below.found);
      holds = below.found.some(({ kind }) => kind !== "other");
      unread.push(
        ...below.unread,
        ...inner.troubles.map((trouble) => troubleOf(specimen, trouble)),
      );
    }
    const other = await otherOf(specimen, { holds });
    if (search.others || other.asked || other.kind === "whole") found.push(other);
  }
  return { found, unread };
}

function troubleOf(
  { path }: Specimen,
  { inside, detail }: { readonly inside: readonly string[]; readonly detail: string },
): Unread {
  return { path: [path, ...inside].join(" > "), detail };
}

/** What names others comes before them; shards come in their order. */
function byRank(a: Specimen, b: Specimen): number {
  const rank = (one: Specimen) => (/\.json$/i.test(nameOf(one)) ? 0 : 1);
  const difference = rank(a) - rank(b);
  if (difference !== 0) return difference;
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

type Beside = {
  readonly places: ReadonlyMap<string, Specimen>;
  readonly claimed: Set<string>;
  readonly search: Search;
};

async function openSpecimen(specimen: Specimen, beside: Beside): Promise<Found | undefined> {
  const taken = new Map<string, Specimen>([[specimen.content, specimen]]);
  const siblings = (name: string): Reader | undefined => {
    const folder = folderOf(specimen);
    const other =
      beside.places.get(placeOfSibling(folder, name)) ??
      besideOnDisk(specimen, name, beside.search.files);
    if (other !== undefined) taken.set(other.content, other);
    return other?.reader;
  };
  const model = await openModel(specimen.reader, { name: nameOf(specimen), siblings });
  if ("refused" in model) return undefined;
  for (const content of taken.keys()) beside.claimed.add(content);
  const files = [...taken.values()].map(({ reader }) => reader);
  return {
    ...specimen,
    ...{ format: model.format, kind: "model", model, files, trouble: undefined },
    size: files.reduce((sum, { size }) => sum + size, 0),
  };
}

/** Names beside a specimen may lead down into folders (`safeSiblingName` let them through). */
function placeOfSibling(folder: string, name: string): string {
  const at = name.lastIndexOf("/");
  if (at < 0) return `${folder}\0${name}`;
  const steps = folder.split("\0");
  steps.push(join(steps.pop()!, name.slice(0, at)));
  return `${steps.join("\0")}\0${name.slice(at + 1)}`;
}

/** `holds`: models were found in it. Of those, and of text and pictures, nothing is to be said. */
async function otherOf(specimen: Specimen, { holds }: { holds: boolean }): Promise<Found> {
  const { reader } = specimen;
  const edge = Math.min(edgeBytes, reader.size);
  const head = await reader.read(0, edge);
  const tail = await reader.read(reader.size - edge, edge);
  const format = containerOf({ head, tail, size: reader.size });
  const isPlain = kindOfContainer(format) === "plain";
  const kind = kindOfContainer(format) === "model" ? "whole" : "other";
  const asked = specimen.asked && !holds && !isPlain;
  const opened = kind === "whole" ? await atTheDoor(() => openModel(reader, {})) : undefined;
  const trouble = opened !== undefined && "refused" in opened ? opened.detail : undefined;
  const files = [reader];
  const { size } = reader;
  return { ...specimen, asked, format, kind, model: undefined, files, size, trouble };
}
