// biome-ignore-all lint/a11y/useSemanticElements: rows out of sight do not exist; no table can
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus, and says which row
/** A table of which only what is looked at is there: ten thousand rows, by mouse and keyboard. */

import { useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { inert } from "@writ/core/encoding";
import { type KeyboardEvent, type ReactNode, useRef, useState } from "react";
import type { EstateRow } from "../estate-rows.ts";

const rowHeight = 44;
/** Of the box, above and below. */
const borders = 2;
const columns = ["kind", "id", "component", "release", "host", "what", "finding"] as const;

export function RowTable({ rows }: { readonly rows: readonly EstateRow[] }): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(0);
  const navigate = useNavigate();
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan: 8,
  });
  const move = (to: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, to));
    setAt(next);
    virtual.scrollToIndex(next);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = steps[event.key];
    const row = rows[at];
    if (event.key === "Enter" && row !== undefined) {
      void navigate({ to: "/journal/$index", params: { index: String(row.index) } });
    } else if (by === undefined) return;
    else move(by === "start" ? 0 : by === "end" ? rows.length - 1 : at + by);
    event.preventDefault();
  };
  return (
    <div
      className="row-table"
      style={{ height: `min(70vh, 40rem, ${(rows.length + 1) * rowHeight + borders}px)` }}
      ref={box}
      role="grid"
      aria-label="Register"
      aria-rowcount={rows.length + 1}
      aria-colcount={columns.length}
      aria-activedescendant={rows.length > 0 ? `row-${at}` : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div role="row" aria-rowindex={1} className="row-table-head">
        {columns.map((column) => (
          <span role="columnheader" key={column}>
            {column}
          </span>
        ))}
      </div>
      <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: "relative" }}>
        {virtual.getVirtualItems().map(({ index, start }) => (
          <Row key={index} row={rows[index]!} index={index} start={start} isAt={index === at} />
        ))}
      </div>
    </div>
  );
}

const steps: { readonly [key: string]: number | "start" | "end" } = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: 10,
  PageUp: -10,
  Home: "start",
  End: "end",
};

type RowParts = {
  readonly row: EstateRow;
  readonly index: number;
  readonly start: number;
  readonly isAt: boolean;
};

function Row({ row, index, start, isAt }: RowParts) {
  return (
    <div
      role="row"
      id={`row-${index}`}
      aria-rowindex={index + 2}
      aria-selected={isAt}
      className={isAt ? "row-table-row row-table-at" : "row-table-row"}
      style={{ transform: `translateY(${start}px)` }}
      tabIndex={-1}
    >
      {columns.map((column) => (
        <span
          role="gridcell"
          tabIndex={-1}
          key={column}
          className={
            column === "finding" ? `cell-${row.finding.split(":")[0]}` : `cell cell-at-${column}`
          }
          title={row[column]}
        >
          {inert(row[column])}
        </span>
      ))}
    </div>
  );
}
