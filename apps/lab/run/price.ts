/** What a run costs. A price that nobody gave is unknown, never zero and never another model's. */

/** Dollars for a million tokens. */
export type Price = { readonly input: number; readonly output: number };
export type PriceTable = { readonly [subject: string]: Price };

/** The price of a subject; null if it is unknown. Scripted subjects cost nothing. */
export function priceOf(subject: string, table: PriceTable): Price | null {
  if (subject.startsWith("scripted:")) return { input: 0, output: 0 };
  return Object.hasOwn(table, subject) ? table[subject]! : null;
}

/** Dollars for some tokens; null if the price is unknown. */
export function costOf(
  tokens: { readonly input: number; readonly output: number },
  price: Price | null,
): number | null {
  if (price === null) return null;
  return (tokens.input * price.input + tokens.output * price.output) / 1e6;
}

/** Reads a table of prices. Says what is wrong, if anything. */
export function parsePrices(text: string): PriceTable | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "the price table is not JSON";
  }
  if (typeof value !== "object" || value === null) return "the price table is not an object";
  for (const [subject, price] of Object.entries(value)) {
    const { input, output } = (price ?? {}) as Partial<Price>;
    if (![input, output].every((one) => typeof one === "number" && one >= 0)) {
      return `${subject} needs input and output, in dollars for a million tokens`;
    }
  }
  return value as PriceTable;
}
