/** Says beside an entry what this browser made of it. */

import { Link } from "@tanstack/react-router";
import { isRefused } from "@writ/core/encoding";
import type { ReactNode } from "react";
import { useProven } from "../estate-queries.ts";

/** A link to an entry, with the outcome of its proof. */
export function ProvenMark({ index }: { readonly index: number }): ReactNode {
  const { data } = useProven(index);
  const outcome =
    data === undefined
      ? ({ look: "waiting", says: "being checked" } as const)
      : !isRefused(data)
        ? ({ look: "good", says: `in the journal, signed by ${data.signers.join(", ")}` } as const)
        : data.refused === "unavailable"
          ? ({ look: "waiting", says: data.detail } as const)
          : ({ look: "bad", says: data.detail } as const);
  return (
    <span className={`proven proven-${outcome.look}`}>
      <Link to="/journal/$index" params={{ index: String(index) }}>
        entry {index}
      </Link>{" "}
      <span className="proven-says">
        <span aria-hidden="true">{marks[outcome.look]}</span> {outcome.says}
      </span>
    </span>
  );
}

const marks = { good: "✓", bad: "✗", waiting: "…" } as const;
