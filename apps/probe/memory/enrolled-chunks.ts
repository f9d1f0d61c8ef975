/** The chunks of all enrolled models, read anew when the folder of records has changed. */
import { statSync } from "node:fs";
import type { Digest } from "@writ/core";
import type { ChunkSet } from "@writ/weights";
import { enrolledFolder, loadEnrolled } from "../identity/enrolled.ts";

/** A registered artefact, by its chunks. */
export type ChunksOf = { readonly digest: Digest; readonly chunks: ChunkSet };

export type EnrolledChunks = { now(): readonly ChunksOf[] };

/** Those in a probe's data folder, under its sketch key. */
export function enrolledChunks(data: string, key: Uint8Array): EnrolledChunks {
  let state = "";
  let all: readonly ChunksOf[] = [];
  return {
    now() {
      // Records are renamed into place: that changes the folder.
      const stat = statSync(enrolledFolder(data), { bigint: true, throwIfNoEntry: false });
      const found = stat === undefined ? "" : `${stat.ino} ${stat.ctimeNs}`;
      if (found !== state) {
        all = loadEnrolled(data, key)
          .filter(({ chunks }) => chunks.bytes > 0)
          .map(({ digest, chunks }) => ({ digest, chunks }));
      }
      state = found;
      return all;
    },
  };
}
