/**
 * Programs of the field, as data: by which library in its memory, or which words of its command, a
 * process is known. A library says more: it computes. A command is what a process calls itself.
 */
import { runtimesMax, type Trace } from "@writ/core";
import { placeText } from "../files/place.ts";

type Program = {
  readonly name: string;
  /** Of a mapped file's path, at its end. */
  readonly library?: RegExp;
  /** Of one of the first arguments. */
  readonly command?: RegExp;
};

const runtimes: readonly Program[] = [
  {
    name: "llama.cpp",
    library: /\/lib(?:llama|ggml(?:-[\w.]+)?)\.so[\d.]*$/,
    command: /(?:^|\/)llama-(?:server|cli|bench|run|quantize)$/,
  },
  { name: "node-llama-cpp", library: /\/llama-addon\.node$/, command: /\/node-llama-cpp\// },
  { name: "Ollama", library: /\/lib\/ollama\/.*\.so[\d.]*$/, command: /(?:^|\/)ollama$/ },
  {
    name: "vLLM",
    library: /\/vllm\/[^/]*\.so$|\/_vllm[\w.-]*\.so$/,
    command: /^vllm(?:\.|$)|\/vllm$/,
  },
  {
    name: "TGI",
    library: /\/text_generation_server\/.*\.so$/,
    command: /(?:^|\/)text-generation-(?:launcher|router|server)$/,
  },
  { name: "SGLang", library: /\/sgl_kernel\/.*\.so$/, command: /^sglang(?:\.|$)/ },
  {
    name: "Triton Inference Server",
    library: /\/libtritonserver\.so$/,
    command: /(?:^|\/)tritonserver$/,
  },
  {
    name: "ONNX Runtime",
    library: /\/(?:libonnxruntime[\w.-]*|onnxruntime_[\w.-]*)\.(?:so[\d.]*|node)$/,
  },
  { name: "PyTorch", library: /\/libtorch(?:_cpu|_cuda|_hip|_python)?\.so[\d.]*$/ },
  {
    name: "TensorFlow",
    library: /\/(?:libtensorflow[\w.-]*|_pywrap_tensorflow[\w.-]*)\.so[\d.]*$/,
  },
  { name: "TensorFlow Lite", library: /\/lib(?:tensorflow-?lite|LiteRt)[\w.-]*\.so$/i },
  { name: "JAX", library: /\/(?:jaxlib|libjax)[\w./-]*\.so$/ },
  { name: "TensorRT", library: /\/libnvinfer[\w.-]*\.so[\d.]*$/ },
  { name: "OpenVINO", library: /\/libopenvino[\w.-]*\.so[\d.]*$/ },
  { name: "CTranslate2", library: /\/libctranslate2[\w.-]*\.so[\d.]*$/ },
  { name: "ctransformers", library: /\/ctransformers\/.*\.so$/ },
  { name: "MLX", library: /\/libmlx\.so[\d.]*$/ },
  {
    name: "whisper.cpp",
    library: /\/libwhisper\.so[\d.]*$/,
    command: /(?:^|\/)whisper-(?:server|cli)$/,
  },
  { name: "MLC LLM", library: /\/libmlc_llm[\w.-]*\.so$/ },
  { name: "XGBoost", library: /\/libxgboost\.so$/ },
  { name: "LightGBM", library: /\/lib_lightgbm\.so$/ },
  { name: "GPT4All", library: /\/libllmodel[\w.-]*\.so[\d.]*$/ },
  { name: "CUDA", library: /\/libcuda\.so[\d.]*$/ },
  { name: "ROCm", library: /\/libamdhip64\.so[\d.]*$/ },
];

const harnesses: readonly Program[] = [
  { name: "Claude Code", command: /(?:^|\/)claude$|\/@anthropic-ai\/claude-code\// },
  { name: "Codex", command: /(?:^|\/)codex$|\/@openai\/codex\// },
  { name: "Gemini CLI", command: /(?:^|\/)gemini$|\/@google\/gemini-cli\// },
  { name: "OpenCode", command: /(?:^|\/)opencode$|\/opencode-ai\// },
  { name: "aider", command: /(?:^|\/)aider$/ },
  { name: "OpenClaw", command: /(?:^|\/)openclaw(?:\.mjs)?$|\/node_modules\/openclaw\// },
  { name: "Goose", command: /(?:^|\/)goosed?$/ },
  { name: "Qwen Code", command: /(?:^|\/)qwen$|\/@qwen-code\// },
  { name: "Copilot CLI", command: /(?:^|\/)copilot$|\/@github\/copilot\// },
];

/** Words of a command that are looked at: the program, its interpreter's flags, its script. */
const wordsMax = 8;
const evidenceLengthMax = 4096;

export type Traces = {
  readonly runtimes?: readonly Trace[];
  readonly harnesses?: readonly Trace[];
};

/** What a process shows of the programs of the field. `mapped` are paths as the kernel has them. */
export function tracesOf(mapped: readonly string[], command: readonly string[]): Traces {
  const found = {
    runtimes: tracesIn(runtimes, mapped, command),
    harnesses: tracesIn(harnesses, [], command),
  };
  return {
    ...(found.runtimes.length === 0 ? {} : { runtimes: found.runtimes }),
    ...(found.harnesses.length === 0 ? {} : { harnesses: found.harnesses }),
  };
}

function tracesIn(
  programs: readonly Program[],
  mapped: readonly string[],
  command: readonly string[],
): readonly Trace[] {
  const words = command.slice(0, wordsMax);
  const found = programs.flatMap(({ name, library, command: pattern }): Trace[] => {
    const path = library === undefined ? undefined : mapped.find((one) => library.test(one));
    if (path !== undefined) return [{ name, by: "mapped", evidence: placeText(path) }];
    const word = pattern === undefined ? undefined : words.find((one) => pattern.test(one));
    return word === undefined
      ? []
      : [{ name, by: "command", evidence: word.slice(0, evidenceLengthMax).toWellFormed() }];
  });
  return found.slice(0, runtimesMax);
}
