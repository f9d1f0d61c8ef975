/**
 * What tests and benches of other workspaces use: made models, what is done to them, and insides.
 */

export { ggmlTypes } from "../formats/gguf.ts";
export { type Comparison, compareSketches } from "../ladder/compare.ts";
export { type Sketch, sketch } from "../ladder/sketch.ts";
export { blockSizes } from "../tensor.ts";
export { ggufOf } from "./gguf.ts";
export {
  type MadeConfig,
  type MadeModel,
  type MadeTensor,
  makeModel,
  smallConfig,
  weightsIn,
} from "./model.ts";
export { type Noise, noiseBytes, noiseOf } from "./noise.ts";
export { bytesOfTensor, safetensorsOf } from "./safetensors.ts";
export { type Transformation, transform, transformations } from "./transformations.ts";
