/**
 * Files that harnesses of agents keep between sessions, as data: paths below a home or a project,
 * with `*` for any one name. Known from use, November 2026; one that is missing is a row to add.
 */
import type { InstructionFile } from "@writ/core";

export type KeptFile = {
  readonly path: string;
  readonly harness: string;
  readonly role: InstructionFile["role"];
};

function rows(
  harness: string,
  paths: Partial<Record<InstructionFile["role"], readonly string[]>>,
): readonly KeptFile[] {
  return Object.entries(paths).flatMap(([role, list]) =>
    list.map((path) => ({ path, harness, role: role as InstructionFile["role"] })),
  );
}

/** The longer, more telling paths of a harness before the names that any folder may have. */
export const keptFiles: readonly KeptFile[] = [
  ...rows("Claude Code", {
    instructions: [
      ".claude/CLAUDE.md",
      ".claude/agents/*.md",
      ".claude/commands/*.md",
      ".claude/rules/*.md",
      ".claude/skills/*/SKILL.md",
      "CLAUDE.local.md",
      "CLAUDE.md",
    ],
    memory: [".claude/projects/*/memory/*.md"],
    settings: [".claude/settings.json", ".claude/settings.local.json", ".claude.json"],
    history: [".claude/history.jsonl"],
  }),
  ...rows("Codex", {
    instructions: [".codex/AGENTS.md", ".codex/AGENTS.override.md", "AGENTS.override.md"],
    memory: [".codex/memories/*.md"],
    settings: [".codex/config.toml"],
    history: [".codex/history.jsonl"],
  }),
  ...rows("Gemini CLI", {
    memory: [".gemini/GEMINI.md"],
    instructions: ["GEMINI.md", ".gemini/commands/*.toml"],
    settings: [".gemini/settings.json"],
  }),
  ...rows("OpenCode", {
    instructions: [".config/opencode/AGENTS.md", ".opencode/agent/*.md", ".opencode/command/*.md"],
    settings: [
      ".config/opencode/opencode.json",
      ".config/opencode/opencode.jsonc",
      "opencode.json",
    ],
  }),
  ...rows("OpenClaw", {
    memory: [
      ".openclaw/workspace/MEMORY.md",
      ".openclaw/workspace/memory/*.md",
      ".openclaw/workspace/HEARTBEAT.md",
    ],
    instructions: [
      ".openclaw/workspace/AGENTS.md",
      ".openclaw/workspace/SOUL.md",
      ".openclaw/workspace/TOOLS.md",
      ".openclaw/workspace/USER.md",
      ".openclaw/workspace/IDENTITY.md",
    ],
    settings: [".openclaw/openclaw.json"],
  }),
  ...rows("aider", {
    settings: [".aider.conf.yml"],
    history: [".aider.chat.history.md", ".aider.input.history"],
  }),
  ...rows("Cursor", { instructions: [".cursorrules", ".cursor/rules/*.mdc"] }),
  ...rows("Copilot", { instructions: [".github/copilot-instructions.md"] }),
  ...rows("Goose", { instructions: [".goosehints"], settings: [".config/goose/config.yaml"] }),
  ...rows("any", { instructions: ["AGENTS.md"], settings: [".mcp.json"] }),
];

type Known = { readonly row: KeptFile; readonly parts: readonly string[] };

/** Rows by their last part, which is all that most files are asked for; `*.md` by its ending. */
const byName = new Map<string, Known[]>();
for (const row of keptFiles) {
  const parts = row.path.split("/");
  const last = parts.at(-1)!.replace(/^\*/, "");
  byName.set(last, [...(byName.get(last) ?? []), { row, parts }]);
}

/** Which row a path ends by; `undefined` for almost every file. */
export function keptAs(path: string): KeptFile | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  const known = [
    ...(byName.get(name) ?? []),
    ...((dot < 0 ? undefined : byName.get(name.slice(dot))) ?? []),
  ];
  if (known.length === 0) return undefined;
  const parts = path.split("/");
  return known.find((one) => endsBy(parts, one.parts))?.row;
}

function endsBy(parts: readonly string[], pattern: readonly string[]): boolean {
  const from = parts.length - pattern.length;
  return (
    from >= 0 &&
    pattern.every((part, at) => {
      const own = parts[from + at]!;
      if (part === "*") return own !== "";
      return part.startsWith("*") ? own.endsWith(part.slice(1)) : own === part;
    })
  );
}
