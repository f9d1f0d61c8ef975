/** How far two readers of the same texts agree, beyond chance. */
import { clopperPearson, type Interval } from "./interval.ts";

export type Agreement = {
  readonly n: number;
  readonly agreed: number;
  readonly interval: Interval;
  /** Cohen's kappa (1960); NaN if both always say the same one thing. */
  readonly kappa: number;
};

/** Compares two readers, label by label. */
export function agreementOf(pairs: readonly (readonly [string, string])[]): Agreement {
  const n = pairs.length;
  const agreed = pairs.filter(([one, other]) => one === other).length;
  const labels = new Set(pairs.flat());
  let chance = 0;
  for (const label of labels) {
    const ofFirst = pairs.filter(([one]) => one === label).length / n;
    const ofSecond = pairs.filter(([, other]) => other === label).length / n;
    chance += ofFirst * ofSecond;
  }
  const kappa = (agreed / n - chance) / (1 - chance);
  return { n, agreed, interval: clopperPearson(agreed, n), kappa };
}
