/** What humans ordered: what waits, what goes on, what ended. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { openWrits } from "../command-state.ts";
import { useWrits } from "../estate-queries.ts";
import { Answered, Nothing } from "../parts/answers.tsx";
import { useNow } from "../parts/clock.tsx";
import type { WritSummary } from "../server-connection.ts";
import { agoText, countText, shortDigest } from "../words.ts";

export function WritsPage(): ReactNode {
  const query = useWrits();
  return (
    <>
      <h1>Writs</h1>
      <p className="lead">
        What humans ordered. A writ is fulfilled by what a probe saw afterwards, never by anyone
        saying that it is done.
      </p>
      <p>
        <Link to="/writs/new" className="button">
          Draft an order
        </Link>
      </p>
      <Answered query={query}>{(writs) => <Lists writs={writs} />}</Answered>
    </>
  );
}

function Lists({ writs }: { readonly writs: readonly WritSummary[] }) {
  if (writs.length === 0) {
    return (
      <Nothing title="Nothing was ordered yet.">
        On a terminal: <code>./writ order rollback COMPONENT --to RELEASE --reason …</code>
      </Nothing>
    );
  }
  const open = new Set(openWrits(writs));
  const waiting = writs.filter(({ state }) => state === "drafted");
  const moving = writs.filter((writ) => open.has(writ) && writ.state !== "drafted");
  const ended = writs.filter((writ) => !open.has(writ));
  return (
    <>
      <List title="Waiting for a human" writs={waiting} />
      <List title="Under way" writs={moving} />
      <List title="Ended" writs={ended} />
    </>
  );
}

function List({
  title,
  writs,
}: {
  readonly title: string;
  readonly writs: readonly WritSummary[];
}) {
  const now = useNow();
  if (writs.length === 0) return null;
  return (
    <section>
      <h2>{title}</h2>
      <ul className="rows">
        {writs.map((writ) => (
          <li key={writ.digest}>
            <Link to="/writs/$digest" params={{ digest: writ.digest }} className="row">
              <span className="voice voice-writ">
                {writ.action} {writ.component}: {writ.from.join(", ")}
                {writ.to === undefined ? "" : ` → ${writ.to}`}
              </span>
              <span className={`state state-${writ.state}`}>{writ.state}</span>
              <span className="faint">
                <code>{shortDigest(writ.digest)}</code> {proposedText(writ, now)}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

function proposedText({ proposer, proposed, approvals }: WritSummary, now: number): string {
  const when = proposed.time === null ? "just proposed" : agoText(proposed.time, now);
  return `by ${proposer}, ${when}, ${countText(approvals, "approval")}`;
}
