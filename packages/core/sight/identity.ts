/**
 * What a mass is by its values: which registered artefact it is a copy of, where its own digest is
 * no registered one. Told by a probe that compared them; numbers are whole, as in all documents.
 */
import {
  digest,
  integer,
  list,
  object,
  oneOf,
  optional,
  type Shaped,
  text,
} from "../encoding/shape.ts";

/** Ways in which bytes are a copy, the closest first. */
export const likenesses = [
  "identical",
  "same-values",
  "cast",
  "quantised",
  "fine-tuned",
  "altered",
  "fragment",
] as const;

/** Copies told of one mass: an archive may hold several. */
export const identitiesMax = 64;
/** The exponent of the smallest error told: beyond it a p-value has no meaning. */
const exponentMin = -300;

const identity = object({
  how: oneOf(...likenesses),
  /** Digest of the registered artefact. */
  of: digest,
  /** Thousandths of its values, or bytes, that are held; never 1000 for less than all. */
  completeness: integer(0, 1000),
  /** The type in which most of the values are stored: `Q4_0`. */
  type: optional(text(32)),
  /** Mean change of the values, in thousandths of their size. */
  distance: optional(integer(0, 1_000_000)),
  /** An independent model is as alike with a probability of at most ten to this. */
  exponent: optional(integer(exponentMin, 0)),
  /** Instead: millionths of the values that may differ unseen. */
  unseen: optional(integer(0, 1_000_000)),
  evidence: text(512, 0),
  /** If not the mass itself is the copy but something inside it. */
  within: optional(
    object({
      /** Names from the outermost archive inward, inert. */
      path: list(text(1024, 0), 16),
      container: text(32),
      size: integer(0, Number.MAX_SAFE_INTEGER),
    }),
  ),
});

export const identitiesShape = list(identity, identitiesMax);

export type Identity = Shaped<typeof identity>;
export type Likeness = Identity["how"];

/** `quantised copy (Q4_0)`, `fragment (61 %)`, `identical copy, in backup.tar > model.gguf`. */
export function identityWords(identity: Identity): string {
  const { how, type, completeness, within } = identity;
  const facts = [
    ...(type !== undefined && (how === "quantised" || how === "cast") ? [type] : []),
    ...(completeness < 1000 ? [`${partText(completeness)} of it`] : []),
    ...errorText(identity),
  ];
  const name = how === "fragment" ? "fragment" : `${how} copy`;
  const inside = within === undefined ? "" : `, inside at ${within.path.join(" > ")}`;
  return `${name}${facts.length === 0 ? "" : ` (${facts.join(", ")})`}${inside}`;
}

function partText(thousandths: number): string {
  return thousandths < 10 ? "under 1 %" : `${Math.floor(thousandths / 10)} %`;
}

function errorText({ exponent, unseen, how }: Identity): readonly string[] {
  if (how === "identical" || how === "fragment") return [];
  if (exponent !== undefined && exponent < 0) return [`p < 1e${exponent}`];
  return unseen === undefined || unseen === 0 ? [] : [`${unseen / 10_000} % unseen`];
}
