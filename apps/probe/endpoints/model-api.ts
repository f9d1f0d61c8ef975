/**
 * The model APIs of the field, each by one short question and what its answer says is served. An
 * answer counts only in its API's own form: many servers answer anything with a page.
 */
import { type SeenEndpoint, servedMax } from "@writ/core";

export type Api = SeenEndpoint["apis"][number];
export type Said = SeenEndpoint["says"][number];

export type Word = {
  readonly apis: readonly Api[];
  readonly server?: string;
  readonly says: readonly Said[];
};

type Members = { readonly [name: string]: unknown };

/** What to ask, relative to the endpoint's own address, and what the answer means. */
export type Question = {
  readonly path: string;
  /** `undefined` if the answer is not of this API. */
  readonly read: (answer: Members) => Word | undefined;
};

export const questions: readonly Question[] = [
  // platform.openai.com/docs/api-reference/models/list; also vLLM, llama.cpp, TGI, Ollama.
  { path: "v1/models", read: fromModels },
  // github.com/ollama/ollama/blob/main/docs/api.md: on disk, and in memory.
  { path: "api/tags", read: fromOllama },
  { path: "api/ps", read: fromOllama },
  // github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
  { path: "props", read: fromProps },
  // huggingface.github.io/text-generation-inference
  { path: "info", read: fromInfo },
  // github.com/kserve/open-inference-protocol: its list of models is a POST, so it is not asked
  // for.
  { path: "v2", read: fromV2 },
  // mlflow.org/docs/latest/rest-api.html
  { path: "api/2.0/mlflow/registered-models/search?max_results=100", read: fromMlflow },
];

function fromModels({ object, data, models }: Members): Word | undefined {
  if (object === "list" && Array.isArray(data)) {
    const rows = data.filter(isMembers);
    const owners = new Set(rows.map((row) => row.owned_by));
    const apis: Api[] = ["openai"];
    if (owners.has("vllm")) apis.push("vllm");
    if (owners.has("llamacpp")) apis.push("llama.cpp");
    return {
      apis,
      says: saidOf(
        rows,
        ({ id }) => id,
        ({ root }) => root,
      ),
    };
  }
  // KServe's first protocol lists bare names.
  if (Array.isArray(models) && models.every((name) => typeof name === "string")) {
    return {
      apis: ["kserve"],
      says: saidOf(
        models.map((name) => ({ name })),
        ({ name }) => name,
      ),
    };
  }
  return undefined;
}

function fromOllama({ models }: Members): Word | undefined {
  if (!Array.isArray(models)) return undefined;
  const rows = models.filter(isMembers);
  if (!rows.every(({ name, digest }) => typeof name === "string" && typeof digest === "string")) {
    return undefined;
  }
  return {
    apis: ["ollama"],
    says: saidOf(
      rows,
      ({ name }) => name,
      ({ digest }) => digest,
    ),
  };
}

function fromProps(answer: Members): Word | undefined {
  const { model_path: path, model_alias: alias, build_info: build } = answer;
  if (typeof path !== "string") return undefined;
  const name = typeof alias === "string" && alias !== "" ? alias : path.split("/").at(-1);
  const server = typeof build === "string" ? { server: textOf(`llama.cpp ${build}`, 256) } : {};
  const says = saidOf(
    [{ name, path }],
    (row) => row.name,
    (row) => row.path,
  );
  return { apis: ["llama.cpp"], ...server, says };
}

function fromInfo({
  model_id: name,
  model_sha: revision,
  version,
  router,
}: Members): Word | undefined {
  if (typeof name !== "string" || (revision === undefined && router === undefined))
    return undefined;
  const server = typeof version === "string" ? { server: textOf(`TGI ${version}`, 256) } : {};
  return {
    apis: ["tgi"],
    ...server,
    says: saidOf(
      [{ name, revision }],
      (row) => row.name,
      (row) => row.revision,
    ),
  };
}

function fromV2({ name, version, extensions }: Members): Word | undefined {
  if (typeof name !== "string" || !Array.isArray(extensions)) return undefined;
  const server = textOf(`${name} ${typeof version === "string" ? version : ""}`.trim(), 256);
  return { apis: [name === "triton" ? "triton" : "kserve"], server, says: [] };
}

function fromMlflow({ registered_models: models }: Members): Word | undefined {
  if (!Array.isArray(models)) return undefined;
  const rows = models.filter(isMembers);
  const newest = ({ latest_versions: versions }: Members) =>
    Array.isArray(versions) && isMembers(versions[0]) ? versions[0].source : undefined;
  return { apis: ["mlflow"], says: saidOf(rows, ({ name }) => name, newest) };
}

function saidOf(
  rows: readonly Members[],
  nameOf: (row: Members) => unknown,
  sourceOf: (row: Members) => unknown = () => undefined,
): readonly Said[] {
  return rows.slice(0, servedMax).flatMap((row) => {
    const name = nameOf(row);
    const source = sourceOf(row);
    if (typeof name !== "string" || name === "") return [];
    const from =
      typeof source === "string" && source !== "" ? { source: textOf(source, 4096) } : {};
    return [{ name: textOf(name, 512), ...from }];
  });
}

/** As a census takes it: whole characters, and what was cut ends with an ellipsis. */
function textOf(text: string, lengthMax: number): string {
  const cut = text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 1)}…`;
  return cut.toWellFormed();
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The members of an answer's JSON object, if it is one. */
export function membersIn(body: Buffer): Members | undefined {
  try {
    const json: unknown = JSON.parse(body.toString("utf8"));
    return isMembers(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

/** Everything that one endpoint said, each model once. */
export function joined(words: readonly Word[]): Word {
  const says = new Map<string, Said>();
  for (const said of words.flatMap((word) => word.says)) {
    const known = says.get(said.name);
    if (known === undefined && says.size < servedMax) says.set(said.name, said);
    else if (known !== undefined && known.source === undefined) says.set(said.name, said);
  }
  const server = words.find((word) => word.server !== undefined)?.server;
  return {
    apis: [...new Set(words.flatMap(({ apis }) => apis))],
    ...(server === undefined ? {} : { server }),
    says: [...says.values()],
  };
}
