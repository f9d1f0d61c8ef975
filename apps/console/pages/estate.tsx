/** What ought to be, as a map and in one table; both stay quick at ten thousand rows. */
import { Link, useSearch } from "@tanstack/react-router";
import { inert } from "@writ/core/encoding";
import { lazy, type ReactNode, Suspense, useMemo, useState } from "react";
import { useFindings, useHosts, useRegister } from "../estate-queries.ts";
import { type EstateRow, estateRows, filterRows } from "../estate-rows.ts";
import { Answered, Nothing } from "../parts/answers.tsx";
import { useNow } from "../parts/clock.tsx";
import { RowTable } from "../parts/row-table.tsx";
import type { FindingTold, HostTold, RegisterTold } from "../server-connection.ts";
import { agoText, countText, numberText } from "../words.ts";

const EstateMap = lazy(async () => ({
  default: (await import("../parts/estate-map.tsx")).EstateMap,
}));

/** More hosts or components are found by the filter, on the map and in the table. */
const shownMax = 50;
const none: readonly FindingTold[] = [];

export function EstatePage(): ReactNode {
  const query = useRegister();
  const { data: findings = none } = useFindings();
  const { data: hosts = [] } = useHosts();
  return (
    <>
      <h1>Estate</h1>
      <p className="lead">
        What ought to exist and run, as registered; with it, the worst that sight has against it.
      </p>
      <Hosts hosts={hosts} />
      <Answered query={query}>
        {(register) => <Rows register={register} findings={findings} />}
      </Answered>
    </>
  );
}

function Rows({
  register,
  findings,
}: {
  readonly register: RegisterTold;
  readonly findings: readonly FindingTold[];
}) {
  const { q } = useSearch({ strict: false }) as { readonly q?: string };
  const [filter, setFilter] = useState(q ?? "");
  const rows = useMemo(() => estateRows(register, findings), [register, findings]);
  const found = useMemo(() => filterRows(rows, filter), [rows, filter]);
  if (rows.length === 0) {
    return (
      <Nothing title="Nothing is registered yet.">
        <code>./writ register draft &gt; register.yaml</code> proposes what the probe saw.
      </Nothing>
    );
  }
  return (
    <>
      <Components rows={rows} />
      <h2>Register</h2>
      <label className="filter">
        <span>Filter</span>
        <input
          type="search"
          value={filter}
          onChange={({ target }) => setFilter(target.value)}
          placeholder="component, host, path, critical"
        />
      </label>
      <p className="faint" role="status">
        {numberText(found.length)} of {countText(rows.length, "row")}
      </p>
      <Suspense fallback={<div className="map" />}>
        <EstateMap rows={found} />
      </Suspense>
      <RowTable rows={found} />
    </>
  );
}

function Components({ rows }: { readonly rows: readonly EstateRow[] }) {
  const components = rows.filter(({ kind }) => kind === "component");
  return (
    <section aria-labelledby="components">
      <h2 id="components">Components</h2>
      <ul className="rows">
        {components.slice(0, shownMax).map(({ component, what, finding }) => (
          <li key={component}>
            <Link to="/components/$component" params={{ component }} className="row">
              <b>{component}</b>
              <span className={`severity-${finding.split(":")[0]}`}>{finding}</span>
              <span className="faint">{inert(what)}</span>
            </Link>
          </li>
        ))}
      </ul>
      {components.length > shownMax ? (
        <p className="faint">{countText(components.length - shownMax, "more component")} below</p>
      ) : null}
    </section>
  );
}

function Hosts({ hosts }: { readonly hosts: readonly HostTold[] }) {
  const now = useNow();
  if (hosts.length === 0) return null;
  return (
    <section aria-labelledby="hosts">
      <h2 id="hosts">Hosts</h2>
      <ul className="rows hosts">
        {hosts.slice(0, shownMax).map(({ host, heard, census }) => (
          <li key={host} className="row">
            <b>{host}</b>
            <span className="faint">
              {heard === undefined ? "never heard" : `heard ${agoText(heard.time, now)}`}
              {census === undefined
                ? "; never looked at"
                : `; ${countText(census.masses, "mass", "masses")}, ` +
                  `${countText(census.processes, "process", "processes")} with weights; ` +
                  `${blind(census.coverage)}`}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function blind(coverage: NonNullable<HostTold["census"]>["coverage"]): string {
  const gaps = coverage.reduce((sum, { blockingGaps }) => sum + blockingGaps, 0);
  const vantages = coverage.map(({ vantage }) => vantage).join(", ");
  return gaps === 0 ? `seen through ${vantages}` : `${countText(gaps, "gap")} in its sight`;
}
