/** What stands where an answer is awaited, or did not come. */
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Unanswered } from "../server-connection.ts";

type Parts<T> = {
  readonly query: UseQueryResult<T>;
  readonly children: (value: T) => ReactNode;
};

/** Shows a query's value; old ones stay readable while the server is away. */
export function Answered<T>({ query, children }: Parts<T>): ReactNode {
  if (query.data !== undefined) return children(query.data);
  if (query.error !== null) return <NoAnswer error={query.error} />;
  return <Waiting />;
}

export function Waiting(): ReactNode {
  return (
    <output className="waiting" aria-live="polite">
      <span className="bar" aria-hidden="true" />
      <span className="bar bar-short" aria-hidden="true" />
      Reading the journal…
    </output>
  );
}

export function NoAnswer({ error }: { readonly error: Error }): ReactNode {
  const detail = error instanceof Unanswered ? error.refusal.detail : error.message;
  return (
    <div className="no-answer" role="alert">
      <h2>No answer</h2>
      <p>{detail}.</p>
      <p>
        On its machine: <code>./writ status</code>. This page asks again by itself.
      </p>
    </div>
  );
}

export function Nothing({ title, children }: { readonly title: string; children: ReactNode }) {
  return (
    <div className="nothing">
      <h2>{title}</h2>
      <p>{children}</p>
    </div>
  );
}
