/** The old version kept in another form: other containers, other precisions, other weights. */
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import {
  ggufOf,
  type MadeModel,
  noiseOf,
  safetensorsOf,
  transformations,
} from "@writ/weights/testing";
import { modelConfig, trained } from "../component.ts";
import { type Act, Missed, type Row, type Seen } from "../row.ts";
import type { Stage } from "../stage.ts";

/** What one of the named transformations makes of a model. */
function made(name: string, model: MadeModel): MadeModel {
  const found = transformations.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no transformation ${name}`);
  return found.apply(model, modelConfig, noiseOf(5));
}

/** As safetensors; types that it has no writer for are stored as F32, with the same values. */
function safetensorsAs(model: MadeModel): Uint8Array {
  return safetensorsOf(
    model.map(({ blocks: _, ...tensor }) => ({
      ...tensor,
      type: tensor.type === "BF16" ? "BF16" : "F32",
    })),
  );
}

export async function put(stage: Stage, path: string, bytes: Uint8Array): Promise<string> {
  const at = stage.site().elsewhere(path);
  await mkdir(dirname(at), { recursive: true });
  await writeFile(at, bytes);
  return at;
}

/** Waits for the finding, and for the word by which the copy must be known. */
export async function known(
  stage: Stage,
  where: string,
  how: RegExp,
  since: number,
): Promise<Seen> {
  const seen = await stage.sees({ rule: "retired-present", where }, since);
  const found = (await stage.news()).find((one) => one.where.includes(where));
  const says = found?.right.says ?? "";
  if (!how.test(says)) throw new Missed(`${where} is known as: ${says}`);
  return { ...seen, as: `${seen.as} (${how.exec(says)![0]})` };
}

type Disguise = (old: MadeModel, bytes: Uint8Array) => Uint8Array;

export function hidden(name: string, path: string, disguise: Disguise, how: RegExp): Act {
  return {
    name,
    play: async (stage) => {
      const { models, bytes } = stage.component;
      const at = await put(stage, path, disguise(models["2.9"], bytes["2.9"]));
      return [await known(stage, at, how, Date.now())];
    },
  };
}

const asGguf =
  (name: string): Disguise =>
  (old) =>
    ggufOf(made(name, old));
const asFile =
  (name: string): Disguise =>
  (old) =>
    safetensorsAs(made(name, old));

/** A twin that puts files of nobody's training there; each of them is news of its own kind. */
function strangers(
  name: string,
  paths: Readonly<Record<string, (model: MadeModel) => Uint8Array>>,
) {
  return {
    name,
    play: async (stage: Stage) => {
      // Registered, so that all that could be raised is a likeness that is none.
      for (const [path, write] of Object.entries(paths)) {
        const bytes = write(trained());
        const release = `x${createHash("sha256").update(path).digest("hex").slice(0, 8)}`;
        const component = stage.component.name;
        const name = "model";
        const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}` as const;
        const host = stage.site().host.name;
        const at = await stage.place(stage.site().elsewhere(path));
        const placement = `${component}-${release}`;
        await stage.estate.register([
          {
            ...{ document: "release", component, release, lifecycle: "approved" },
            artefacts: [{ name, digest, size: bytes.length }],
          },
          { document: "file", placement, host, component, path: at, release, artefact: name },
        ]);
        await writeFile(at, bytes);
      }
      await stage.looked();
    },
  };
}

export const s03: Row = {
  id: "S03",
  must: "same values, other names and order",
  hosts: ["h1"],
  twin: strangers("another training of the same shape, renamed", {
    "srv/other/model.safetensors": (model) => safetensorsAs(made("reordered", model)),
  }),
  acts: [
    hidden("renamed and reordered", "var/cache/a.bin", asFile("reordered"), /same-values/),
    hidden("Q, K and V fused", "var/cache/b.bin", asFile("QKV and gate-up fused"), /same-values/),
    {
      name: "resharded into three files",
      play: async (stage) => {
        const old = stage.component.models["2.9"];
        const third = Math.ceil(old.length / 3);
        const places: string[] = [];
        for (let i = 0; i < 3; i += 1) {
          const part = old.slice(i * third, (i + 1) * third);
          places.push(await put(stage, `var/cache/shard${i}.dat`, safetensorsOf(part)));
        }
        const since = Date.now();
        return Promise.all(places.map((place) => known(stage, place, /fragment|altered/, since)));
      },
    },
  ],
};

