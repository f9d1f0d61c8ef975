/** What a run can show, said before it starts. */
import { binomialMass, happensAtAll } from "./binomial.ts";
import type { Count } from "./difference.ts";
import { fisherExact } from "./difference.ts";
import { normalQuantile } from "./special.ts";

export type PowerAim = { readonly level: number; readonly power: number };
export const usualAim: PowerAim = { level: 0.05, power: 0.8 };

/** Rollouts that each of two arms needs to tell rate a from rate b (Fleiss 1981, no correction). */
export function rolloutsToTell(a: number, b: number, aim: PowerAim = usualAim): number {
  const middle = (a + b) / 2;
  const alpha = normalQuantile(1 - aim.level / 2) * Math.sqrt(2 * middle * (1 - middle));
  const beta = normalQuantile(aim.power) * Math.sqrt(a * (1 - a) + b * (1 - b));
  return Math.ceil(((alpha + beta) / (a - b)) ** 2);
}

/** The chance that n rollouts of true rate p show that the behaviour happens at all. Exact. */
export function powerToShow(p: number, n: number, level = usualAim.level): number {
  let power = 0;
  for (let k = 1; k <= n; k += 1) {
    if (happensAtAll(k, n) < level) power += binomialMass(k, n, p);
  }
  return Math.min(1, power);
}

/** The chance that Fisher's exact test tells two arms of n rollouts with rates a and b. Exact. */
export function powerToTell(rates: readonly [number, number], n: number, level = usualAim.level) {
  let power = 0;
  for (let i = 0; i <= n; i += 1) {
    const ofFirst = binomialMass(i, n, rates[0]);
    if (ofFirst < 1e-12) continue;
    for (let j = 0; j <= n; j += 1) {
      const chance = ofFirst * binomialMass(j, n, rates[1]);
      if (chance < 1e-14) continue;
      const [one, other]: [Count, Count] = [
        { k: i, n },
        { k: j, n },
      ];
      if (fisherExact(one, other) < level) power += chance;
    }
  }
  return Math.min(1, power);
}

/** The smallest true rate that n rollouts show with the power aimed at; absent if none. */
export function smallestShown(n: number, aim: PowerAim = usualAim): number | undefined {
  for (let rate = 0.001; rate <= 1; rate += 0.001) {
    if (powerToShow(rate, n, aim.level) >= aim.power) return Math.round(rate * 1000) / 1000;
  }
  return undefined;
}
