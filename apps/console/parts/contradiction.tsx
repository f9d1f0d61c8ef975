/** A contradiction: two sides that do not meet, with the time that it has stood between them. */

import { Link } from "@tanstack/react-router";
import { inert } from "@writ/core/encoding";
import type { ReactNode } from "react";
import type { FindingSide, FindingTold } from "../server-connection.ts";
import { agoText, localText } from "../words.ts";
import { KindMark } from "./kind-mark.tsx";
import { ProvenMark } from "./proven-mark.tsx";

type Parts = { readonly finding: FindingTold; readonly now: number };

export function Contradiction({ finding, now }: Parts): ReactNode {
  const { rule, severity, host, where, left, right, since, advice, writ, owner } = finding;
  const { accepted } = finding;
  return (
    <article className={`contradiction severity-${severity}`}>
      <header>
        <span className={`severity severity-${severity}`}>{severity}</span>
        <h3>{rule}</h3>
        {accepted === undefined ? null : (
          <span className="state">accepted until {localText(accepted.until)}</span>
        )}
        <span className="where">
          {inert(host)} <bdi>{inert(where)}</bdi>
        </span>
      </header>
      <div className="sides">
        <Side side={left} />
        <div className="gap" role="note">
          <span className="gap-line" aria-hidden="true" />
          <span className="gap-says">
            do not meet
            <time dateTime={since.time === 0 ? "" : new Date(since.time).toISOString()}>
              {since.time === 0 ? "not yet witnessed" : `since ${agoText(since.time, now)}`}
            </time>
          </span>
          <span className="gap-line" aria-hidden="true" />
        </div>
        <Side side={right} />
      </div>
      <footer>
        <p>{inert(advice)}</p>
        {accepted === undefined ? null : (
          <p>
            Accepted by {inert(accepted.by)}: <bdi>{inert(accepted.reason)}</bdi>{" "}
            <ProvenMark index={accepted.entry} />
          </p>
        )}
        {owner === undefined ? null : <p className="faint">Owner: {inert(owner)}</p>}
        <p className="faint">
          <code>./writ findings accept {finding.digest.slice(7, 15)} --help</code>
        </p>
        <p className="faint">
          {since.time === 0 ? "" : `${localText(since.time)}. `}
          {writ === undefined ? null : (
            <Link to="/writs/$digest" params={{ digest: writ }}>
              the writ
            </Link>
          )}
        </p>
      </footer>
    </article>
  );
}

function Side({ side }: { readonly side: FindingSide }) {
  return (
    <section className={`side side-${side.kind}`}>
      <KindMark kind={side.kind} />
      <p className={`voice voice-${side.kind}`}>
        <bdi>{inert(side.says)}</bdi>
      </p>
      {side.entry === undefined ? null : <ProvenMark index={side.entry} />}
    </section>
  );
}
