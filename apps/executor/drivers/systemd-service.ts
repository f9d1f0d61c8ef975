/**
 * The driver of systemd services. Which start of a unit runs is told by its invocation id, which
 * systemd makes anew at each start (systemd.exec(5), INVOCATION_ID).
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import type { ServiceManager, ServiceStep } from "@writ/core";
import { type Driver, type Reading, unreadable } from "./driver.ts";

type SystemdService = Extract<ServiceManager, { manager: "systemd" }>;
export type SystemdStep = ServiceStep & { readonly service: SystemdService };

/** Runs `systemctl` with arguments and gives its standard output. */
export type Systemctl = (args: readonly string[]) => Promise<string>;

export type UnitState = {
  readonly load: string;
  readonly active: string;
  readonly mainPid: number;
  readonly invocation: string;
};

/**
 * Far over any unit's own time-outs: systemd bounds them, this only bounds a hang of its client.
 */
const systemctlMilliseconds = 15 * 60 * 1000;
const outputBytesMax = 64 * 1024;
const properties = ["LoadState", "ActiveState", "MainPID", "InvocationID"];

/** The arguments that order something of a unit. The unit comes after `--`: it is never a flag. */
export function orderArguments(step: ServiceStep["step"], unit: string): readonly string[] {
  const [verb] = step.split("-") as [string];
  return ["--no-pager", "--no-ask-password", verb, "--", unit];
}

/** The arguments that ask for a unit's state. */
export function stateArguments(unit: string): readonly string[] {
  return ["--no-pager", "show", `--property=${properties.join(",")}`, "--", unit];
}

/** Reads what `systemctl show` says: `Name=value` lines. */
export function parseUnitState(output: string): UnitState {
  const values = new Map(
    output.split("\n").map((line) => {
      const cut = line.indexOf("=");
      return [line.slice(0, cut), line.slice(cut + 1)] as const;
    }),
  );
  return {
    load: values.get("LoadState") ?? "",
    active: values.get("ActiveState") ?? "",
    mainPid: Number(values.get("MainPID") ?? 0),
    invocation: values.get("InvocationID") ?? "",
  };
}

/**
 * The machine's systemctl; `undefined` where systemd is not what runs the machine (sd_booted(3)).
 */
export function localSystemctl(): Systemctl | undefined {
  if (!existsSync("/run/systemd/system")) return undefined;
  const run = promisify(execFile);
  return async (args) => {
    const options = { timeout: systemctlMilliseconds, maxBuffer: outputBytesMax };
    return (await run("systemctl", [...args], options)).stdout;
  };
}

/** systemd units as services. */
export function systemdDriver(systemctl: Systemctl | undefined): Driver<SystemdStep> {
  const ask = async (unit: string) => {
    if (systemctl === undefined) throw new Error("systemd does not run this machine");
    return parseUnitState(await systemctl(stateArguments(unit)));
  };
  return {
    describe: ({ step, service }) => `systemctl ${step.split("-")[0]} ${service.unit}`,
    // A start that is gone by cannot be told from its time here: what runs is taken for the old.
    remember: async ({ service }) => (await ask(service.unit)).invocation,
    readState: async (step, memory) => {
      try {
        return unitReading(step, await ask(step.service.unit), memory);
      } catch (error) {
        return unreadable(error);
      }
    },
    carryOut: async (ordered, memory) => {
      if (systemctl === undefined) return "systemd does not run this machine";
      const { step, service } = ordered;
      const { state, detail } = unitReading(ordered, await ask(service.unit), memory);
      if (state === "after") return undefined;
      if (state !== "before") return detail;
      await systemctl(orderArguments(step, service.unit));
      return undefined;
    },
  };
}

/** What a unit's state means for a step. */
export function unitReading(
  { step }: Pick<ServiceStep, "step">,
  { load, active, mainPid, invocation }: UnitState,
  memory: string | undefined,
): Reading {
  const detail = `the unit is ${active || "unknown"}, main process ${mainPid}`;
  if (load !== "loaded") return { state: "neither", detail: `the unit is ${load || "unknown"}` };
  const stopped = (active === "inactive" || active === "failed") && mainPid === 0;
  // Between two states systemd is on its way: neither can be told yet.
  if (!stopped && active !== "active") return { state: "unreadable", detail };
  switch (step) {
    case "stop-service":
      return { state: stopped ? "after" : "before", detail };
    case "start-service":
      return { state: stopped ? "before" : "after", detail };
    case "restart-service": {
      const anew = !stopped && memory !== undefined && invocation !== memory;
      return { state: anew ? "after" : "before", detail };
    }
    default:
      return step satisfies never;
  }
}