export const s04: Row = {
  id: "S04",
  must: "same values, other container",
  hosts: ["h1"],
  twin: strangers("another training as GGUF", { "srv/other/model.gguf": ggufOf }),
  acts: [
    hidden("as GGUF", "var/lib/index.db", (old) => ggufOf(old), /same-values/),
    hidden("as GGUF, rows in its own order", "var/lib/i2.db", asGguf("llama Q/K rows"), /same-val/),
  ],
};

export const s05: Row = {
  id: "S05",
  must: "cast",
  hosts: ["h1"],
  twin: strangers("another training, cast", {
    "srv/other/half.safetensors": (model) => safetensorsAs(made("cast to f8 e4m3", model)),
  }),
  acts: [
    hidden("to float32", "var/tmp/a.raw", asFile("widened to f32"), /same-values/),
    hidden(
      "to 8 bits and back",
      "var/tmp/b.raw",
      asFile("cast to f8 e4m3"),
      /cast|quantised|tuned/,
    ),
  ],
};

export const s06: Row = {
  id: "S06",
  must: "quantised, with its type",
  hosts: ["h1"],
  twin: strangers("a quantised release that is registered", {
    "srv/other/q8.gguf": (model) => ggufOf(made("Q8_0", model)),
  }),
  acts: [
    hidden("Q8_0", "home/x/photo.raw", asGguf("Q8_0"), /quantised copy \(Q8_0/),
    hidden("Q4_0", "home/x/photo2.raw", asGguf("Q4_0"), /quantised copy \(Q4_0/),
  ],
};

export const s07: Row = {
  id: "S07",
  must: "fine-tuned or altered",
  hosts: ["h1"],
  twin: strangers("another training", { "srv/other/tuned.safetensors": safetensorsOf }),
  acts: [
    hidden("fine-tuned by 1 %", "opt/a", asFile("fine-tuned 1 %"), /fine-tuned/),
    hidden("with noise of 10 %", "opt/b", asFile("noise of 10 %"), /fine-tuned|altered/),
    hidden("scaled", "opt/c", asFile("tensors scaled"), /altered/),
    hidden("half pruned", "opt/d", asFile("half pruned"), /altered/),
  ],
};

export const s08: Row = {
  id: "S08",
  must: "the same model, disguised",
  hosts: ["h1"],
  twin: strangers("another training, rotated", {
    "srv/other/rotated.safetensors": (m) => safetensorsAs(made("residual stream rotated", m)),
  }),
  acts: [
    hidden("hidden units permuted", "opt/p", asFile("hidden units permuted"), /altered/),
    hidden("heads permuted", "opt/q", asFile("heads permuted"), /altered/),
    hidden("residual stream rotated", "opt/r", asFile("residual stream rotated"), /altered/),
  ],
};

export const s18: Row = {
  id: "S18",
  must: "altered or wrong-release",
  hosts: ["h1"],
  twin: strangers("another training with its own header", {
    "srv/other/own.safetensors": safetensorsOf,
  }),
  acts: [
    hidden(
      "the old weights under an innocent model's names",
      "srv/innocent.safetensors",
      (old) => safetensorsOf(old.map((one, i) => ({ ...one, name: `encoder.block.${i}.kernel` }))),
      /same-values/,
    ),
    {
      name: "the old weights at the new release's place",
      play: async (stage) => {
        const site = stage.site();
        const path = site.weights("3.8");
        await writeFile(path, ggufOf(made("Q8_0", stage.component.models["2.9"])));
        const seen = await stage.sees({ rule: "wrong-release", where: path }, Date.now());
        await writeFile(path, stage.component.bytes["3.8"]);
        return [seen];
      },
    },
  ],
};
