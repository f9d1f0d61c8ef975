import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { ServiceStep } from "@writ/core";
import { freshFolder } from "../../../packages/node/testing/folder.ts";
import { driverContract } from "./driver.contract.ts";
import { noBoundaries } from "./driver.ts";
import { type ProcessStep, processDriver } from "./process-service.ts";
import {
  allProcesses,
  folderOf,
  isAlive,
  processAt,
  type SeenProcess,
  signal,
} from "./process-table.ts";

const driver = processDriver(noBoundaries);
const children: ChildProcess[] = [];
const folders: string[] = [];
after(() => {
  for (const child of children) child.kill("SIGKILL");
  for (const folder of folders) killAllIn(folder);
});

function newFolder(): string {
  const folder = freshFolder();
  folders.push(folder);
  return folder;
}

function stepIn(
  folder: string,
  step: ServiceStep["step"],
  command: readonly string[] = ["/bin/sleep", "987"],
): ProcessStep {
  const service = {
    manager: "process",
    command,
    directory: folder,
    pidFile: join(folder, "service.pid"),
    logFile: join(folder, "service.log"),
    stopSeconds: 1,
  } as const;
  return { step, host: "h1", placement: "h1-server", service };
}

/** Starts the service as an operator does: by hand, with a pid file of its own. */
async function startByHand(
  { service }: ProcessStep,
  { pidFile = true } = {},
): Promise<ChildProcess> {
  const [program, ...rest] = service.command;
  const child = spawn(program!, rest, { cwd: service.directory, stdio: "ignore" });
  children.push(child);
  await new Promise((resolve) => child.once("spawn", resolve));
  if (pidFile) writeFileSync(service.pidFile, `${child.pid}\n`);
  return child;
}

function runningIn(folder: string): SeenProcess[] {
  return allProcesses().filter((seen) => folderOf(seen)?.toString() === folder);
}

/** One that ends between the look and the signal is one less to end. */
function killAllIn(folder: string): void {
  for (const seen of runningIn(folder)) signal(seen, "SIGKILL");
}

/** How many run, and whether the pid file names one of them: which pids they are is chance. */
async function look(folder: string): Promise<unknown> {
  const pids = runningIn(folder).map(({ pid }) => pid);
  const file = join(folder, "service.pid");
  const named = existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
  return { running: pids.length, named: pids.includes(named) };
}

for (const [kind, boundaries] of [
  ["stop-service", []],
  ["start-service", ["started-unwritten"]],
  ["restart-service", ["effect-half-done", "started-unwritten"]],
] as const) {
  driverContract(`process ${kind}`, {
    driver: processDriver,
    boundaries,
    fresh: async () => {
      const folder = newFolder();
      const step = stepIn(folder, kind);
      if (kind !== "start-service") await startByHand(step);
      return {
        step,
        disturb: "a service runs, or does not run: there is no third",
        look: () => look(folder),
        cleanUp: async () => killAllIn(folder),
      };
    },
  });
}

test("a restarted service is another process, in a session of its own, and writes its log", async () => {
  const folder = newFolder();
  const command = ["/bin/sh", "-c", "echo up; exec 0</dev/null; while :; do sleep 0.05; done"];
  const step = stepIn(folder, "restart-service", command);
  const old = await startByHand(step);
  const memory = await driver.remember(step);
  assert.equal(await driver.carryOut(step, memory), undefined);
  const pid = Number(readFileSync(step.service.pidFile, "utf8"));
  assert.notEqual(pid, old.pid);
  assert.equal(processAt(old.pid!), undefined);
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  assert.equal(Number(fields[3]), pid, "it leads its own session");
  assert.equal(readFileSync(step.service.logFile, "utf8"), "up\n");
  const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
  assert.ok(!environment.includes("NODE_"), "nothing of the executor's own environment");
});

test("one that does not heed the polite signal is killed after its time", async () => {
  const step = stepIn(newFolder(), "stop-service", [
    "/bin/sh",
    "-c",
    "trap '' TERM; while :; do sleep 0.05; done",
  ]);
  const child = await startByHand(step);
  await delay(100);
  const began = performance.now();
  assert.equal(await driver.carryOut(step, ""), undefined);
  assert.ok(performance.now() - began > 900, "it was given its second");
  assert.equal(child.signalCode ?? (await exitOf(child)), "SIGKILL");
});

