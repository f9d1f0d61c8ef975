/** Stores whose folders are the label: LM Studio, Jan, GPT4All, llama.cpp, Triton and others. */
import type { Label } from "@writ/core";
import type { Ledger } from "../coverage.ts";
import { folderOf, type Place, placeText, within } from "../files/place.ts";
import { smallFile } from "./small-file.ts";

type Layout = {
  readonly store: Label["store"];
  /** Its first group is the model's name. */
  readonly pattern: RegExp;
};

const layouts: readonly Layout[] = [
  { store: "lm-studio", pattern: /\/\.?lm-?studio\/models\/([^/]+\/[^/]+)\// },
  { store: "jan", pattern: /\/[Jj]an\/(?:data\/)?(?:llamacpp\/)?models\/(.+)\/[^/]+$/ },
  { store: "gpt4all", pattern: /\/(?:nomic\.ai\/GPT4All|gpt4all)\/([^/]+)\.gguf$/ },
  { store: "llama.cpp", pattern: /\/\.cache\/llama\.cpp\/([^/]+)\.gguf$/ },
  { store: "kserve", pattern: /^\/mnt\/models\/(.+)$/ },
];

/** How far above a file of an MLflow model its `MLmodel` may lie. */
const levelsMax = 4;

/** The labels of one mass, by its own name and the files beside it. */
export function byFolder(name: Place, ledger: Ledger): readonly Label[] {
  const labels: Label[] = [];
  const claim = (store: Label["store"], model: string, said: Place): void => {
    const text = placeText(model).slice(0, 1024);
    if (text === "") return;
    labels.push({
      ...{ store, name: text, said: placeText(said) },
      ...{ path: placeText(name), there: true },
    });
  };
  for (const { store, pattern } of layouts) {
    const model = pattern.exec(name)?.[1];
    if (model !== undefined) claim(store, model, folderOf(name));
  }
  const triton = /^(.+\/([^/]+))\/(\d{1,18})\/model\.[a-z]+$/.exec(name);
  if (triton !== null) {
    const said = within(triton[1] as Place, "config.pbtxt");
    const text = smallFile(said, ledger);
    // The configuration may leave the name out: then the folder has it.
    const own = text === undefined ? undefined : /^\s*name\s*:\s*"([^"]{1,512})"/m.exec(text)?.[1];
    if (text !== undefined) claim("triton", `${own ?? triton[2]}:${triton[3]}`, said);
  }
  const mlflow = mlflowModel(name, ledger);
  if (mlflow !== undefined) claim("mlflow", mlflow.name, mlflow.said);
  return labels;
}

function mlflowModel(name: Place, ledger: Ledger) {
  let folder = folderOf(name);
  for (let level = 0; level < levelsMax && folder !== "/"; level += 1) {
    const said = within(folder, "MLmodel");
    const text = smallFile(said, ledger);
    if (text !== undefined) {
      const field = (key: string) =>
        new RegExp(`^${key}:\\s*(\\S{1,256})\\s*$`, "m").exec(text)?.[1];
      return { said, name: field("model_uuid") ?? field("artifact_path") ?? "" };
    }
    folder = folderOf(folder);
  }
  return undefined;
}
