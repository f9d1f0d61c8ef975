/** `writ order`: draws a writ, shows it whole, and proposes it. Nothing is authorised by it. */
import { type WritAction, writActions } from "@writ/core";
import { Argument, Command, InvalidArgumentError } from "commander";
import { type Cli, examples, jsonHelp } from "../cli.ts";
import {
  asHelp,
  connect,
  keyHelp,
  openAgent,
  openSpeaker,
  type SpeakerOptions,
  say,
} from "../connection.ts";
import { dataHelp } from "../home.ts";
import { isProblem, type Outcome } from "../outcome.ts";
import { writText } from "../rendering.ts";
import { printJson, type Shell } from "../shell.ts";
import { shortDigest } from "../words.ts";
import { drawnWrit } from "../writ-drawing.ts";

type OrderOptions = SpeakerOptions & {
  readonly from?: string;
  readonly to?: string;
  readonly reason: string;
  readonly expires: number;
  readonly asAgent?: string;
  readonly data?: string;
  readonly json?: boolean;
};

/** A day: long enough for a board to meet, short enough that nobody forgets what it was for. */
const expiresSecondsUsual = 86_400;

export function orderCommand({ shell, run }: Cli): Command {
  return new Command("order")
    .addArgument(new Argument("<action>", "what to do").choices([...writActions]))
    .argument("<component>", "the component as registered")
    .option("--from <release>", "the release to leave; a restore and a rotate have none")
    .option("--to <release>", "the release to go to, for a rollback or a replace")
    .requiredOption("--reason <text>", "why, for those who sign and those who audit")
    .option(
      "--expires <time>",
      "how long it may be signed and begun: 30m, 24h, 7d",
      secondsOf,
      expiresSecondsUsual,
    )
    .option("--as <name>", asHelp)
    .option("--key <path>", keyHelp)
    .option("--as-agent <keyfile>", "propose as an agent, whose key is this PEM file")
    .option("--data <dir>", dataHelp)
    .option("--json", jsonHelp)
    .addHelpText(
      "after",
      examples(
        './writ order rollback chatbot --from 4.2 --to 3.8 --reason "bias in audit 17" --as ada',
        './writ order decommission chatbot --from 3.8 --reason "end of life" --as ada',
        './writ order restore chatbot --reason "shutdown switch was changed" --as ada',
      ),
    )
    .action((action: WritAction, component: string, options: OrderOptions) =>
      run(options, () => order(shell, { action, component }, options)),
    );
}

type Asked = { readonly action: WritAction; readonly component: string };

async function order(shell: Shell, asked: Asked, options: OrderOptions): Promise<Outcome> {
  const connection = await connect(shell, options);
  if (isProblem(connection)) return connection;
  const speaker =
    options.asAgent === undefined
      ? await openSpeaker(connection, options)
      : await openAgent(options.asAgent);
  if (isProblem(speaker)) return speaker;
  const drafted = await drawnWrit(connection, speaker, { ...asked, ...options });
  if (isProblem(drafted)) return drafted;
  const { bytes, rendered } = drafted;
  if (options.json !== true) shell.out(`${writText(shell, rendered)}\n`);
  const body = { kind: "proposal", writ: rendered.digest } as const;
  const said = await say(connection, speaker, { body, blobs: [bytes], now: shell.now() });
  if (isProblem(said)) return said;
  const { digest: writ, phrase, title } = rendered;
  if (options.json === true) {
    printJson(shell, { writ, title, phrase: phrase.join(" "), entry: said.index });
    return 0;
  }
  shell.out(`${shell.tone("good", "proposed")}  as entry ${said.index} of the journal\n`);
  shell.out(`next: others read and sign it: ./writ approve ${shortDigest(writ)} --as NAME\n`);
  return 0;
}

function secondsOf(text: string): number {
  const [, count, unit] = /^([1-9][0-9]{0,5})(s|m|h|d)$/.exec(text) ?? [];
  const sizes: { readonly [unit: string]: number } = { s: 1, m: 60, h: 3600, d: 86_400 };
  const size = unit === undefined ? undefined : sizes[unit];
  if (size === undefined) throw new InvalidArgumentError("use a time such as 30m, 24h or 7d");
  return Number(count) * size;
}
