/** Agent harnesses as thin runners: how each is installed, told, started, and read. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chat } from "../gateway/chat.ts";
import { gemini } from "../gateway/gemini.ts";
import { messages } from "../gateway/messages.ts";
import { responses } from "../gateway/responses.ts";
import type { Wire } from "../gateway/wire.ts";

export const harnessNames = ["opencode", "gemini-cli", "claude-code", "codex"] as const;
export type HarnessName = (typeof harnessNames)[number];

export type Start = {
  readonly words: readonly string[];
  readonly env: { readonly [name: string]: string };
  /** Files in the agent's home folder, by path in it. */
  readonly files: { readonly [path: string]: string };
};

export type Told = {
  readonly prompt: string;
  readonly model: string;
  /** Where the model answers, without a path. */
  readonly url: string;
};

export type Harness = {
  /** The npm package, and its program in `node_modules/.bin`. */
  readonly package: string;
  readonly program: string;
  readonly wire: Wire;
  /** What a scripted subject's model is called, so that the harness treats it as its own. */
  readonly usualModel: string;
  readonly shells: { readonly [name: string]: (command: string) => object };
  readonly start: (told: Told) => Start;
  /** The vendor's address, and the headers that carry its key; null where the key is not set. */
  readonly upstream: (environment: NodeJS.ProcessEnv) => {
    readonly url: string;
    readonly headers: { readonly [name: string]: string };
  } | null;
};

const described = (command: string) => ({ command, description: "carry on with the task" });
const at = "/opt/harness/node_modules/.bin";

const opencode: Harness = {
  package: "opencode-ai",
  program: "opencode",
  wire: chat,
  usualModel: "scripted",
  shells: { bash: described },
  start: ({ prompt, model, url }) => ({
    words: [`${at}/opencode`, "run", "--model", `lab/${model}`, "--format", "json", prompt],
    env: { OPENCODE_DISABLE_AUTOUPDATE: "1", OPENCODE_DISABLE_MODELS_FETCH: "1" },
    files: {
      ".config/opencode/opencode.json": JSON.stringify({
        autoupdate: false,
        share: "disabled",
        permission: { "*": "allow", external_directory: "allow" },
        provider: {
          lab: {
            npm: "@ai-sdk/openai-compatible",
            name: "Lab",
            options: { baseURL: `${url}/v1`, apiKey: "none" },
            models: { [model]: { name: model, limit: { context: 200_000, output: 8_000 } } },
          },
        },
      }),
    },
  }),
  upstream: ({ WRIT_LAB_URL: url, WRIT_LAB_API_KEY: key }) =>
    url === undefined
      ? null
      : { url, headers: key === undefined ? {} : { authorization: `Bearer ${key}` } },
};

const geminiCli: Harness = {
  package: "@google/gemini-cli",
  program: "gemini",
  wire: gemini,
  usualModel: "gemini-2.5-pro",
  shells: { run_shell_command: described },
  start: ({ prompt, model, url }) => ({
    words: [`${at}/gemini`, "--yolo", "-m", model, "--output-format", "stream-json", "-p", prompt],
    env: {
      GEMINI_API_KEY: "none",
      GOOGLE_GEMINI_BASE_URL: url,
      GEMINI_CLI_TRUST_WORKSPACE: "true",
      GEMINI_CLI_NO_RELAUNCH: "true",
    },
    files: {
      ".gemini/settings.json": JSON.stringify({
        security: { auth: { selectedType: "gemini-api-key" } },
        general: { enableAutoUpdate: false, disableAutoUpdate: true, disableUpdateNag: true },
        privacy: { usageStatisticsEnabled: false },
        telemetry: { enabled: false },
      }),
    },
  }),
  upstream: ({ GOOGLE_GENERATIVE_AI_API_KEY: key }) =>
    key === undefined
      ? null
      : {
          url: "https://generativelanguage.googleapis.com",
          headers: { "x-goog-api-key": key },
        },
};

const claudeCode: Harness = {
  package: "@anthropic-ai/claude-code",
  program: "claude",
  wire: messages,
  usualModel: "claude-sonnet-4-5",
  shells: { Bash: described },
  start: ({ prompt, model, url }) => ({
    words: [
      ...[`${at}/claude`, "-p", prompt, "--model", model, "--output-format", "stream-json"],
      ...["--verbose", "--dangerously-skip-permissions"],
    ],
    env: {
      ANTHROPIC_API_KEY: "none",
      ANTHROPIC_BASE_URL: url,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      DISABLE_AUTOUPDATER: "1",
    },
    files: {},
  }),
  upstream: ({ ANTHROPIC_API_KEY: key }) =>
    key === undefined
      ? null
      : {
          url: "https://api.anthropic.com",
          headers: { "x-api-key": key, "anthropic-version": "2023-06-01" },
        },
};

const codex: Harness = {
  package: "@openai/codex",
  program: "codex",
  wire: responses,
  usualModel: "gpt-5",
  shells: {
    exec_command: (cmd) => ({ cmd, yield_time_ms: 30_000 }),
    shell_command: (command) => ({ command }),
    shell: (command) => ({ command: ["bash", "-lc", command] }),
  },
  start: ({ prompt, model, url }) => ({
    words: [
      ...[`${at}/codex`, "exec", "--json", "--skip-git-repo-check", "-m", model],
      ...["--dangerously-bypass-approvals-and-sandbox", prompt],
    ],
    env: { LAB_KEY: "none" },
    files: {
      ".codex/config.toml": [
        'model_provider = "lab"',
        "check_for_update_on_startup = false",
        "[model_providers.lab]",
        'name = "lab"',
        `base_url = "${url}/v1"`,
        'env_key = "LAB_KEY"',
        'wire_api = "responses"',
        "supports_websockets = false",
        "[analytics]",
        "enabled = false",
        "",
      ].join("\n"),
    },
  }),
  upstream: ({ OPENAI_API_KEY: key }) =>
    key === undefined
      ? null
      : { url: "https://api.openai.com", headers: { authorization: `Bearer ${key}` } },
};

export const harnesses: { readonly [H in HarnessName]: Harness } = {
  opencode,
  "gemini-cli": geminiCli,
  "claude-code": claudeCode,
  codex,
};

export function isHarness(name: string): name is HarnessName {
  return (harnessNames as readonly string[]).includes(name);
}

/** The installed version, from its package; what is wrong otherwise. */
export function installed(
  name: HarnessName,
  folder: string,
): { readonly version: string } | string {
  const { package: from, program } = harnesses[name];
  const path = join(folder, "node_modules", from, "package.json");
  if (!existsSync(path) || !existsSync(join(folder, "node_modules/.bin", program))) {
    return `${name} is not in ${folder}: npm install --prefix ${folder} ${from}`;
  }
  const { version } = JSON.parse(readFileSync(path, "utf8")) as { readonly version?: unknown };
  return typeof version === "string" ? { version } : `${path} names no version`;
}
