/** The register as the server tells it, in the forms in which core takes it. */
import {
  applyChange,
  type Digest,
  emptyRegister,
  type Register,
  type RegisterDocument,
  releaseKey,
} from "@writ/core";
import type { BillSource } from "@writ/core/bill";
import type { RegisterAnswer } from "../commands/register.ts";

type Document<K extends string> = Extract<RegisterDocument, { readonly document: K }>;
type Said = RegisterAnswer["components"][number];

/** What an exporter takes. */
export function billSource(answer: RegisterAnswer, estate: Digest): BillSource {
  return {
    estate,
    components: answer.components.map(as<"component">),
    releases: answer.releases.map((one) => ({ ...as<"release">(one), lifecycle: one.lifecycle })),
    others: [...answer.placements, ...answer.controls, ...answer.hosts].map(
      as<"file" | "link" | "service" | "deployment" | "control" | "host">,
    ),
    sayings: new Map(
      answer.sayings.map(({ index, person, at, origin }) => [
        index,
        { person, at, ...(origin === undefined ? {} : { origin }) },
      ]),
    ),
  };
}

/** A register to hold an import against; indexes are not those of the journal. */
export function registerOf(answer: RegisterAnswer): Register {
  const register = emptyRegister();
  const { components, releases, placements, controls, hosts } = answer;
  const set = [...components, ...releases, ...placements, ...controls, ...hosts];
  applyChange(register, { set: set.map(({ document }) => document), remove: [] }, 0);
  for (const { document, lifecycle } of answer.releases) {
    const { component, release } = document as Document<"release">;
    const key = releaseKey(component, release);
    register.releases.set(key, { ...register.releases.get(key)!, lifecycle });
  }
  return register;
}

function as<K extends RegisterDocument["document"]>({ document, index, fields }: Said) {
  return { document: document as Document<K>, index, fields };
}
