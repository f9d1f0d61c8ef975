/** Releases of a component in the order of their registration, and what ties them to each other. */
import type { Release } from "@writ/core";
import type { RegisterTold } from "./server-connection.ts";

export type Tie = {
  /** Place in the list of the release that this one comes from. */
  readonly from: number;
  /** `same weights`, or how it was made from the other. */
  readonly how: string;
};

export type ReleaseInLine = {
  readonly release: Release;
  readonly lifecycle: string;
  /** Journal entry that registered it. */
  readonly index: number;
  readonly ties: readonly Tie[];
  /** What it was made from that is no release of this component. */
  readonly origins: readonly string[];
};

/** The releases of a component, first registered first. */
export function lineageOf(component: string, register: RegisterTold): readonly ReleaseInLine[] {
  const own = register.releases
    .flatMap(({ document, lifecycle, index }) =>
      document.document === "release" && document.component === component
        ? [{ release: document, lifecycle, index }]
        : [],
    )
    .sort((a, b) => a.index - b.index);
  const places = new Map(own.map(({ release: { release } }, at) => [release, at]));
  const firstWith = new Map<string, number>();
  return own.map((told, at) => {
    const ties: Tie[] = [];
    const origins: string[] = [];
    for (const { what, how } of told.release.derivedFrom ?? []) {
      const from = places.get(what) ?? places.get(what.replace(`${component}@`, ""));
      if (from === undefined || from === at)
        origins.push(how === undefined ? what : `${what}, ${how}`);
      else ties.push({ from, how: how ?? "derived" });
    }
    for (const { digest } of told.release.artefacts) {
      const from = firstWith.get(digest);
      if (from === undefined) firstWith.set(digest, at);
      else if (!ties.some((tie) => tie.from === from)) ties.push({ from, how: "same weights" });
    }
    return { ...told, ties, origins };
  });
}
