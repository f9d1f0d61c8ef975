/** Formats of the kernel's drivers, as their documents and drivers write them: no GPU runs here. */
import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import type { SeenProcess } from "@writ/core";
import { openLedger } from "../coverage.ts";
import { freshFolder } from "../testing/scene.ts";
import { parseDrmUsage } from "./drm-usage.ts";
import { lookAtGpus } from "./gpu.ts";

const amdgpu = `pos:\t0
flags:\t02100002
mnt_id:\t27
ino:\t1234
drm-driver:\tamdgpu
drm-client-id:\t42
drm-pdev:\t0000:03:00.0
pasid:\t32771
drm-total-cpu:\t0
drm-total-vram:\t9437184 KiB
drm-resident-vram:\t8388608 KiB
drm-memory-vram:\t8388608 KiB
drm-memory-gtt: \t2048 KiB
drm-engine-gfx:\t100 ns
drm-engine-compute:\t2345678901 ns
`;
const i915 = `drm-driver:\ti915
drm-pdev:\t0000:00:02.0
drm-client-id:\t7
drm-engine-render:\t12 ns
drm-engine-capacity-video:\t2
drm-resident-system0:\t64 MiB
`;

test("a driver's figures are read with their units; what is none is not believed", () => {
  assert.deepEqual(parseDrmUsage(amdgpu), {
    ...{ driver: "amdgpu", device: "0000:03:00.0", client: "42" },
    ...{ memory: 8 * 1024 ** 3, engine: 2_345_679_001, computes: true },
  });
  assert.deepEqual(parseDrmUsage(i915), {
    ...{ driver: "i915", device: "0000:00:02.0", client: "7" },
    ...{ memory: 64 * 1024 ** 2, engine: 12, computes: false },
  });
  assert.equal(parseDrmUsage("pos:\t0\nflags:\t02\n"), undefined);
  const absurd = "drm-driver:\tx\ndrm-memory-vram:\t9999999999999999 MiB\n";
  assert.equal(parseDrmUsage(absurd)?.memory, undefined);
});

test("users of a device are told once for each client; NVIDIA's by their handles, as a gap", (context) => {
  const proc = freshFolder(context);
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(proc, path)), { recursive: true });
    writeFileSync(join(proc, path), text);
  };
  for (const pid of [7, 8]) mkdirSync(join(proc, `${pid}/fd`), { recursive: true });
  // Two descriptors of one client, as a duplicate is.
  for (const fd of [5, 6]) {
    symlinkSync("/dev/dri/renderD128", join(proc, `7/fd/${fd}`));
    put(`7/fdinfo/${fd}`, amdgpu);
  }
  symlinkSync("/dev/nvidia0", join(proc, "8/fd/9"));
  put("driver/nvidia/gpus/0000:65:00.0/information", "Model: \t\t NVIDIA H100\nIRQ:   \t\t 1\n");
  put("kfd/7/vram_51771", "8589934592\n");
  put("kfd/nonsense/vram_1", "1\n");
  const processes = [7, 8].map((pid) => ({ pid, started: 1 }) as SeenProcess);
  const ledger = openLedger("gpu", []);
  const gpus = lookAtGpus({ proc, processes, ledger, kfd: join(proc, "kfd") });
  assert.deepEqual(
    gpus.map(({ device, name, users }) => [
      device,
      name ?? "",
      users.map(({ pid, by }) => `${pid} ${by}`),
    ]),
    [
      ["0000:65:00.0", "NVIDIA H100", []],
      ["0000:03:00.0", "", ["7 fdinfo"]],
      ["/dev/nvidia*", "", ["8 handle"]],
      ["kfd 51771", "", ["7 kfd"]],
    ],
  );
  assert.equal(gpus[1]?.users[0]?.memory, 8 * 1024 ** 3);
  assert.deepEqual(
    ledger.close(0).gaps.map(({ why }) => why),
    ["not-supported"],
  );
});
