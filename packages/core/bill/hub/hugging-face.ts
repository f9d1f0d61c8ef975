/**
 * A saved answer of Hugging Face's `GET /api/models/ORG/NAME?blobs=true`: a release whose weights
 * are known by the SHA-256 of their LFS object, and by Xet hash where it is told, with no download.
 */
import { isJsonObject, type Json } from "../../encoding/canonical-json.ts";
import type { Digest } from "../../encoding/digest.ts";
import { type Refused, refused } from "../../encoding/refusal.ts";
import type { Artefact } from "../../register/document.ts";
import { type Imported, plainId } from "../bill.ts";
import { type GatheredRelease, Harvest } from "../harvest.ts";
import {
  fitting,
  fittingTexts,
  items,
  leftover,
  member,
  openReading,
  type Part,
  take,
} from "../reading.ts";

/** True for what looks like such an answer. */
export function isHuggingFace(json: Json): boolean {
  return isJsonObject(json) && Array.isArray(json.siblings) && typeof json.id === "string";
}

export function fromHuggingFace(json: Json): Imported | Refused {
  const root = openReading(json);
  const id = fitting(root, "id", 256);
  const commit = fitting(root, "sha", 40);
  if (id === undefined || commit === undefined || !/^[0-9a-f]{40}$/.test(commit)) {
    return refused("malformed", "the answer names no model id, or no commit (sha)");
  }
  const modelId = member(root, "modelId");
  if (modelId?.value === id) take(modelId);
  const [name = id, organisation] = id.split("/").reverse();
  const harvest = new Harvest();
  const component = plainId(name);
  harvest.addComponent(
    {
      document: "component",
      component,
      kind: "model",
      name: id,
      ...(organisation === undefined ? {} : { publisher: organisation }),
    },
    "/id",
  );
  const release: GatheredRelease = {
    document: "release",
    component,
    release: commit,
    artefacts: items(root, "siblings").flatMap((file) => artefactOf(file, harvest)),
    lifecycle: "proposed",
    source: `https://huggingface.co/${id}`,
    commit,
    purl: `pkg:huggingface/${id}@${commit}`,
  };
  readCard(root, release);
  const problem = harvest.addRelease(release, undefined);
  return problem ?? harvest.finish(leftover(root));
}

/** Small files are in git, known by SHA-1 alone: no identity here. */
function artefactOf(file: Part, harvest: Harvest): readonly Artefact[] {
  const lfs = member(file, "lfs");
  const name = fitting(file, "rfilename", 512);
  const hex = lfs && (fitting(lfs, "sha256", 64) ?? fitting(lfs, "oid", 71));
  const digest = hex?.replace(/^sha256:/, "");
  const size = lfs && member(lfs, "size");
  const isWhole = digest !== undefined && /^[0-9a-f]{64}$/.test(digest);
  if (name === undefined || !isWhole || typeof size?.value !== "number" || size.value < 0) {
    harvest.left.push({ at: file.at, why: "a file of no known SHA-256 and size" });
    take(file);
    return [];
  }
  take(size);
  const ownSize = member(file, "size");
  if (ownSize?.value === size.value) take(ownSize);
  const xet = fitting(file, "xetHash", 64) ?? fitting(lfs!, "xetHash", 64);
  const known = xet !== undefined && /^[0-9a-f]{64}$/.test(xet) ? { xet } : {};
  return [{ name, digest: `sha256:${digest}` as Digest, size: size.value, ...known }];
}

/** What the model card says: licence, training data, base model. */
function readCard(root: Part, release: GatheredRelease): void {
  const card = member(root, "cardData");
  if (card === undefined) return;
  const licences = textOrTexts(card, "license");
  if (licences.length > 0) release.licences = licences;
  const training = textOrTexts(card, "datasets");
  if (training.length > 0) release.training = training;
  const bases = textOrTexts(card, "base_model");
  const how = fitting(card, "base_model_relation", 128);
  if (bases.length === 0) return;
  release.derivedFrom = bases.map((what) => ({ what, ...(how === undefined ? {} : { how }) }));
}

function textOrTexts(part: Part, name: string): readonly string[] {
  const one = fitting(part, name, 256);
  return one === undefined ? fittingTexts(part, name, 256) : [one];
}
