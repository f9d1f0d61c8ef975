/** `writ claim`: what an agent says. It is recorded, held against sight, and believed by nobody. */
import type { BodyOf } from "@writ/core";
import { Command, InvalidArgumentError } from "commander";
import { type Cli, examples, jsonHelp } from "../cli.ts";
import { connect, openAgent, say } from "../connection.ts";
import { dataHelp } from "../home.ts";
import { isProblem, type Outcome } from "../outcome.ts";
import { printJson, type Shell } from "../shell.ts";
import { chosenWrit } from "../writ-choice.ts";

type ClaimOptions = { readonly asAgent: string; readonly data?: string; readonly json?: boolean };
type ReleaseClaim = NonNullable<BodyOf<"claim">["releases"]>[number];

export function claimCommand(cli: Cli): Command {
  const { shell, run } = cli;
  const completed = ofAgent(new Command("completed"))
    .description("claim that a writ is carried out")
    .argument("<writ>", "the writ's digest, or the first digits of it")
    .addHelpText("after", examples("./writ claim completed 2bf3d6e6 --as-agent butler.key"))
    .action((writ: string, options: ClaimOptions) =>
      run(options, () => claimCompleted(shell, writ, options)),
    );
  const inventory = ofAgent(new Command("inventory"))
    .description("claim that these releases, and no others, are on a host")
    .argument("<host>", "the host")
    .argument("[release...]", "COMPONENT@RELEASE, with :running if it runs", releaseOf, [])
    .addHelpText(
      "after",
      examples("./writ claim inventory h1 chatbot@3.8:running chatbot@4.2 --as-agent butler.key"),
    )
    .action((host: string, releases: ReleaseClaim[], options: ClaimOptions) =>
      run(options, () =>
        claim(shell, options, { kind: "claim", says: "inventory", host, releases }),
      ),
    );
  const note = ofAgent(new Command("note"))
    .description("say anything")
    .argument("<text>", "what is said")
    .addHelpText(
      "after",
      examples('./writ claim note "rollback is a bad idea" --as-agent butler.key'),
    )
    .action((text: string, options: ClaimOptions) =>
      run(options, () => claim(shell, options, { kind: "claim", says: "note", note: text })),
    );
  return new Command("claim").addCommand(completed).addCommand(inventory).addCommand(note);
}

function ofAgent(command: Command): Command {
  return command
    .requiredOption("--as-agent <keyfile>", "the agent's key, a PEM file")
    .option("--data <dir>", dataHelp)
    .option("--json", jsonHelp);
}

async function claimCompleted(shell: Shell, text: string, options: ClaimOptions): Promise<Outcome> {
  const connection = await connect(shell, options);
  if (isProblem(connection)) return connection;
  const writ = await chosenWrit(connection, text);
  if (isProblem(writ)) return writ;
  return claim(shell, options, { kind: "claim", says: "completed", writ });
}

async function claim(shell: Shell, options: ClaimOptions, body: BodyOf<"claim">): Promise<Outcome> {
  const connection = await connect(shell, options);
  if (isProblem(connection)) return connection;
  const agent = await openAgent(options.asAgent);
  if (isProblem(agent)) return agent;
  const said = await say(connection, agent, { body, now: shell.now() });
  if (isProblem(said)) return said;
  if (options.json === true) printJson(shell, { claim: body.says, entry: said.index });
  else shell.out(`claimed  as entry ${said.index}; it changes nothing until a probe has looked\n`);
  return 0;
}

function releaseOf(text: string, before: ReleaseClaim[]): ReleaseClaim[] {
  const [, component, release, running] = /^([^@:]+)@([^@]+?)(:running)?$/.exec(text) ?? [];
  if (component === undefined || release === undefined) {
    throw new InvalidArgumentError(
      "a release reads COMPONENT@RELEASE or COMPONENT@RELEASE:running",
    );
  }
  return [...before, { component, release, running: running !== undefined }];
}
