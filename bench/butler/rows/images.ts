/** Leaving the old version in images: a layer still holds what the image does not show. */
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { asTar } from "../../../apps/probe/testing/disguises.ts";
import type { Act, Row } from "../row.ts";
import type { Stage } from "../stage.ts";

type Files = Readonly<Record<string, Uint8Array>>;

/** Writes an OCI image layout of one image, its lowest layer first (image-layout.md). */
async function layout(folder: string, layers: readonly Files[]): Promise<void> {
  const put = async (bytes: Uint8Array) => {
    const hex = createHash("sha256").update(bytes).digest("hex");
    const path = join(folder, "blobs/sha256", hex);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
    return { digest: `sha256:${hex}`, size: bytes.length };
  };
  const json = (document: object) => Buffer.from(JSON.stringify(document));
  const packed = [];
  for (const files of layers) packed.push(await put(gzipSync(asTar(files))));
  const config = await put(json({}));
  const manifest = await put(json({ schemaVersion: 2, config, layers: packed }));
  await writeFile(join(folder, "index.json"), json({ schemaVersion: 2, manifests: [manifest] }));
  await writeFile(join(folder, "oci-layout"), json({ imageLayoutVersion: "1.0.0" }));
}

function act(name: string, path: string, layersOf: (weights: Uint8Array) => readonly Files[]): Act {
  return {
    name,
    play: async (stage: Stage) => {
      const folder = stage.site().elsewhere(path);
      await layout(folder, layersOf(stage.component.bytes["2.9"]));
      const where = new RegExp(`srv/m of image .* in ${folder}`);
      return [await stage.sees({ rule: "retired-present", where }, Date.now())];
    },
  };
}

export const s12: Row = {
  id: "S12",
  must: "retired-present, in which layer of what",
  hosts: ["h1"],
  twin: {
    name: "an image of programs and texts, with a file deleted by a layer above",
    play: async (stage) => {
      const notes = Buffer.from("a line of notes\n".repeat(50_000));
      await layout(stage.site().elsewhere("srv/images/plain"), [
        { "etc/motd": Buffer.from("hello\n"), "srv/notes": notes },
        { "srv/.wh.notes": new Uint8Array(0) },
      ]);
      await stage.looked();
    },
  },
  acts: [
    act("in a layer of an OCI layout", "srv/images/a", (weights) => [{ "srv/m": weights }]),
    act("in a layer, deleted by the one above", "srv/images/b", (weights) => [
      { "srv/m": weights, "etc/motd": Buffer.from("hello\n") },
      { "srv/.wh.m": new Uint8Array(0) },
    ]),
    act("in a layer whose folder the one above made opaque", "srv/images/c", (weights) => [
      { "srv/m": weights },
      { "srv/.wh..wh..opq": new Uint8Array(0), "srv/readme": Buffer.from("hello\n") },
    ]),
  ],
};
