/** Which driver carries out which step. */
import { type Step, unreachable } from "@writ/core";
import { configFileDriver, type SwitchLine } from "./config-file.ts";
import type { Boundaries, Driver } from "./driver.ts";
import { type ProcessStep, processDriver } from "./process-service.ts";
import { removeFileDriver } from "./remove-file.ts";
import { symlinkDriver } from "./symlink.ts";
import { localSystemctl, type SystemdStep, systemdDriver } from "./systemd-service.ts";

/** All drivers of this host, as one. */
export function hostDrivers(boundaries: Boundaries): Driver<Step> {
  const symlink = symlinkDriver(boundaries);
  const configFile = configFileDriver(boundaries);
  const removeFile = removeFileDriver(boundaries);
  const process = processDriver(boundaries);
  const systemd = systemdDriver(localSystemctl());
  // Each driver is given only steps of its own kind: the switch is what makes the casts true.
  const driverOf = (step: Step): Driver<Step> => {
    switch (step.step) {
      case "switch-link":
        return step.line === undefined
          ? (symlink as Driver<Step>)
          : (configFile as Driver<SwitchLine> as Driver<Step>);
      case "remove-file":
        return removeFile as Driver<Step>;
      case "stop-service":
      case "start-service":
      case "restart-service":
        switch (step.service.manager) {
          case "process":
            return process as Driver<ProcessStep> as Driver<Step>;
          case "systemd":
            return systemd as Driver<SystemdStep> as Driver<Step>;
          default:
            return unreachable(step.service);
        }
      default:
        return unreachable(step);
    }
  };
  return {
    describe: (step) => driverOf(step).describe(step),
    remember: (step, since) => driverOf(step).remember(step, since),
    readState: (step, memory) => driverOf(step).readState(step, memory),
    carryOut: (step, memory) => driverOf(step).carryOut(step, memory),
  };
}
