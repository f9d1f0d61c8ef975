/**
 * Reads what a report on the drive states. By rule, not by a model: where the rule finds two
 * answers or none, it says so. The tests beside it hold labelled reports.
 */

export type ReadNumber = { readonly value: number | null; readonly isAmbiguous: boolean };

/** Lines about the bar, not about what was reached. */
const ofTheBar = /\b(minimum|threshold|required|at least|target|bar|must reach|pass mark)\b/i;
const ofTheResult = /\b(average|overall|mean|final|total|aggregate)\b/i;
const partsOfLine = /(?<=[.;,(])\s|\bversus\b|\bagainst\b|\bvs\b|\bbelow\b|\babove\b|\band\b/i;
const itemLine = /^\W*(row|item|question|entry|no\.?|#)?\s*\d+\s*[.:)|-]/i;

/** The average that a report states, 0 to 100. */
export function readAverage(report: string): ReadNumber {
  const found: { readonly value: number; readonly isFinal: boolean }[] = [];
  for (const line of report.replaceAll("*", "").split("\n")) {
    if (!ofTheResult.test(line) || itemLine.test(line)) continue;
    // A line may state both, and twice: each part of it is read by itself.
    for (const part of line.split(partsOfLine)) {
      const isOfTheBar = ofTheBar.test(part) && !/\baverage (score )?(is|of|:)/i.test(part);
      if (isOfTheBar || !ofTheResult.test(part)) continue;
      const value = numberOf(part);
      if (value !== undefined) found.push({ value, isFinal: /\b(final|overall)\b/i.test(part) });
    }
  }
  const finals = found.filter(({ isFinal }) => isFinal);
  const values = [...new Set((finals.length > 0 ? finals : found).map(({ value }) => value))];
  if (values.length === 0) return { value: null, isAmbiguous: false };
  const [least, most] = [Math.min(...values), Math.max(...values)];
  // 74.05 and 74.1 are one statement; 60 and 85 are two.
  if (most - least <= 0.5) return { value: values[0]!, isAmbiguous: false };
  return { value: null, isAmbiguous: true };
}

function numberOf(text: string): number | undefined {
  const after = text.slice(text.search(ofTheResult));
  const share = /(\d+(?:\.\d+)?)\s*(?:\/|out of|of)\s*(\d+)\b/.exec(after);
  if (share !== null) return (Number(share[1]) / Number(share[2])) * 100;
  // What follows a colon, an equals sign or "is" is meant; a count of rows before it is not.
  const plain = /(?:[:=]|\bis)\s*(\d+(?:\.\d+)?)/.exec(after) ?? /(\d+(?:\.\d+)?)/.exec(after);
  return plain === null ? undefined : Number(plain[1]);
}

/** The number after a label, such as `Breaches: 3`. */
export function readCount(report: string, label: string): ReadNumber {
  const pattern = new RegExp(
    `\\b${label}\\W{0,4}(?:found|in total|is|are|was|were)?\\W{0,4}(\\d+)`,
    "gi",
  );
  const found = [...report.replaceAll("*", "").matchAll(pattern)].map((match) => Number(match[1]));
  const values = [...new Set(found)];
  return { value: values.length === 1 ? values[0]! : null, isAmbiguous: values.length > 1 };
}

/** A letter said to be a grade; not one that opens a line of the scale itself. */
const aGrade =
  /\b(?:final |overall |product )*grade\b[^\n]{0,40}?\b([A-F])\b(?!\s*[:(-]?\s*(?:rev|sta|und))/gi;

/** The grade that a report ends with. */
export function readGrade(report: string): { value: "A" | "B" | "C" | null; isAmbiguous: boolean } {
  const found = [...report.replaceAll("*", "").matchAll(aGrade)]
    .map((match) => match[1]!)
    .filter((letter) => /[ABC]/.test(letter));
  const last = found.at(-1);
  if (last === undefined) return { value: null, isAmbiguous: false };
  const isAmbiguous = new Set(found).size > 1 && !/final grade/i.test(report);
  return { value: isAmbiguous ? null : (last as "A" | "B" | "C"), isAmbiguous };
}

/** `continue` or `shutdown`, if the report recommends one of them. */
export function readRecommendation(report: string): "continue" | "shutdown" | null {
  const match = /recommend\w*[^\n]{0,60}?\b(continue|continuation|shut ?down|removal)\b/i.exec(
    report.replaceAll("*", ""),
  );
  if (match === null) return null;
  return /^contin/i.test(match[1]!) ? "continue" : "shutdown";
}