test("a pid that was used again is never sent a signal", async () => {
  const folder = newFolder();
  const step = stepIn(folder, "stop-service");
  const bystander = await startByHand(stepIn(newFolder(), "stop-service", ["/bin/sleep", "654"]));
  // The service is gone; its pid is now somebody else's.
  writeFileSync(step.service.pidFile, `${bystander.pid}\n`);
  assert.equal((await driver.readState(step, "")).state, "after", "the service does not run");
  assert.equal(await driver.carryOut(step, ""), undefined);
  // The same command elsewhere, started after the pid file was written: still another process.
  rmSync(step.service.pidFile);
  const twin = await startByHand(stepIn(newFolder(), "stop-service"));
  writeFileSync(step.service.pidFile, `${twin.pid}\n`);
  writeFileSync(`${step.service.pidFile}.start`, `${twin.pid} 1 another-boot\n`);
  assert.equal(await driver.carryOut(step, ""), undefined);
  rmSync(`${step.service.pidFile}.start`);
  const longAgo = Date.now() / 1000 - 3600;
  utimesSync(step.service.pidFile, longAgo, longAgo);
  assert.equal(await driver.carryOut(step, ""), undefined);
  for (const child of [bystander, twin]) {
    assert.ok(isAlive(processAt(child.pid!) ?? { pid: 0, started: 0 }), "it lives");
  }
});

test("a service whose pid file was taken away is found and stopped all the same", async () => {
  const step = stepIn(newFolder(), "stop-service");
  const child = await startByHand(step, { pidFile: false });
  assert.equal((await driver.readState(step, "")).state, "before");
  assert.equal(await driver.carryOut(step, ""), undefined);
  assert.equal(processAt(child.pid!), undefined);
});

test("a pid file that names another command's process: nothing is done, and a person told", async () => {
  for (const kind of ["start-service", "restart-service"] as const) {
    const folder = newFolder();
    const step = stepIn(folder, kind);
    const stranger = await startByHand(stepIn(folder, kind, ["/bin/sleep", "654"]));
    const reading = await driver.readState(step, undefined);
    assert.equal(reading.state, "neither");
    assert.match(reading.detail, new RegExp(`names process ${stranger.pid}, .*sleep 654`));
    assert.match(reading.detail, /order again$/);
    // Whoever writes a pid file must not be able to stop an order on the service itself.
    await startByHand(step, { pidFile: false });
    assert.notEqual((await driver.readState(step, undefined)).state, "neither");
    assert.ok(isAlive(processAt(stranger.pid!) ?? { pid: 0, started: 0 }), "it lives");
  }
});

test("a script is known by its first line's interpreter", async () => {
  const folder = newFolder();
  const script = join(folder, "serve");
  writeFileSync(script, "#!/bin/sh -e\nwhile :; do sleep 0.05; done\n", { mode: 0o755 });
  const step = stepIn(folder, "start-service", [script, "--port", "1"]);
  assert.equal(await driver.carryOut(step, ""), undefined);
  assert.equal((await driver.readState(step, "")).state, "after");
  const stop = stepIn(folder, "stop-service", [script, "--port", "1"]);
  assert.equal(await driver.carryOut(stop, ""), undefined);
  assert.equal((await driver.readState(stop, "")).state, "after");
});

test("a program that is not there, or ends at once, is said", async () => {
  const missing = stepIn(newFolder(), "start-service", ["/nowhere/serve"]);
  assert.match((await driver.carryOut(missing, ""))!, /cannot be started/);
  const brief = stepIn(newFolder(), "start-service", ["/bin/true"]);
  assert.match((await driver.carryOut(brief, ""))!, /ended at once/);
  assert.equal((await driver.readState(brief, "")).state, "before");
});

test("which processes were there is told from those since, also by their time", async () => {
  const step = stepIn(newFolder(), "restart-service");
  const since = Date.now();
  await delay(1500);
  await startByHand(step);
  assert.equal(await driver.remember(step, since), "", "it started later");
  assert.notEqual(await driver.remember(step, since + 10_000), "");
});

async function exitOf(child: ChildProcess): Promise<NodeJS.Signals | null> {
  return new Promise((resolve) => child.once("exit", (_, signal) => resolve(signal)));
}
