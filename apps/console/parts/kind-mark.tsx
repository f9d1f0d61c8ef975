/** Register, claim, observation, writ, rule: each has its glyph, colour, lettering everywhere. */
import type { ReactNode } from "react";
import type { FindingSide } from "../server-connection.ts";

export type Kind = FindingSide["kind"];

const glyphs: { readonly [K in Kind]: string } = {
  // A ruled page; a speech mark; an eye; a seal; a section sign.
  register: "M3 2h10v12H3zM5.500 5.500h5M5.500 8h5M5.500 10.500h3",
  claim: "M2 3h12v8H7l-3 3v-3H2z",
  observation: "M1 8c3-5.500 11-5.500 14 0c-3 5.500-11 5.500-14 0zM8 6a2 2 0 1 0 .01 0z",
  writ: "M8 1.500a6.500 6.500 0 1 0 .01 0zM5 6l1.500 5L8 7.500l1.500 3.500L11 6",
  rule: "M8 2v12M3 5h10M3 5l-1.500 4h3zM13 5l-1.500 4h3z",
};

export const kindWords: { readonly [K in Kind]: string } = {
  register: "register",
  claim: "claim",
  observation: "observation",
  writ: "writ",
  rule: "rule",
};

export function Glyph({ kind }: { readonly kind: Kind }): ReactNode {
  return (
    <svg className="glyph" viewBox="0 0 16 16" aria-hidden="true">
      <path d={glyphs[kind]} />
    </svg>
  );
}

export function KindMark({ kind, word }: { readonly kind: Kind; readonly word?: string }) {
  return (
    <span className={`kind kind-${kind}`}>
      <Glyph kind={kind} /> {word ?? kindWords[kind]}
    </span>
  );
}
