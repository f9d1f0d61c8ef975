/**
 * From a container to the same one of another image. An engine tells a container's settings merged
 * with its image's own; what came from the old image must come from the new one instead, or the
 * new release would be started by the old one's command.
 */
import type { ImageDefaults } from "./engine.ts";
import { member, type Outside, rows, words } from "./wire.ts";

/** What the operators set themselves wins over the image; these are said by the container alone. */
const taken = ["Hostname", "Domainname", "User", "Tty", "OpenStdin", "StdinOnce", "StopSignal"];
/** Lists and texts that an image may set. */
const merged = ["Cmd", "Entrypoint", "WorkingDir"];

/** The body of `POST /containers/create` for the successor. Pure. */
export function successorOf(
  old: Outside,
  { image, own }: { readonly image: string; readonly own: ImageDefaults },
): { readonly [name: string]: unknown } {
  const config = member(old, "Config");
  const said: { [name: string]: unknown } = { Image: image };
  for (const name of [...taken, ...merged]) {
    const value = member(config, name);
    if (value !== undefined && !isSame(value, member(own.config, name))) said[name] = value;
  }
  // An id that the engine made up is the old container's own.
  const id = words(member(old, "Id"));
  if (id.startsWith(words(said.Hostname))) delete said.Hostname;
  const inherited = new Set(rows(member(own.config, "Env")).map(words));
  said.Env = rows(member(config, "Env")).filter((one) => !inherited.has(words(one)));
  said.Labels = without(member(config, "Labels"), member(own.config, "Labels"));
  said.ExposedPorts = without(member(config, "ExposedPorts"), member(own.config, "ExposedPorts"));
  said.HostConfig = hostConfigOf(old);
  const networks = member(old, "NetworkSettings", "Networks");
  if (isNamedNetwork(old) && typeof networks === "object" && networks !== null) {
    said.NetworkingConfig = {
      EndpointsConfig: Object.fromEntries(Object.keys(networks).map((name) => [name, {}])),
    };
  }
  return said;
}

function isNamedNetwork(old: Outside): boolean {
  const mode = words(member(old, "HostConfig", "NetworkMode"));
  return !["", "default", "host", "none", "bridge", "private", "slirp4netns", "pasta"].includes(
    mode,
  );
}

/** What the engine takes back of what it told. */
const hostSettings = [
  ...["Binds", "PortBindings", "RestartPolicy", "NetworkMode", "PidMode", "IpcMode", "UTSMode"],
  ...["UsernsMode", "Privileged", "PublishAllPorts", "ReadonlyRootfs", "CapAdd", "CapDrop"],
  ...["Dns", "DnsOptions", "DnsSearch", "ExtraHosts", "GroupAdd", "SecurityOpt", "ShmSize"],
  ...["Tmpfs", "Devices", "DeviceRequests", "Memory", "MemorySwap", "NanoCpus", "CpuShares"],
  ...["CpuPeriod", "CpuQuota", "CpusetCpus", "CpusetMems", "PidsLimit", "Ulimits", "Sysctls"],
  ...["OomKillDisable", "Init", "LogConfig", "Runtime", "Mounts", "VolumesFrom", "Links"],
];

function hostConfigOf(old: Outside): { readonly [name: string]: unknown } {
  const kept: { [name: string]: unknown } = {};
  for (const name of hostSettings) {
    const value = member(old, "HostConfig", name);
    if (!isEmpty(value)) kept[name] = name === "Ulimits" ? rows(value).map(limitOf) : value;
  }
  return kept;
}

/** Podman tells `RLIMIT_NOFILE` and takes `nofile`, as Docker tells it. */
function limitOf(limit: Outside): Outside {
  const name = words(member(limit, "Name"))
    .replace(/^RLIMIT_/, "")
    .toLowerCase();
  return { ...(limit as object), Name: name };
}

/** Nothing was set: saying so again is refused by one engine and not by the other. */
function isEmpty(value: Outside): boolean {
  if (value === undefined || value === null || value === "" || value === 0 || value === false) {
    return true;
  }
  return typeof value === "object" && Object.keys(value).length === 0;
}

function without(all: Outside, inherited: Outside): { readonly [name: string]: unknown } {
  if (typeof all !== "object" || all === null) return {};
  return Object.fromEntries(
    Object.entries(all).filter(([name, value]) => !isSame(value, member(inherited, name))),
  );
}

function isSame(a: Outside, b: Outside): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
