/** Every contradiction there is now, both sides of each. */
import type { ReactNode } from "react";
import { useState } from "react";
import { useFindings } from "../estate-queries.ts";
import { Answered, Nothing } from "../parts/answers.tsx";
import { useNow } from "../parts/clock.tsx";
import { Contradiction } from "../parts/contradiction.tsx";
import type { FindingTold } from "../server-connection.ts";
import { countText } from "../words.ts";

/** A page of this many is read; more are found by the filter. */
const shownMax = 100;

export function FindingsPage(): ReactNode {
  const query = useFindings();
  return (
    <>
      <h1>Findings</h1>
      <p className="lead">
        A finding is a contradiction between what was registered, claimed, ordered and seen. It goes
        when the contradiction does; nobody can close it by saying so. One that somebody accepted
        until a day stays here, after the others, and comes back by itself.
      </p>
      <Answered query={query}>{(findings) => <List findings={findings} />}</Answered>
    </>
  );
}

function List({ findings }: { readonly findings: readonly FindingTold[] }) {
  const [text, setText] = useState("");
  const now = useNow();
  if (findings.length === 0) {
    return <Nothing title="No contradictions.">What was seen is what ought to be.</Nothing>;
  }
  const wanted = text.toLowerCase();
  const found = findings.filter((finding) =>
    [finding.rule, finding.host, finding.where, finding.severity, finding.component ?? ""].some(
      (part) => part.toLowerCase().includes(wanted),
    ),
  );
  return (
    <>
      <label className="filter">
        <span>Filter</span>
        <input
          type="search"
          value={text}
          onChange={({ target }) => setText(target.value)}
          placeholder="rule, host, place, severity"
        />
      </label>
      <p className="faint" role="status">
        {countText(found.length, "contradiction")}
        {found.length > shownMax ? `; the first ${shownMax} are shown` : ""}
      </p>
      <h2 className="away">All of them, worst first</h2>
      {found.slice(0, shownMax).map((finding) => (
        <Contradiction
          key={`${finding.rule} ${finding.host} ${finding.where} ${finding.right.says}`}
          finding={finding}
          now={now}
        />
      ))}
    </>
  );
}
