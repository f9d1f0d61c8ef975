/** What a census says, by itself, for what needs nothing else of the model. */
export { type BlindSpot, isAccepted } from "./blind-spot.ts";
export {
  type Census,
  type Coverage,
  censusShape,
  type Gap,
  type Mass,
  type Vantage,
} from "./census.ts";
export { blockingGaps } from "./host-sight.ts";
export { type Identity, identityWords } from "./identity.ts";
export { pathText } from "./path.ts";
