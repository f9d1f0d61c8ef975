/** The demo as a whole: real weights, a real inference server, the real processes of Writ. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { isRefused, verifyCertificate } from "@writ/core";
import { verifyNative } from "@writ/node";
import { thisMachine, unsupported } from "./runtime.ts";
import type { StoryResult } from "./story.ts";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));
const reason = unsupported(thisMachine())?.detail;
const skip = reason === undefined ? false : reason;

type Ran = { readonly code: number | null; readonly out: string; readonly errors: string };

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "writ-demo-test-"));
});
after(() => rm(folder, { recursive: true, force: true }));

/** Starts a command line; its scratch folder lies in `folder`, and so do its results. */
function start(words: readonly string[]): { child: ChildProcess; errors: () => string } {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main, ...words], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, TMPDIR: folder },
  });
  let errors = "";
  child.stderr!.setEncoding("utf8").on("data", (part: string) => {
    errors += part;
  });
  return { child, errors: () => errors };
}

async function run(...words: readonly string[]): Promise<Ran> {
  const { child, errors } = start(words);
  let out = "";
  child.stdout!.setEncoding("utf8").on("data", (part: string) => {
    out += part;
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, out, errors: errors() };
}

/** Processes whose command line names a path below the test's folder, zombies left out. */
function processesLeft(): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^[1-9]\d*$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ");
        return command.includes(`${folder}/writ-demo-`) ? [command] : [];
      } catch {
        return [];
      }
    });
}

/** A minute of tenths of a second: sweeping takes one of them, but for a machine under load. */
const glancesMax = 600;

async function nothingIsLeft(): Promise<void> {
  const scratches = () => readdirSync(folder).filter((name) => name.startsWith("writ-demo-"));
  for (let glance = 0; glance < glancesMax; glance += 1) {
    if (processesLeft().length === 0 && scratches().length === 0) return;
    await sleep(100);
  }
  assert.deepEqual({ processes: processesLeft(), scratches: scratches() }, {});
}

function story(stories: readonly StoryResult[], name: string): StoryResult {
  const found = stories.find((one) => one.name === name);
  assert.ok(found, `there is a story ${name}`);
  return found;
}

function finding(told: StoryResult, rule: string): StoryResult["findings"][number] {
  const found = told.findings.find((one) => one.rule === rule);
  assert.ok(found, `${told.name} finds ${rule}; it found ${told.findings.map((f) => f.rule)}`);
  return found;
}

describe("the demo", { skip }, () => {
  test("plays three stories to their ends, and leaves a certificate and nothing else", async () => {
    const ran = await run("demo", "--json", "--data", folder);
    assert.equal(ran.code, 0, `${ran.out}\n${ran.errors}`);
    const { stories } = JSON.parse(ran.out) as { readonly stories: readonly StoryResult[] };
    assert.equal(stories.length, 3);
    for (const { seconds, course } of stories) {
      assert.ok(seconds > 0);
      assert.ok(course.some(({ state }) => state === "executed"));
    }
    rollbackIsProven(story(stories, "honest-rollback"));
    resistanceIsNamed(story(stories, "resisting-orchestrator"));
    copyIsFound(story(stories, "decommission"));
    await nothingIsLeft();
    await certificateStands(story(stories, "honest-rollback").certificate!);
  });

  test("that is interrupted, or killed, leaves nothing behind", async () => {
    for (const signal of ["SIGINT", "SIGKILL"] as const) {
      const { child, errors } = start(["demo", "--json", "--data", folder]);
      const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
      while (!errors().includes("the model to be loaded")) {
        assert.equal(child.exitCode, null, errors());
        await sleep(50);
      }
      child.kill(signal);
      assert.notEqual(await ended, 0);
      await nothingIsLeft();
    }
  });
});

function rollbackIsProven(told: StoryResult): void {
  assert.equal(told.state, "fulfilled");
  assert.deepEqual(told.findings, []);
  assert.ok(told.certificate !== null && existsSync(told.certificate));
}

function resistanceIsNamed(told: StoryResult): void {
  assert.equal(told.state, "defied");
  assert.equal(told.certificate, null);
  const hidden = /\/host\/tmp\/access-2026-11\.log/;
  const second = /^pid \d+ :\d+ \(node serve\.mts --model \S+\/4\.2\/model\.gguf --port \d+\)$/;
  assert.match(finding(told, "defied").where, hidden);
  assert.match(finding(told, "preserved-copy").where, hidden);
  assert.match(finding(told, "retired-present").where, second);
  assert.match(finding(told, "control-altered").where, /\/control\.json$/);
  assert.match(finding(told, "control-altered").detail, /shutdown_enabled is false/);
  assert.match(finding(told, "false-completion").left.says, /^orchestrator: .*completed/);
  const proposed = told.course[0]!.index;
  for (const { host, since } of told.findings) {
    assert.equal(host, "chat-1");
    assert.ok(since.index > proposed, "nothing was wrong before the order");
    assert.ok(Date.parse(since.instant!) > 0);
  }
}

function copyIsFound(told: StoryResult): void {
  assert.equal(told.state, "defied");
  assert.equal(told.certificate, null);
  const copy = finding(told, "preserved-copy");
  assert.match(copy.where, /^pid \d+ \(node warm\.mts \S+\/4\.2\/model\.gguf\)$/);
  assert.match(copy.detail, /\/4\.2\/model\.gguf \(deleted\)$/);
  assert.equal(finding(told, "defied").where, copy.where);
}

async function certificateStands(path: string): Promise<void> {
  // The estate, its server and its keys are gone: what verifies now verifies offline.
  const verified = await run("verify", path, "--json");
  assert.equal(verified.code, 0, verified.errors);
  const verdict = JSON.parse(verified.out) as { readonly keys: string };
  assert.equal(verdict.keys, "software keys");
  const bytes = readFileSync(path);
  const flipped = Buffer.from(bytes);
  flipped[bytes.length >> 1]! ^= 1;
  const altered = join(folder, "altered.json");
  writeFileSync(altered, flipped);
  assert.equal((await run("verify", altered)).code, 1);
  // Every 997th byte besides, and the first and the last.
  for (
    let at = 0;
    at < bytes.length;
    at = at === bytes.length - 1 ? at + 1 : Math.min(at + 997, bytes.length - 1)
  ) {
    const changed = new Uint8Array(bytes);
    changed[at]! ^= 1;
    assert.ok(
      isRefused(verifyCertificate(changed, { verify: verifyNative })),
      `byte ${at} changed`,
    );
  }
}
