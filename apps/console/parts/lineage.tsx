/** A component's releases as a line through time, with arcs from each to what it was made from. */
import { inert } from "@writ/core/encoding";
import type { ReactNode } from "react";
import type { ReleaseInLine } from "../lineage.ts";
import { countText, shortDigest } from "../words.ts";
import { ProvenMark } from "./proven-mark.tsx";

export function Lineage({ releases }: { readonly releases: readonly ReleaseInLine[] }): ReactNode {
  if (releases.length === 0) return <p className="faint">None is registered.</p>;
  return (
    <ol className="lineage">
      {releases.map((told) => (
        <li key={told.release.release} className={`lineage-${told.lifecycle}`}>
          <svg className="lineage-mark" viewBox="0 0 16 16" aria-hidden="true">
            <circle cx="8" cy="8" r="5" />
          </svg>
          <div>
            <h3>
              {inert(told.release.release)} <span className="state">{told.lifecycle}</span>
            </h3>
            <p className="faint">
              {countText(told.release.artefacts.length, "artefact")}
              {told.release.artefacts.slice(0, 3).map(({ name, digest }) => (
                <span key={name}>
                  , {inert(name)} <code>{shortDigest(digest)}</code>
                </span>
              ))}
            </p>
            <Ties told={told} releases={releases} />
            {(told.release.defects ?? []).map(({ what, found }) => (
              <p key={what} className="cell-high">
                defect, found {inert(found)}: {inert(what)}
              </p>
            ))}
            {(told.release.vulnerabilities ?? []).map(({ id, state }) => (
              <p key={id} className={state === "affected" ? "cell-high" : "faint"}>
                {inert(id)}: {state}
              </p>
            ))}
            <ProvenMark index={told.index} />
          </div>
        </li>
      ))}
    </ol>
  );
}

function Ties({
  told,
  releases,
}: {
  readonly told: ReleaseInLine;
  readonly releases: readonly ReleaseInLine[];
}) {
  const from = told.ties.map(({ from: at, how }) => `${how}: ${releases[at]!.release.release}`);
  const all = [...from, ...told.origins.map((origin) => `made from ${origin}`)];
  return all.length === 0 ? null : <p>{inert(all.join("; "))}</p>;
}
