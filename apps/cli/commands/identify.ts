/** `writ identify`: what files are, by their bytes. */
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { inertAscii, toHex } from "@writ/core/encoding";
import { containerOf, edgeBytes, kindOfContainer } from "@writ/weights/container";
import { Command } from "commander";
import { type Cli, examples } from "../cli.ts";
import type { Outcome } from "../outcome.ts";
import { openProgress, type Progress } from "../progress.ts";
import { printJson, type Shell } from "../shell.ts";
import { type Column, table } from "../table.ts";
import { sizeText } from "../words.ts";

/** Bytes read at a time: large enough that hashing, not reading, takes the time. */
const readBytes = 1 << 20;

type Identity = {
  readonly path: string;
  /** What the bytes are, by content: `gguf`, `safetensors`, …, `text`, `opaque`. */
  readonly format: string;
  /** `model`, `carrier`, `plain` or `opaque`. */
  readonly kind: string;
  readonly digest: string;
  readonly size: number;
};

export function identifyCommand({ shell, run }: Cli): Command {
  return new Command("identify")
    .argument("<path...>", "files; what they are called plays no part")
    .option("--json", "print an array of objects: path, format, kind, digest, size")
    .addHelpText("after", examples("./writ identify model.gguf backup.log"))
    .action((paths: string[], options: { json?: boolean }) =>
      run(options, () => identify(shell, paths, options.json === true)),
    );
}

async function identify(shell: Shell, paths: readonly string[], json: boolean): Promise<Outcome> {
  const progress = openProgress(shell, json);
  const identities: Identity[] = [];
  try {
    for (const path of paths) {
      progress.stage(`reading ${path}`);
      identities.push(await identityOf(path, progress));
    }
  } finally {
    progress.done();
  }
  if (json) printJson(shell, identities);
  else shell.out(table(shell, columns, identities.map(rowOf)));
  return 0;
}

const columns: readonly Column[] = [
  { head: "format" },
  { head: "size", align: "right" },
  { head: "path", wraps: true },
  { head: "content" },
];

function rowOf({ path, format, digest, size }: Identity) {
  return [format, sizeText(size), inertAscii(path), digest];
}

async function identityOf(path: string, progress: Progress): Promise<Identity> {
  const file = await open(path, "r");
  try {
    const hash = createHash("sha256");
    const buffer = new Uint8Array(readBytes);
    let head = new Uint8Array(0);
    let tail = new Uint8Array(0);
    let size = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      if (bytesRead === 0) break;
      const part = buffer.subarray(0, bytesRead);
      hash.update(part);
      if (head.length < edgeBytes) head = joined(head, part).slice(0, edgeBytes);
      tail = joined(tail, part.subarray(-edgeBytes)).slice(-edgeBytes);
      size += bytesRead;
      progress.update(sizeText(size));
    }
    const format = containerOf({ head, tail, size });
    const digest = `sha256:${toHex(hash.digest())}`;
    return { path, format, kind: kindOfContainer(format), digest, size };
  } finally {
    await file.close();
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}
