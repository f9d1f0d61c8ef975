/** One entry, with every hash between it and the root. */

import { Link, useParams } from "@tanstack/react-router";
import { hashLeaf, inert, isRefused, toHex } from "@writ/core";
import type { ReactNode } from "react";
import { useProven } from "../estate-queries.ts";
import { Waiting } from "../parts/answers.tsx";
import { numberText } from "../words.ts";

export function EntryPage(): ReactNode {
  const { index: text } = useParams({ strict: false });
  const index = Number(text);
  const { data } = useProven(index);
  return (
    <>
      <p className="question">
        <Link to="/journal">Journal</Link>
      </p>
      <h1>Entry {Number.isSafeInteger(index) ? numberText(index) : "?"}</h1>
      {data === undefined ? (
        <Waiting />
      ) : isRefused(data) ? (
        <div className="no-answer" role="alert">
          <h2>{data.refused === "unavailable" ? "Not yet" : "This is not the journal's entry"}</h2>
          <p>{data.detail}.</p>
        </div>
      ) : (
        <>
          <p className="lead proven-good">
            <span aria-hidden="true">✓</span> A {data.entry.body.kind}, signed by{" "}
            {data.signers.join(", ")}, proven to stand at this place.
          </p>
          <h2>What it says</h2>
          <pre>{statementText(data.entry.statement)}</pre>
          <h2>Its proof</h2>
          <ol className="proof">
            <li>
              leaf <code>{toHex(hashLeaf(data.entry.bytes))}</code>
            </li>
            {data.proof.map((hash, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a proof is a fixed list
              <li key={at}>
                with <code>{toHex(hash)}</code>
              </li>
            ))}
            <li>gives the root of {numberText(data.size)} entries that witnesses signed.</li>
          </ol>
        </>
      )}
    </>
  );
}

/** The statement as indented JSON, each line inert: its own line breaks are ours. */
function statementText(statement: object): string {
  return JSON.stringify(statement, undefined, 2)
    .split("\n")
    .map((line) => inert(line).replaceAll("\\u{5c}", "\\"))
    .join("\n");
}
