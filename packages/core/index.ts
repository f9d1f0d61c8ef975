/** The public surface of @writ/core, written by hand. */

// Writ's own model
export { type AdmissionPorts, type Admitted, admit } from "./admission/admit.ts";
export {
  type Cosigned,
  journalVerifierKey,
  readCosigned,
  witnessPolicy,
} from "./admission/journal-admission.ts";
export { rootSigners } from "./admission/root-admission.ts";
export { type Signer, signerOf } from "./admission/signer.ts";
export { disarmed, isPast, mayBegin, seatsFor } from "./admission/writ-admission.ts";
export { phraseOf } from "./authority/phrase.ts";
export { type Drawn, draw, inventoryDigest, type Order } from "./authority/plan.ts";
export type { PolicyAnswer, PolicyQuestion } from "./authority/policy.ts";
export { barredBy, type Policy, type PolicyEngine } from "./authority/policy.ts";
export { policyChanges } from "./authority/policy-change.ts";
export {
  type Approval,
  currentState,
  nextStep,
  type Proceeding,
  type StepPhase,
  type WritState,
  writStates,
} from "./authority/proceeding.ts";
export { eligible, quorumMet } from "./authority/quorum.ts";
export {
  type RenderedLine,
  type RenderedSection,
  type RenderedWrit,
  renderedText,
  renderWrit,
  spokenCount,
  spokenSeconds,
  titleOf,
} from "./authority/rendering.ts";
export { keyText, type RootChange, rootChanges, seatsText } from "./authority/root-change.ts";
export type { RemoveFile, ServiceStep, Step, SwitchLink } from "./authority/step.ts";
export {
  type Principal,
  type PrincipalKind,
  type TrustRoot,
  type TrustRootDocument,
  trustRoot,
  trustRootShape,
  type WritAction,
  writActions,
} from "./authority/trust-root.ts";
export {
  encodeWrit,
  instantShape,
  parseWrit,
  type Writ,
  writBytesMax,
  writDigest,
} from "./authority/writ.ts";
export {
  type Certificate,
  certificateBytesMax,
  type Evidence,
  encodeCertificate,
  parseCertificate,
} from "./certificate/certificate.ts";
export {
  certificateStatement,
  encodeCertificateStatement,
  keysKind,
  statementPayloadType,
} from "./certificate/statement.ts";
export { type CertificateVerdict, type Trust, verifyCertificate } from "./certificate/verify.ts";
export {
  concatBytes,
  equalBytes,
  fromBase64,
  fromHex,
  fromUtf8,
  toBase64,
  toHex,
  toUtf8,
} from "./encoding/bytes.ts";
export {
  encodeCanonical,
  type Json,
  type JsonObject,
  parseCanonical,
  parseCanonicalObject,
} from "./encoding/canonical-json.ts";
export { type Digest, digestOf, isDigest, sha256 } from "./encoding/digest.ts";
export { inert, inertAscii } from "./encoding/inert.ts";
export {
  assert,
  isRefused,
  type RefusalCode,
  type Refused,
  refused,
  unreachable,
} from "./encoding/refusal.ts";
export * as shape from "./encoding/shape.ts";
export { copyEstate } from "./estate/copy.ts";
export { type Estate, emptyEstate, timeOf, type Witnessed } from "./estate/estate.ts";
export { evolve, passOver } from "./estate/evolve.ts";
export { estateImage, estateImageInSteps, estateImageName } from "./estate/image.ts";
export { type Contradiction, judge, type Verdict } from "./estate/judge.ts";
export { advance, replay } from "./estate/replay.ts";
export { type Finding, type RuleName, rules, type Severity } from "./finding/finding.ts";
export { findings, findingsInSteps } from "./finding/findings.ts";
export {
  type BodyOf,
  blobsNamed,
  type Chain,
  type Entry,
  type EntryBody,
  type EntryKind,
  type EntryOf,
  encodeStatement,
  parseEntry,
  type Statement,
  sealEntry,
} from "./journal/entry.ts";
export {
  type Envelope,
  encodeEnvelope,
  entryBytesMax,
  entryPayloadType,
  parseEnvelope,
  preAuthenticationEncoding,
} from "./journal/envelope.ts";
export type {
  Artefact,
  Component,
  Control,
  Host,
  Lifecycle,
  Placement,
  RegisterDocument,
  Release,
  ServiceManager,
  ServicePlacement,
} from "./register/document.ts";
export { registerDocument } from "./register/document.ts";
export type { Origin } from "./register/origin.ts";
export {
  applyChange,
  emptyRegister,
  type Register,
  type RegisterChange,
  releaseKey,
} from "./register/register.ts";
export type { Fields, Said, Saying } from "./register/said.ts";
export { type Assignment, assignmentShape, type ControlReading } from "./sight/assignment.ts";
export { type BlindSpot, isAccepted } from "./sight/blind-spot.ts";
export {
  type Census,
  type Coverage,
  censusShape,
  endpointApis,
  type Gap,
  type Hold,
  type Mass,
  namesMax,
  type PassedControl,
  passedMax,
  type SeenControl,
  type SeenEndpoint,
  type SeenLink,
  type SeenProcess,
  servedMax,
  sightsMax,
  type Vantage,
} from "./sight/census.ts";
export * as challenge from "./sight/challenge.ts";
export { carriedMax, type Flow, flowsMax, partiesMax } from "./sight/flow.ts";
export { type Gpu, gpusMax, gpuUsersMax } from "./sight/gpu.ts";
export { blockingGaps, type HostSight, type Look } from "./sight/host-sight.ts";
export {
  type Identity,
  identitiesMax,
  identitiesShape,
  identityWords,
  type Likeness,
  likenesses,
} from "./sight/identity.ts";
export { type InstructionFile, instructionFilesMax } from "./sight/instruction-file.ts";
export { type Label, labelsMax } from "./sight/label.ts";
export { pathBytes, pathText } from "./sight/path.ts";
export { namespaceKinds, runtimesMax, type Trace } from "./sight/process-evidence.ts";
export {
  engineRowsMax,
  type SeenContainer,
  type SeenEngine,
  type Stored,
  storedMax,
} from "./sight/store-shape.ts";
export {
  isEd25519Key,
  type SignEd25519,
  type VerifyEd25519,
  verifyEd25519,
} from "./signature/ed25519.ts";
export {
  type Custody,
  checkSignature,
  type KeyId,
  type KnownKey,
  keyIdOf,
  knownKey,
  type PublicKey,
  sshNamespace,
} from "./signature/key.ts";
export { type Enrolment, enrolledKey, enrolmentChallenge } from "./signature/passkey-enrolment.ts";
export { parsePublicKeyLine, type SshKey, type SshKeyType, sshKeyOf } from "./signature/ssh-key.ts";
export { sshBytes, sshReader, sshText, sshUint32 } from "./signature/ssh-wire.ts";
export {
  parseSshsig,
  unarmorSshsig,
  type VerifiedSshsig,
  verifySshsig,
} from "./signature/sshsig.ts";
export {
  type Assertion,
  encodeAssertion,
  type Passkeys,
  parseAssertion,
  passkeyChallenge,
  problemOfClientData,
} from "./signature/webauthn.ts";
// Transparency log
export {
  type Checkpoint,
  formatCheckpoint,
  openCheckpoint,
  parseCheckpoint,
  parseDecimal,
  signCheckpoint,
} from "./tlog/checkpoint.ts";
export { proveConsistency, verifyConsistency } from "./tlog/consistency.ts";
export {
  cosign,
  verifyCosignature,
  verifyCosigned,
  type WitnessPolicy,
  type WitnessQuorum,
} from "./tlog/cosignature.ts";
export { proveInclusion, verifyInclusion } from "./tlog/inclusion.ts";
export {
  appendLeaf,
  emptyFrontier,
  emptyRoot,
  type Frontier,
  frontierAt,
  frontierRoot,
  hashBytes,
  hashLeaf,
  hashNode,
  type NodeAt,
  peaksOf,
  rootAt,
} from "./tlog/merkle.ts";
export {
  formatNote,
  formatSignatureLine,
  formatVerifierKey,
  type Note,
  type NoteSignature,
  noteBytesMax,
  noteKeyTypes,
  parseNote,
  parseSignatureLines,
  parseVerifierKey,
  signaturesOf,
  type VerifierKey,
  verifierKey,
  verifyNote,
} from "./tlog/note.ts";
export { judgeProofCase, proofCaseBytesMax } from "./tlog/proof-case.ts";
export {
  bundleEntryBytesMax,
  decodeEntryBundle,
  decodeHashTile,
  encodeEntryBundle,
  formatTilePath,
  nodesFromTiles,
  parseTilePath,
  type Tile,
  tileHeight,
  tilesSince,
  tileWidth,
  tileWidthAt,
} from "./tlog/tile.ts";
export {
  formatTlogProof,
  type LogPolicy,
  parseTlogProof,
  type TlogProof,
  verifyTlogProof,
} from "./tlog/tlog-proof.ts";
