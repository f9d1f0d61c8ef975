/** What sight makes of a writ: ordered beside seen. */
import { inert } from "@writ/core/encoding";
import type { ReactNode } from "react";
import { KindMark } from "../parts/kind-mark.tsx";
import { ProvenMark } from "../parts/proven-mark.tsx";
import type { ProceedingTold } from "../server-connection.ts";

export function Disagreement({ proceeding }: { readonly proceeding: ProceedingTold }): ReactNode {
  const { verdict, writ, state } = proceeding;
  if (verdict === undefined) return null;
  const unseen = verdict.uncovered.map(({ host, why }) => `${host} (${why})`).join(", ");
  if (verdict.contradictions.length === 0) {
    return verdict.asOrdered.length === 0 ? null : (
      <p className="lead">
        <KindMark kind="observation" /> {verdict.asOrdered.length} places seen as ordered
        {verdict.uncovered.length === 0 ? "." : `; not seen yet: ${unseen}.`}
      </p>
    );
  }
  const going = writ.to === undefined ? "removed" : `only ${writ.to.release}`;
  return (
    <section aria-labelledby="disagreement">
      <h2 id="disagreement">{state === "defied" ? "Ordered, and seen" : "Seen otherwise"}</h2>
      {verdict.contradictions.map((contradiction) => (
        <article
          className="contradiction severity-critical"
          key={`${contradiction.what} ${contradiction.host} ${contradiction.where}`}
        >
          <header>
            <span className="severity severity-critical">critical</span>
            <h3>{contradiction.what}</h3>
            <span className="where">
              {inert(contradiction.host)} <bdi>{inert(contradiction.where)}</bdi>
            </span>
          </header>
          <div className="sides">
            <section className="side side-writ">
              <KindMark kind="writ" />
              <p className="voice voice-writ">
                {writ.component}: {going}, by human order
              </p>
            </section>
            <div className="gap" role="note">
              <span className="gap-line" aria-hidden="true" />
              <span className="gap-says">do not meet</span>
              <span className="gap-line" aria-hidden="true" />
            </div>
            <section className="side side-observation">
              <KindMark kind="observation" />
              <p className="voice voice-observation">
                <bdi>{inert(contradiction.detail)}</bdi>
              </p>
              <ProvenMark index={contradiction.index} />
            </section>
          </div>
        </article>
      ))}
    </section>
  );
}
