/** One component: its releases and where they come from, its places, what was ordered. */
import { Link, useParams } from "@tanstack/react-router";
import { inert } from "@writ/core/encoding";
import { type ReactNode, useMemo } from "react";
import { useFindings, useRegister, useWrits } from "../estate-queries.ts";
import { estateRows } from "../estate-rows.ts";
import { lineageOf } from "../lineage.ts";
import { Answered, Nothing } from "../parts/answers.tsx";
import { useNow } from "../parts/clock.tsx";
import { Contradiction } from "../parts/contradiction.tsx";
import { KindMark } from "../parts/kind-mark.tsx";
import { Lineage } from "../parts/lineage.tsx";
import { ProvenMark } from "../parts/proven-mark.tsx";
import { RowTable } from "../parts/row-table.tsx";
import type { FindingTold, RegisterTold, WritSummary } from "../server-connection.ts";
import { agoText, countText, shortDigest } from "../words.ts";

const noFindings: readonly FindingTold[] = [];
const noWrits: readonly WritSummary[] = [];

export function ComponentPage(): ReactNode {
  const { component = "" } = useParams({ strict: false });
  const query = useRegister();
  const { data: findings = noFindings } = useFindings();
  const { data: writs = noWrits } = useWrits();
  return (
    <Answered query={query}>
      {(register) => (
        <Component
          name={component}
          register={register}
          findings={findings.filter((finding) => finding.component === component)}
          writs={writs.filter((writ) => writ.component === component)}
        />
      )}
    </Answered>
  );
}

type Parts = {
  readonly name: string;
  readonly register: RegisterTold;
  readonly findings: readonly FindingTold[];
  readonly writs: readonly WritSummary[];
};

function Component({ name, register, findings, writs }: Parts) {
  const now = useNow();
  const told = register.components.find(({ document }) => named(document, name));
  const rows = useMemo(
    () => estateRows(register, findings).filter(({ component }) => component === name),
    [register, findings, name],
  );
  const releases = useMemo(() => lineageOf(name, register), [name, register]);
  if (rows.length === 0) {
    return (
      <Nothing title="Nobody has registered this component.">
        <Link to="/estate">What is registered</Link>
      </Nothing>
    );
  }
  const places = rows.filter(({ kind }) => kind === "placement" || kind === "control");
  const document = told?.document;
  const about = document?.document === "component" ? document : undefined;
  return (
    <>
      <h1>{inert(name)}</h1>
      {about === undefined ? null : (
        <>
          <p className="lead">
            A {about.kind}, owned by {inert(about.owner)}.{" "}
            {about.purpose === undefined ? "" : inert(about.purpose)}
          </p>
          <p>
            <KindMark kind="register" /> <ProvenMark index={told!.index} />
          </p>
        </>
      )}
      {findings.length === 0 ? null : (
        <section aria-labelledby="against">
          <h2 id="against">What does not meet</h2>
          {findings.map((finding) => (
            <Contradiction
              key={`${finding.rule} ${finding.host} ${finding.where} ${finding.right.says}`}
              finding={finding}
              now={now}
            />
          ))}
        </section>
      )}
      <section aria-labelledby="releases">
        <h2 id="releases">Releases</h2>
        <Lineage releases={releases} />
      </section>
      <section aria-labelledby="places">
        <h2 id="places">Places and controls</h2>
        <p className="faint">{countText(places.length, "row")}</p>
        <RowTable rows={places} />
      </section>
      <History writs={writs} now={now} />
    </>
  );
}

function named(document: object, name: string): boolean {
  return (document as { readonly component?: string }).component === name;
}

function History({ writs, now }: { readonly writs: readonly WritSummary[]; readonly now: number }) {
  return (
    <section aria-labelledby="history">
      <h2 id="history">What was ordered</h2>
      {writs.length === 0 ? <p className="faint">Nothing yet.</p> : null}
      <ul className="rows">
        {writs.map((writ) => (
          <li key={writ.digest}>
            <Link to="/writs/$digest" params={{ digest: writ.digest }} className="row">
              <span className="voice voice-writ">
                {writ.action}: {writ.from.join(", ")}
                {writ.to === undefined ? "" : ` → ${writ.to}`}
              </span>
              <span className={`state state-${writ.state}`}>{writ.state}</span>
              <span className="faint">
                <code>{shortDigest(writ.digest)}</code>{" "}
                {writ.proposed.time === null ? "just proposed" : agoText(writ.proposed.time, now)}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
