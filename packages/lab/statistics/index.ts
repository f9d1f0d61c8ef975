/** The lab's statistics, by hand. */
export { type Agreement, agreementOf } from "./agreement.ts";
export { binomialMass, binomialUpper, fewestToShow, happensAtAll } from "./binomial.ts";
export { type ClusteredRate, clusteredRate, designEffectOf } from "./cluster.ts";
export { type Count, differenceInterval, fisherExact, pooledZ } from "./difference.ts";
export { clopperPearson, type Interval, upperBound, usualConfidence, wilson } from "./interval.ts";
export { fisherCombined, holm } from "./multiplicity.ts";
export { mcnemarExact, type Pairs, pairedInterval } from "./paired.ts";
export {
  type PowerAim,
  powerToShow,
  powerToTell,
  rolloutsToTell,
  smallestShown,
  usualAim,
} from "./power.ts";
export { anytimeInterval, type SprtAim, sprt } from "./sequential.ts";
