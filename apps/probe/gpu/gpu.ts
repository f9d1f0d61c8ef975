/**
 * The `gpu` vantage: which processes use a graphics processor, and how much of its memory, by what
 * the kernel shows without a vendor's program: `fdinfo` of DRM drivers, AMD's `kfd`, NVIDIA's
 * device files and `/proc/driver/nvidia`. NVIDIA's driver tells no bytes that way.
 */
import { type Gpu, gpusMax, gpuUsersMax, type SeenProcess } from "@writ/core";
import type { Ledger } from "../coverage.ts";
import { namesIn } from "../network/descriptors.ts";
import { readProc, readProcLink } from "../processes/proc.ts";
import { type DrmUsage, parseDrmUsage } from "./drm-usage.ts";

type User = Gpu["users"][number];
type Device = Omit<Gpu, "users"> & { readonly users: Map<number, User> };

export type GpuParts = {
  readonly proc: string;
  readonly processes: readonly SeenProcess[];
  readonly ledger: Ledger;
  /** `/sys/class/kfd/kfd/proc`, unless a test has its own. */
  readonly kfd?: string;
};

/** Every device that is there or used, with who uses it. */
export function lookAtGpus(parts: GpuParts): readonly Gpu[] {
  const devices = new Map<string, Device>();
  addNvidia(devices, parts);
  for (const process of parts.processes) addProcess(devices, parts, process);
  addKfd(devices, parts);
  const found = [...devices.values()].map(({ users, ...device }) => ({
    ...device,
    users: [...users.values()]
      .sort((a, b) => (b.memory ?? 0) - (a.memory ?? 0))
      .slice(0, gpuUsersMax),
  }));
  if (found.length > gpusMax) parts.ledger.gap("devices", "excluded");
  parts.ledger.entries += found.length;
  return found.slice(0, gpusMax);
}

function deviceOf(devices: Map<string, Device>, device: string, driver: string): Device {
  const known = devices.get(device);
  if (known !== undefined) return known;
  const made: Device = { device, driver, users: new Map() };
  devices.set(device, made);
  return made;
}

function addProcess(devices: Map<string, Device>, { proc, ledger }: GpuParts, seen: SeenProcess) {
  const { pid, started } = seen;
  const folder = `${proc}/${pid}`;
  const clients = new Map<string, DrmUsage>();
  let nvidia = false;
  for (const name of namesIn(`${folder}/fd`)) {
    const said = readProcLink(`${folder}/fd/${name}`);
    if (said === undefined) continue;
    if (/^\/dev\/nvidia(?:\d+|-uvm)$/.test(said)) nvidia = true;
    if (!said.startsWith("/dev/dri/") && !said.startsWith("/dev/accel/")) continue;
    const usage = usageAt(`${folder}/fdinfo/${name}`);
    if (usage !== undefined) clients.set(`${usage.device} ${usage.client}`, usage);
  }
  for (const { device, driver, memory, engine, computes } of clients.values()) {
    const { users } = deviceOf(devices, device, driver);
    const before = users.get(pid);
    users.set(pid, {
      ...{ pid, started, by: "fdinfo" },
      ...added("memory", before?.memory, memory),
      ...added("engine", before?.engine, engine),
      ...(computes || before?.computes === true ? { computes: true } : {}),
    });
  }
  if (nvidia) {
    const { users } = deviceOf(devices, "/dev/nvidia*", "nvidia");
    users.set(pid, { pid, started, by: "handle" });
    // How much it has there, only NVIDIA's own library tells.
    ledger.gap(`${folder}/fd`, "not-supported");
  }
}

function added<K extends string>(name: K, before: number | undefined, more: number | undefined) {
  if (before === undefined && more === undefined) return {};
  return { [name]: Math.min((before ?? 0) + (more ?? 0), Number.MAX_SAFE_INTEGER) } as Record<
    K,
    number
  >;
}

function usageAt(path: string): DrmUsage | undefined {
  try {
    return parseDrmUsage(readProc(path));
  } catch {
    return undefined;
  }
}

/** `/proc/driver/nvidia/gpus/ADDRESS/information`: the devices that its driver has. */
function addNvidia(devices: Map<string, Device>, { proc }: GpuParts): void {
  const folder = `${proc}/driver/nvidia/gpus`;
  for (const address of namesIn(folder)) {
    let text = "";
    try {
      text = readProc(`${folder}/${address}/information`);
    } catch {
      // A device that its driver lists and does not describe.
    }
    const name = /^Model:\s+(\S.{0,255})$/m.exec(text)?.[1]?.trim();
    const device = deviceOf(devices, address.slice(0, 128), "nvidia");
    devices.set(device.device, { ...device, ...(name === undefined ? {} : { name }) });
  }
}

/** `/sys/class/kfd/kfd/proc/PID/vram_ID`: bytes that a process computes in, on AMD's devices. */
function addKfd(
  devices: Map<string, Device>,
  { kfd = "/sys/class/kfd/kfd/proc", processes }: GpuParts,
) {
  for (const name of namesIn(kfd)) {
    const pid = Number(name);
    if (!Number.isSafeInteger(pid) || pid < 1 || pid > 4_194_304) continue;
    const started = processes.find((one) => one.pid === pid)?.started;
    for (const file of namesIn(`${kfd}/${name}`)) {
      const id = /^vram_(\d{1,10})$/.exec(file)?.[1];
      const memory = id === undefined ? undefined : figureAt(`${kfd}/${name}/${file}`);
      if (memory === undefined) continue;
      const own = started === undefined ? {} : { started };
      const user: User = { pid, ...own, memory, computes: true, by: "kfd" };
      deviceOf(devices, `kfd ${id}`, "amdgpu").users.set(pid, user);
    }
  }
}

function figureAt(path: string): number | undefined {
  try {
    const text = readProc(path, 64).trim();
    return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  } catch {
    return undefined;
  }
}
