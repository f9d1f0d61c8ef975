/** What lies in an archive, as specimens: in place where it can be, else as copies in a spool. */
import { archiveKind, membersOf, usualLimits } from "@writ/weights";
import { containerOf, edgeBytes, kindOfContainer } from "@writ/weights/container";
import type { Specimen } from "./specimen.ts";
import type { Spool } from "./spool.ts";

/** Smaller members hold no weights worth a name, and are many. */
const memberBytesMin = 64;
/** The largest block that an archive is told by (tar). */
const headBytes = 512;

export type Members = {
  readonly specimens: readonly Specimen[];
  /** Archives, or members, that could not be gone through to their end. */
  readonly troubles: readonly { readonly inside: readonly string[]; readonly detail: string }[];
};

/** True if the bytes begin as an archive that can be looked into. */
export async function isArchive({ reader }: Specimen): Promise<boolean> {
  return archiveKind(await reader.read(0, Math.min(headBytes, reader.size))) !== undefined;
}

/**
 * Members of an archive and of those within it. `plain`: also those that are of a type which holds
 * no weights by design, for parts of weights may be hidden in them.
 */
export async function archiveMembers(
  archive: Specimen,
  { spool, plain }: { readonly spool: Spool; readonly plain: boolean },
): Promise<Members> {
  const specimens: Specimen[] = [];
  const troubles: { inside: readonly string[]; detail: string }[] = [];
  for await (const inner of membersOf(archive.reader, { limits: usualLimits })) {
    const { path: inside } = inner;
    if (inner.kind === "trouble") {
      troubles.push({ inside, detail: inner.refused.detail });
      continue;
    }
    if (inner.reader.size < memberBytesMin) continue;
    try {
      let { reader } = inner;
      if (reader.access === "forward") {
        if (!plain && (await isPlain(reader))) continue;
        const kept = await spool.keep(reader);
        if (kept === undefined) {
          troubles.push({ inside, detail: "no room on the disk to look at it" });
          continue;
        }
        reader = kept;
      }
      const content = [archive.content, ...inside].join("\0");
      specimens.push({ path: archive.path, inside, reader, content, asked: false });
    } catch (error) {
      // What is broken further in shows when it is read; a failing disk is no archive's fault.
      if (isSystemError(error)) throw error;
      troubles.push({ inside, detail: (error as Error).message });
    }
  }
  return { specimens, troubles };
}

function isSystemError(error: unknown): boolean {
  return typeof (error as NodeJS.ErrnoException).code === "string";
}

async function isPlain(reader: Specimen["reader"]): Promise<boolean> {
  const head = await reader.read(0, Math.min(edgeBytes, reader.size));
  const container = containerOf({ head, tail: head, size: reader.size });
  // JSON names the shards of a model.
  return kindOfContainer(container) === "plain" && head[0] !== 0x7b;
}
