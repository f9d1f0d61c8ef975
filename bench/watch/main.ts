/**
 * `node bench/watch/main.ts [--files 10000] [--changes 40] [--json]`: a real probe watches a tree;
 * a control changes, or a model file comes; how long until the signed census that tells of it is
 * with the server? That is the whole way: noticed, looked at, signed, sent.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Census, censusShape, isRefused, parseCanonicalObject } from "@writ/core";
import { type DeskServer, openDeskServer } from "../../apps/probe/testing/desk-server.ts";
import { emptyAssignment, opaqueBytes, safetensorsBytes } from "../../apps/probe/testing/scene.ts";

/** Files in one folder of the tree. */
const filesPerFolder = 100;
/** A change that nobody tells of for so long is missed. */
const patienceMilliseconds = 120_000;

const probe = fileURLToPath(new URL("../../apps/probe/main.ts", import.meta.url));
const { values } = parseArgs({
  options: {
    files: { type: "string", default: "10000" },
    changes: { type: "string", default: "40" },
    json: { type: "boolean", default: false },
  },
});

function newest({ entries, blobs }: DeskServer): Census | undefined {
  const body = entries.findLast((entry) => entry.body.kind === "census")?.body;
  if (body?.kind !== "census") return undefined;
  const json = parseCanonicalObject(blobs.get(body.census)!);
  const census = isRefused(json) ? json : censusShape(json, "census");
  if (isRefused(census)) throw new Error(census.detail);
  return census;
}

async function until(desk: DeskServer, is: (census: Census) => boolean): Promise<number> {
  const began = performance.now();
  let read = -1;
  for (;;) {
    if (desk.entries.length !== read) {
      read = desk.entries.length;
      const census = newest(desk);
      if (census !== undefined && is(census)) return performance.now() - began;
    }
    if (performance.now() - began > patienceMilliseconds) throw new Error("nobody told");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

function makeTree(root: string, files: number): readonly string[] {
  const folders = Array.from({ length: Math.ceil(files / filesPerFolder) }, (_, at) =>
    join(root, `folder-${at}`),
  );
  for (let at = 0; at < files; at += 1) {
    const folder = folders[Math.floor(at / filesPerFolder)]!;
    if (at % filesPerFolder === 0) mkdirSync(folder);
    writeFileSync(join(folder, `file-${at}`), opaqueBytes(256, at + 1));
  }
  return folders;
}

type Row = { readonly what: string; readonly milliseconds: readonly number[] };

async function measure(root: string, desk: DeskServer, control: string): Promise<readonly Row[]> {
  const folders = makeTree(root, Number(values.files));
  const args = ["--server", desk.url, "--data", join(root, "..", "data"), "--host", "test-host"];
  const child = spawn(
    process.execPath,
    [probe, "run", ...args, "--root", root, "--interval", "3600"],
    {
      stdio: ["ignore", "pipe", "ignore"],
    },
  );
  try {
    await until(desk, ({ controls }) => controls.length === 1);
    const models: number[] = [];
    const controls: number[] = [];
    for (let at = 0; at < Number(values.changes); at += 1) {
      // Not in step with the probe's own clock, nor within the rest after its last look.
      await new Promise((resolve) => setTimeout(resolve, 1500 + ((at * 137) % 250)));
      const value = `"value-${at}"`;
      const came = join(folders[(at * 7) % folders.length]!, `model-${at}`);
      if (at % 2 === 0) writeFileSync(control, `SHUTDOWN=${value}\n`);
      else writeFileSync(came, safetensorsBytes(1024, at + 1));
      const took = await until(desk, (census) =>
        at % 2 === 0
          ? census.controls[0]?.value === `value-${at}`
          : census.masses.some(({ names }) => names.includes(came)),
      );
      (at % 2 === 0 ? controls : models).push(took);
    }
    return [
      { what: "a control changes", milliseconds: controls },
      { what: "a model file comes", milliseconds: models },
    ];
  } finally {
    child.kill("SIGTERM");
    await once(child, "exit");
  }
}

function at(share: number, sorted: readonly number[]): number {
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!);
}

const home = mkdtempSync(join(tmpdir(), "writ-bench-watch-"));
const root = join(home, "root");
mkdirSync(root);
const control = join(root, "control.env");
writeFileSync(control, "SHUTDOWN=on\n");
const reading = { path: control, format: "env", key: "SHUTDOWN" } as const;
const assignment = { ...emptyAssignment, controls: [{ control: "shutdown", reading }] };
const desk = await openDeskServer(assignment, { port: 0 });
try {
  const rows = (await measure(root, desk, control)).map(({ what, milliseconds }) => {
    const sorted = milliseconds.toSorted((a, b) => a - b);
    return {
      what,
      changes: sorted.length,
      p50: at(0.5, sorted),
      p95: at(0.95, sorted),
      max: at(1, sorted),
    };
  });
  const load = Number(loadavg()[0]!.toFixed(1));
  if (values.json)
    process.stdout.write(`${JSON.stringify({ files: Number(values.files), load, rows })}\n`);
  else {
    process.stdout.write(`${values.files} files watched; load ${load}; milliseconds until told\n`);
    for (const { what, changes, p50, p95, max } of rows) {
      process.stdout.write(`${what.padEnd(20)} n ${changes}  p50 ${p50}  p95 ${p95}  max ${max}\n`);
    }
  }
} finally {
  await desk.close();
  rmSync(home, { recursive: true, force: true });
}
