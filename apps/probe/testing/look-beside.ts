/** Prints the census of a root, taken while a script runs beside it and once it has moved enough. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { parseFlows } from "../network/kernel-flows.ts";
import { openNetlink } from "../network/netlink.ts";
import { openNetworkMemory } from "../network/network.ts";
import { lookAt } from "./scene.ts";

const [root, script, address, bytes] = process.argv.slice(2);
if (root === undefined || script === undefined) throw new Error("a root and a script are needed");
const netlink = openNetlink();
if (netlink === undefined) throw new Error("the kernel's counters cannot be had");
const networkMemory = openNetworkMemory("/proc", Date.now);
const child = spawn("sh", [script], { stdio: ["ignore", "ignore", "inherit"], detached: true });
let ended = false;
child.on("exit", () => {
  ended = true;
});
const end = Date.now() + 120_000;
/** The network is the machine's: others have flows too, but not to there. */
const hasMoved = () => {
  const sockets = netlink.socketsIn();
  const { flows } = parseFlows(readFileSync("/proc/net/tcp", "utf8"), "tcp");
  return flows.some(({ remote, inode }) => {
    const { sent = 0, received = 0 } = sockets?.get(inode) ?? {};
    return remote.startsWith(`${address}:`) && sent + received >= Number(bytes);
  });
};
while (!hasMoved() && Date.now() < end && !ended) {
  networkMemory.flows.glance();
  await new Promise((resolve) => setTimeout(resolve, 50));
}
const census = await lookAt([root], { networkMemory });
process.stdout.write(JSON.stringify(census));
try {
  if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
} catch {
  // It has ended by itself.
}
