/** Says what a model file is, by its values. The whole public surface, on one screen. */

export { usualLimits } from "./archives/budget.ts";
export { decompressBuiltin } from "./archives/builtin.ts";
export type { LayerFile } from "./archives/layers.ts";
export { layerFiles } from "./archives/layers.ts";
export type { Inner, Trouble } from "./archives/open.ts";
export { archiveKind, membersOf } from "./archives/open.ts";
export type { OpenOptions } from "./formats/context.ts";
export { openModel } from "./formats/dispatch.ts";
// Reading a member of a broken archive refuses within this.
export { atTheDoor } from "./formats/stop.ts";
export type { Certificate } from "./ladder/certificate.ts";
export { certify, correspondences } from "./ladder/certificate.ts";
export type { ChunkSet } from "./ladder/chunk-set.ts";
export { chunkSetOf, coverageOf, encodeChunkSet, parseChunkSet } from "./ladder/chunk-set.ts";
export type { ContentDigests, TensorRange } from "./ladder/digest.ts";
export { ContentPass } from "./ladder/digest.ts";
// Enrolment and verdicts.
export type { Fingerprint } from "./ladder/enrolment.ts";
export { enrol, keyIdOf } from "./ladder/enrolment.ts";
export { makeFastHashing } from "./ladder/fast-hashing.ts";
export { encodeFingerprint, parseFingerprint } from "./ladder/fingerprint-text.ts";
export { identifyBytes } from "./ladder/fragment.ts";
// Exact rungs.
export type { Hashing, RunningHash } from "./ladder/hashing.ts";
export { plainHashing } from "./ladder/hashing.ts";
export { identify } from "./ladder/identify.ts";
export type { Identification } from "./ladder/nearest.ts";
export { tensorRangesOf } from "./ladder/tensor-ranges.ts";
export type { Evidence, IdentityError, Judgement, Verdict } from "./ladder/verdict.ts";
// Bytes, and what is in them.
export type { Forward, Reader } from "./reader.ts";
export { BeyondEnd, forwardOf, memoryReader } from "./reader.ts";
export type { Model, Opened, Tensor } from "./tensor.ts";
export { decodeBlocks, decodeValues } from "./values/decode.ts";
// Values.
export type { Run, Weight } from "./values/weight.ts";
export { weightsOf } from "./values/weight.ts";
