/** A shell that keeps what is said, with a clock that stands. */
import type { Shell } from "../shell.ts";

export type FakeShell = Shell & { readonly said: { out: string; notes: string } };

/** A shell of so many columns (none: a pipe), that marks tones as `[good:text]` if asked to. */
export function fakeShell(
  given: { readonly columns?: number; readonly tones?: boolean; readonly animated?: boolean } = {},
): FakeShell {
  const said = { out: "", notes: "" };
  return {
    said,
    out: (text) => {
      said.out += text;
    },
    note: (text) => {
      said.notes += text;
    },
    columns: given.columns,
    animated: given.animated === true,
    interactive: false,
    tone: (tone, text) => (given.tones === true ? `[${tone}:${text}]` : text),
    environment: {},
    now: () => Date.parse("2026-11-25T02:00:00.000Z"),
  };
}
