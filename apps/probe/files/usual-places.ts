/**
 * Where models usually lie on a host, as data: for whoever chooses a probe's roots. A setting moves
 * what a tool writes from now on; what it wrote before stays where it was, so the default place is
 * named beside the set one, never instead of it.
 */

export type UsualPlace = {
  /** The tool or custom that keeps models there. */
  readonly of: string;
  readonly path: string;
};

type Environment = { readonly [name: string]: string | undefined };

/** Variable that names a place, what to append to it, and whose place it is. */
const settings: readonly (readonly [name: string, below: string, of: string])[] = [
  // huggingface.co/docs/huggingface_hub/package_reference/environment_variables
  ["HF_HUB_CACHE", "", "Hugging Face hub cache"],
  ["HUGGINGFACE_HUB_CACHE", "", "Hugging Face hub cache"],
  ["HF_HOME", "hub", "Hugging Face hub cache"],
  ["TRANSFORMERS_CACHE", "", "Transformers cache"],
  ["HF_XET_CACHE", "", "Hugging Face Xet chunks"],
  ["OLLAMA_MODELS", "", "Ollama"],
  ["LLAMA_CACHE", "", "llama.cpp"],
  ["VLLM_CACHE_ROOT", "", "vLLM"],
  ["TORCH_HOME", "", "PyTorch hub"],
  ["KERAS_HOME", "models", "Keras"],
  ["MODELSCOPE_CACHE", "", "ModelScope"],
];

const inCache: readonly (readonly [below: string, of: string])[] = [
  ["huggingface", "Hugging Face cache"],
  ["llama.cpp", "llama.cpp"],
  ["lm-studio/models", "LM Studio"],
  ["vllm", "vLLM"],
  ["torch", "PyTorch hub"],
  ["modelscope", "ModelScope"],
  ["gpt4all", "GPT4All"],
];

const inHome: readonly (readonly [below: string, of: string])[] = [
  [".ollama/models", "Ollama"],
  [".lmstudio/models", "LM Studio"],
  [".local/share/nomic.ai/GPT4All", "GPT4All"],
  [".config/Jan/data", "Jan"],
  [".local/share/Jan/data", "Jan"],
  ["jan", "Jan"],
  [".keras/models", "Keras"],
  ["models", "by custom"],
];

const onHost: readonly UsualPlace[] = [
  // What the installer's service user writes to.
  { of: "Ollama service", path: "/usr/share/ollama/.ollama/models" },
  { of: "Ollama service", path: "/var/lib/ollama" },
  { of: "by custom", path: "/models" },
  { of: "by custom", path: "/mnt/models" },
  { of: "by custom", path: "/opt/models" },
  { of: "by custom", path: "/srv/models" },
  { of: "by custom", path: "/var/lib/models" },
  { of: "Triton Inference Server", path: "/opt/tritonserver/models" },
  { of: "Docker volumes and layers", path: "/var/lib/docker" },
  { of: "containerd layers", path: "/var/lib/containerd" },
  { of: "Podman layers", path: "/var/lib/containers" },
  { of: "shared memory", path: "/dev/shm" },
];

const engines: readonly UsualPlace[] = [
  { of: "Docker", path: "/var/run/docker.sock" },
  { of: "Podman", path: "/run/podman/podman.sock" },
  { of: "Podman's storage", path: "/var/lib/containers/storage" },
  { of: "Docker's storage", path: "/var/lib/docker" },
  { of: "containerd's storage", path: "/var/lib/containerd" },
  { of: "k3s' storage", path: "/var/lib/rancher/k3s/agent/containerd" },
];

/** Where container engines usually answer or keep images, for the host and for a user. */
export function usualEngines(environment: Environment, home: string): readonly UsualPlace[] {
  const { XDG_RUNTIME_DIR: run = "", XDG_DATA_HOME: data = "" } = environment;
  const own = [
    { of: "Podman", path: run === "" ? "" : `${run}/podman/podman.sock` },
    { of: "Docker", path: run === "" ? "" : `${run}/docker.sock` },
    { of: "Podman's storage", path: `${data || `${home}/.local/share`}/containers/storage` },
    { of: "Docker's storage", path: `${data || `${home}/.local/share`}/docker` },
  ];
  return [...engines, ...own].filter(({ path }) => path.startsWith("/"));
}

/**
 * All usual places for a user, whether or not they exist, each path once, those that settings name
 * first. `environment` and `home` are the user's; relative and empty settings are no places.
 */
export function usualPlaces(environment: Environment, home: string): readonly UsualPlace[] {
  const cache = environment.XDG_CACHE_HOME || `${home}/.cache`;
  const candidates: UsualPlace[] = [
    ...settings.map(([name, below, of]) => ({ of, path: joined(environment[name] ?? "", below) })),
    ...inCache.map(([below, of]) => ({ of, path: `${cache}/${below}` })),
    ...inCache.map(([below, of]) => ({ of, path: `${home}/.cache/${below}` })),
    ...inHome.map(([below, of]) => ({ of, path: `${home}/${below}` })),
    ...onHost,
  ];
  const met = new Set<string>();
  return candidates.filter(({ path }) => {
    if (!path.startsWith("/") || met.has(path)) return false;
    met.add(path);
    return true;
  });
}

function joined(path: string, below: string): string {
  if (path === "") return "";
  const bare = path.replace(/\/+$/, "");
  return below === "" ? bare : `${bare}/${below}`;
}
