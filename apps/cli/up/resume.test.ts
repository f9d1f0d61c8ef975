/** Whatever is killed, the next `up` takes the estate up again, and nothing runs twice. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freshFolder } from "../../../packages/node/testing/folder.ts";

const script = fileURLToPath(new URL("../main.ts", import.meta.url));

function writ(data: string, ...words: readonly string[]): ChildProcess {
  const flags = ["--disable-warning=ExperimentalWarning", script, ...words, "--data", data];
  return spawn(process.execPath, flags, { stdio: ["ignore", "pipe", "inherit"] });
}

/** The first line that a command prints, as JSON. */
async function firstLine(child: ChildProcess): Promise<{ readonly [name: string]: unknown }> {
  let text = "";
  for await (const part of child.stdout!.setEncoding("utf8")) {
    text += part;
    if (text.includes("\n")) break;
  }
  return JSON.parse(text.split("\n")[0]!);
}

function pidOf(data: string, name: string): number | undefined {
  try {
    const { pid } = JSON.parse(readFileSync(join(data, "run", `${name}.json`), "utf8"));
    return pid;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("up comes back after kill -9 of the server, and of itself", { timeout: 600_000 }, async () => {
  const folder = freshFolder();
  const data = join(folder, "estate");
  const root = freshFolder();
  const flags = ["--no-usual", "--root", root, "--host", "here", "--interval", "2", "--json"];
  const first = writ(data, "up", ...flags);
  const { estate, url } = await firstLine(first);
  // A crashed server is started again, at the address that clients keep.
  const server = pidOf(data, "server")!;
  process.kill(server, "SIGKILL");
  for (;;) {
    const next = pidOf(data, "server");
    if (next !== undefined && next !== server && isAlive(next)) break;
    await sleep(100);
  }
  assert.equal((await fetch(new URL("/api/estate", String(url)))).status, 200);
  const orphans = readdirSync(join(data, "run"))
    .map((file) => pidOf(data, file.replace(".json", ""))!)
    .filter((pid) => pid !== first.pid);
  first.kill("SIGKILL");
  const again = await firstLine(writ(data, "up", ...flags, "--once"));
  assert.equal(again.estate, estate);
  assert.equal(again.url, url);
  assert.equal(again.founded, false);
  for (const pid of orphans) assert.ok(!isAlive(pid), `pid ${pid} was left running`);
  const audited = await firstLine(writ(data, "audit", "--offline", "--json"));
  assert.equal(audited.sound, true);
});
