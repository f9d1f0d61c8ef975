/** `drm-*` keys of a descriptor's `fdinfo` (Linux' drm-usage-stats). */

export type DrmUsage = {
  readonly driver: string;
  /** PCI address; the driver's name where it tells none. */
  readonly device: string;
  /** Names one client of the device: descriptors that share it are counted once. */
  readonly client: string;
  /** Bytes in the device's memory, or in all regions if none is called so. */
  readonly memory: number | undefined;
  /** Nanoseconds of its engines. */
  readonly engine: number | undefined;
  /** True if an engine that only computes worked for it. */
  readonly computes: boolean;
};

const units: { readonly [unit: string]: number } = { "": 1, KiB: 1024, MiB: 1024 ** 2 };
/** A driver has a dozen; more lines are no driver's. */
const linesMax = 256;

/** What an `fdinfo` tells of a graphics device; `undefined` if it is not one's. */
export function parseDrmUsage(text: string): DrmUsage | undefined {
  const fields = new Map<string, string>();
  for (const line of text.split("\n").slice(0, linesMax)) {
    const match = /^(drm-[\w-]{1,64}):\s*(\S.{0,127})$/.exec(line);
    if (match !== null) fields.set(match[1]!, match[2]!.trim());
  }
  const driver = fields.get("drm-driver");
  if (driver === undefined) return undefined;
  const own = driver.slice(0, 64);
  const sum = (keys: RegExp): number | undefined => {
    const figures = [...fields].flatMap(([key, value]) => (keys.test(key) ? figureOf(value) : []));
    const total = figures.reduce((all, one) => all + one, 0);
    return figures.length === 0 || !Number.isSafeInteger(total) ? undefined : total;
  };
  // `resident` counts what is there now; older drivers have `memory`, some `total` alone.
  const memory =
    sum(/^drm-resident-(?:vram|local)\d*$/) ??
    sum(/^drm-memory-vram$/) ??
    sum(/^drm-total-(?:vram|local)\d*$/) ??
    sum(/^drm-resident-/) ??
    sum(/^drm-memory-/);
  return {
    ...{ driver: own, device: fields.get("drm-pdev")?.slice(0, 128) ?? own, memory },
    client: fields.get("drm-client-id") ?? "",
    engine: sum(/^drm-engine-(?!capacity-)/),
    computes: (sum(/^drm-(?:engine|cycles)-(?:compute|ccs)/) ?? 0) > 0,
  };
}

function figureOf(value: string): number[] {
  const match = /^(\d{1,16})(?: (ns|KiB|MiB))?$/.exec(value);
  if (match === null) return [];
  return [Number(match[1]) * (units[match[2] ?? ""] ?? 1)];
}
