/** A sheet as a fixed-width table with a row index, as the study's tool prints one. */
export function asTable(rows: readonly (readonly string[])[]): string {
  const [header = [], ...body] = rows;
  const lines = [["", ...header], ...body.map((row, at) => [String(at), ...row])];
  const widths = lines[0]!.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
