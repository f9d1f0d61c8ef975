/** The journal: the newest entries, each held to the checkpoint before your eyes. */

import { Link } from "@tanstack/react-router";
import { isRefused } from "@writ/core/encoding";
import type { ReactNode } from "react";
import { useEstate, useProven } from "../estate-queries.ts";
import { Answered, Nothing } from "../parts/answers.tsx";
import { StandingDetails } from "../parts/standing-line.tsx";

/** Each costs a question and a proof. */
const shownMax = 25;

export function JournalPage(): ReactNode {
  const query = useEstate();
  return (
    <>
      <h1>Journal</h1>
      <p className="lead">
        Everything that was ever said, in order. Each line here was read as bytes, and its place and
        signatures were checked in this browser.
      </p>
      <StandingDetails />
      <Answered query={query}>
        {({ size }) =>
          size === 0 ? (
            <Nothing title="The journal is empty.">Found an estate: ./writ up</Nothing>
          ) : (
            <>
              <p>
                <a href="/journal/checkpoint" download="checkpoint.txt">
                  Export the checkpoint
                </a>
                , or all of it: <code>./writ audit</code>
              </p>
              <ol className="entries">
                {newest(size).map((index) => (
                  <Line key={index} index={index} />
                ))}
              </ol>
            </>
          )
        }
      </Answered>
    </>
  );
}

function newest(size: number): readonly number[] {
  return Array.from({ length: Math.min(size, shownMax) }, (_, at) => size - 1 - at);
}

function Line({ index }: { readonly index: number }) {
  const { data } = useProven(index);
  const isWaiting = data === undefined || (isRefused(data) && data.refused === "unavailable");
  if (isWaiting || isRefused(data)) {
    return (
      <li className={isWaiting ? "entry" : "entry entry-bad"}>
        <span className="entry-index">{index}</span>
        <span className="entry-says">{isWaiting ? "being checked…" : data.detail}</span>
      </li>
    );
  }
  const { body, statement } = data.entry;
  return (
    <li className="entry">
      <span className="entry-index">{index}</span>
      <Link to="/journal/$index" params={{ index: String(index) }}>
        {body.kind}
      </Link>
      <span className="faint">
        {statement.at.slice(0, 19).replace("T", " ")}, {data.signers.join(", ")}
      </span>
      <span className="proven-good">
        <span aria-hidden="true">✓</span> proven
      </span>
    </li>
  );
}
