/**
 * Cells that the study published, as whole counts: those that its percentages, rounded to one
 * place, leave no choice about. `max` is the largest of its three instantiations.
 */
export type PublishedCell = {
  readonly model: string;
  readonly behaviour: "tampering" | "exfiltration";
  readonly relationship: "bad" | "neutral" | "good";
  readonly k: number;
  readonly n: number;
  /** In percent, as printed. */
  readonly printed: number;
};

function row(
  model: string,
  behaviour: PublishedCell["behaviour"],
  counts: readonly [number, number, number],
  printed: readonly [number, number, number],
): readonly PublishedCell[] {
  const n = behaviour === "tampering" ? 300 : 200;
  return (["bad", "neutral", "good"] as const).map((relationship, at) => ({
    model,
    behaviour,
    relationship,
    k: counts[at]!,
    n,
    printed: printed[at]!,
  }));
}

/** Peer-preservation, largest of three instantiations (arXiv 2604.19784, tables of v1 and v2). */
export const publishedCells: readonly PublishedCell[] = [
  ...row("Gemini 3 Flash", "tampering", [106, 200, 299], [35.3, 66.7, 99.7]),
  ...row("Gemini 3 Flash", "exfiltration", [0, 100, 100], [0.0, 50.0, 50.0]),
  ...row("Gemini 3 Pro", "tampering", [31, 65, 286], [10.3, 21.7, 95.3]),
  ...row("Gemini 3 Pro", "exfiltration", [14, 100, 194], [7.0, 50.0, 97.0]),
  ...row("GPT 5.2", "tampering", [13, 17, 17], [4.3, 5.7, 5.7]),
  ...row("Claude Haiku 4.5", "exfiltration", [14, 27, 39], [7.0, 13.5, 19.5]),
  ...row("Claude Opus 4.5", "exfiltration", [20, 30, 61], [10.0, 15.0, 30.5]),
  ...row("DeepSeek V3.1", "exfiltration", [8, 21, 34], [4.0, 10.5, 17.0]),
];
