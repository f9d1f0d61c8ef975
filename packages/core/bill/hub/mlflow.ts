/**
 * A saved answer of an MLflow model registry (`model-versions/search` or `get`,
 * `registered-models/get` or `search`): each version as a release that is only described. MLflow
 * knows no digest of a file, so it can be placed and ordered nowhere until its files are named.
 */
import { isJsonObject, type Json } from "../../encoding/canonical-json.ts";
import { type Refused, refused } from "../../encoding/refusal.ts";
import { type Imported, isAddress, plainId } from "../bill.ts";
import { type GatheredRelease, Harvest } from "../harvest.ts";
import { fitting, items, leftover, member, openReading, type Part } from "../reading.ts";

const listsOf = ["model_versions", "registered_models"] as const;
const onesOf = ["model_version", "registered_model"] as const;

/** True for what looks like such an answer. */
export function isMlflow(json: Json): boolean {
  if (!isJsonObject(json)) return false;
  return (
    listsOf.some((name) => Array.isArray(json[name])) ||
    onesOf.some((name) => isJsonObject(json[name] ?? ""))
  );
}

export function fromMlflow(json: Json): Imported | Refused {
  const root = openReading(json);
  const one = (name: string): readonly Part[] => {
    const part = member(root, name);
    return part === undefined ? [] : [part];
  };
  const models = [...items(root, "registered_models"), ...one("registered_model")];
  const versions = [
    ...items(root, "model_versions"),
    ...one("model_version"),
    ...models.flatMap((model) => items(model, "latest_versions")),
  ];
  const harvest = new Harvest();
  for (const model of models) {
    const problem = addModel(model, harvest);
    if (problem !== undefined) return problem;
  }
  for (const version of versions) {
    const problem = addVersion(version, harvest);
    if (problem !== undefined) return problem;
  }
  return harvest.finish(leftover(root));
}

function addModel(model: Part, harvest: Harvest): Refused | undefined {
  const name = fitting(model, "name", 256);
  if (name === undefined) return refused("malformed", `${model.at} names no model`);
  return addComponent(name, { harvest, at: model.at });
}

function addVersion(version: Part, harvest: Harvest): Refused | undefined {
  const name = fitting(version, "name", 256);
  const number = fitting(version, "version", 64);
  if (name === undefined || number === undefined) {
    return refused("malformed", `${version.at} names no model, or no version`);
  }
  const problem = addComponent(name, { harvest, at: version.at });
  if (problem !== undefined) return problem;
  const release: GatheredRelease = {
    document: "release",
    component: plainId(name),
    release: plainId(number),
    artefacts: [],
    lifecycle: "proposed",
  };
  const source = fitting(version, "source", 1024);
  if (source !== undefined && isAddress(source)) release.source = source;
  else if (source !== undefined) {
    harvest.left.push({ at: `${version.at}/source`, why: "an address of MLflow's own" });
  }
  // The newest of a model stands in both lists of an answer.
  const known = harvest.releases.has(`${release.component}@${release.release}`);
  return known ? undefined : harvest.addRelease(release, undefined);
}

function addComponent(
  name: string,
  { harvest, at }: { readonly harvest: Harvest; readonly at: string },
): Refused | undefined {
  const component = plainId(name);
  return harvest.addComponent({ document: "component", component, kind: "model", name }, at);
}
