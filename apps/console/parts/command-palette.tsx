/** Search and go: pages, writs, findings, components, hosts; by Ctrl-K or `/`. */

import { useNavigate } from "@tanstack/react-router";
import { inert } from "@writ/core/encoding";
import { type ReactNode, useEffect, useState } from "react";
import {
  Autocomplete,
  Dialog,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  Modal,
  ModalOverlay,
  SearchField,
  Text,
} from "react-aria-components";
import { useFindings, useRegister, useWrits } from "../estate-queries.ts";
import { estateRows } from "../estate-rows.ts";
import { shortDigest } from "../words.ts";

type Goal = {
  readonly id: string;
  readonly title: string;
  readonly kind: string;
  readonly path: string;
};

/** A list longer than this is not read; type more. */
const shownMax = 40;

const pages: readonly Goal[] = [
  { id: "p-now", title: "Now", kind: "page", path: "/" },
  { id: "p-writs", title: "Writs", kind: "page", path: "/writs" },
  { id: "p-estate", title: "Estate", kind: "page", path: "/estate" },
  { id: "p-findings", title: "Findings", kind: "page", path: "/findings" },
  { id: "p-journal", title: "Journal", kind: "page", path: "/journal" },
  { id: "p-trust", title: "Trust", kind: "page", path: "/trust" },
];

export function CommandPalette({
  isOpen,
  onOpenChange,
}: {
  readonly isOpen: boolean;
  readonly onOpenChange: (isOpen: boolean) => void;
}): ReactNode {
  useEffect(() => {
    const onKeyDown = (event: globalThis.KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLInputElement;
      const isAsked = event.key === "k" && (event.ctrlKey || event.metaKey);
      if (!isAsked && (event.key !== "/" || isTyping)) return;
      event.preventDefault();
      onOpenChange(true);
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [onOpenChange]);
  return (
    <ModalOverlay isDismissable isOpen={isOpen} onOpenChange={onOpenChange} className="overlay">
      <Modal className="palette">
        <Dialog aria-label="Search and go">
          <Palette onGone={() => onOpenChange(false)} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function Palette({ onGone }: { readonly onGone: () => void }) {
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const goals = useGoals();
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = goals
    .filter(({ title, kind }) =>
      words.every((word) => `${title} ${kind}`.toLowerCase().includes(word)),
    )
    .slice(0, shownMax);
  return (
    <Autocomplete inputValue={text} onInputChange={setText}>
      <SearchField autoFocus className="palette-field">
        <Label className="away">Search</Label>
        <Input placeholder="Page, writ, component, host, entry number…" />
      </SearchField>
      <ListBox
        aria-label="Found"
        items={found}
        className="palette-list"
        renderEmptyState={() => <p className="faint">Nothing of that name.</p>}
        onAction={(id) => {
          const goal = found.find((one) => one.id === id);
          onGone();
          if (goal !== undefined) void navigate({ to: goal.path });
        }}
      >
        {({ id, title, kind }) => (
          <ListBoxItem id={id} textValue={`${title} ${kind}`} className="palette-item">
            <Text slot="label">{inert(title)}</Text>
            <Text slot="description" className="faint">
              {kind}
            </Text>
          </ListBoxItem>
        )}
      </ListBox>
    </Autocomplete>
  );
}

function useGoals(): readonly Goal[] {
  const { data: writs = [] } = useWrits();
  const { data: findings = [] } = useFindings();
  const { data: register } = useRegister();
  return [
    ...pages,
    ...writs.map(({ digest, action, component, to, state }) => ({
      id: digest,
      title: `${action} ${component}${to === undefined ? "" : ` → ${to}`}`,
      kind: `writ, ${state}, ${shortDigest(digest)}`,
      path: `/writs/${digest}`,
    })),
    ...findings.map(({ rule, host, where }, at) => ({
      id: `finding-${at}`,
      title: `${rule} ${host} ${where}`,
      kind: "finding",
      path: "/findings",
    })),
    ...(register === undefined ? [] : estateRows(register, findings)).map((row) => ({
      id: `${row.kind}-${row.id}`,
      title: row.id,
      kind: row.kind,
      path: `/estate?q=${encodeURIComponent(row.id)}`,
    })),
  ];
}
