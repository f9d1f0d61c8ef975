/** Which program of the field a process is: by its libraries, and by its own word. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { lookAt } from "../testing/scene.ts";
import { tracesOf } from "./field-programs.ts";
import { containedOf } from "./surroundings.ts";

const names = (mapped: readonly string[], command: readonly string[] = []) => {
  const { runtimes = [], harnesses = [] } = tracesOf(mapped, command);
  return [...runtimes, ...harnesses].map(({ name, by }) => `${name} ${by}`);
};

test("a runtime is known by what it maps, whatever its process calls itself", () => {
  const site = "/opt/venv/lib/python3.12/site-packages";
  assert.deepEqual(names([`${site}/torch/lib/libtorch_cpu.so`], ["[kworker/0:1]"]), [
    "PyTorch mapped",
  ]);
  const onnx = "onnxruntime-node/bin/napi-v6/linux/x64/onnxruntime_binding.node";
  assert.deepEqual(names([`/app/node_modules/${onnx}`]), ["ONNX Runtime mapped"]);
  assert.deepEqual(names(["/usr/lib/libllama.so", "/usr/lib/libggml-base.so.0"]), [
    "llama.cpp mapped",
  ]);
  assert.deepEqual(names([], ["/usr/local/bin/ollama", "serve"]), ["Ollama command"]);
  assert.deepEqual(names([], ["python3", "-m", "vllm.entrypoints.openai.api_server"]), [
    "vLLM command",
  ]);
  assert.deepEqual(names([], ["node", "/usr/lib/node_modules/@openai/codex/bin/codex.js"]), [
    "Codex command",
  ]);
});

test("what only sounds like one is none", () => {
  assert.deepEqual(names(["/usr/lib/libtorchlight.so", "/srv/llama.txt"], ["vi", "ollama.md"]), []);
  assert.deepEqual(names([], ["grep", "-r", "claude-monet", "."]), []);
});

test("engine and pod are read from the control group as each writes it", () => {
  const id = "4823aa80f206bae7145168ebc6917421dfdb6a1b716c862f9e45a3be875fd011";
  const uid = "0a1b2c3d-0000-1111-2222-333344445555";
  const cases = [
    [`0::/system.slice/docker-${id}.scope`, "docker", undefined],
    [`12:pids:/docker/${id}`, "docker", undefined],
    [`0::/machine.slice/libpod-${id}.scope/container`, "podman", undefined],
    [
      `0::/kubepods.slice/kubepods-pod${uid.replaceAll("-", "_")}.slice/cri-containerd-${id}.scope`,
      "containerd",
      uid,
    ],
    [`0::/kubepods.slice/kubepods-burstable-pod${uid}.slice/crio-${id}.scope`, "cri-o", uid],
    [`4:cpu:/kubepods/burstable/pod${uid}/${id}`, undefined, uid],
  ] as const;
  for (const [text, engine, pod] of cases) {
    const told = containedOf(`${text}\n`);
    assert.deepEqual([told.container, told.engine, told.pod], [id, engine, pod], text);
  }
  assert.deepEqual(containedOf("0::/user.slice/session-1.scope\n"), {});
});

test("a real process that loads a real runtime shows it", async (context) => {
  let library: string;
  try {
    const own = createRequire(import.meta.url).resolve("@node-llama-cpp/linux-x64");
    library = join(dirname(own), "../bins/linux-x64/libggml-base.so");
    createRequire(import.meta.url).resolve("koffi");
  } catch {
    return context.skip("node-llama-cpp or koffi is not installed");
  }
  const script = `
    require("koffi").load(${JSON.stringify(library)});
    console.log("loaded");
    setInterval(() => {}, 60000);`;
  const child = spawn(process.execPath, ["-e", script], {
    ...{ cwd: dirname(fileURLToPath(import.meta.url)), argv0: "innocent" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  context.after(() => child.kill("SIGKILL"));
  await once(child.stdout, "data");
  const { processes } = await lookAt([]);
  const own = processes.find(({ pid }) => pid === child.pid);
  assert.deepEqual(own?.runtimes, [{ name: "llama.cpp", by: "mapped", evidence: library }]);
});
