/** `writ mcp`: an agent's door, over standard input and output. */
import { isRefused } from "@writ/core";
import { Command } from "commander";
import { agentTools } from "../agent-tools.ts";
import { type Cli, examples } from "../cli.ts";
import { connect, nameOf, openAgent } from "../connection.ts";
import { dataHelp } from "../home.ts";
import { isProblem, type Outcome, problem, refusalProblem } from "../outcome.ts";
import type { Shell } from "../shell.ts";

type McpOptions = { readonly asAgent: string; readonly data?: string };

export function mcpCommand({ shell, run }: Cli): Command {
  return new Command("mcp")
    .requiredOption("--as-agent <keyfile>", "the agent's key, a PEM file")
    .option("--data <dir>", dataHelp)
    .addHelpText("after", examples("./writ mcp --as-agent ~/.writ/agents/butler.key"))
    .action((options: McpOptions) => run({}, () => serve(shell, options)));
}

async function serve(shell: Shell, options: McpOptions): Promise<Outcome> {
  const connection = await connect(shell, options);
  if (isProblem(connection)) return connection;
  const speaker = await openAgent(options.asAgent);
  if (isProblem(speaker)) return speaker;
  const named = await nameOf(connection, speaker);
  if (isProblem(named)) return named;
  if (named.kind !== "agent") {
    return problem(
      "wrong-role",
      `this is the key of ${named.name}, who is no agent`,
      "a person's key has no business where an agent runs",
    );
  }
  const estate = await connection.api.estate();
  if (isRefused(estate)) return refusalProblem(estate);
  const { serveTools } = await import("../agent-server.ts");
  const tools = agentTools({ connection, speaker, name: named.name, now: shell.now });
  shell.note(`${named.name} may propose and claim; nothing else is here\n`);
  await serveTools(tools);
  return 0;
}
