/** `writ approve`, `deny`, `veto`: a human's word on a writ, after the human has read it. */
import { type Digest, isRefused, type RenderedWrit } from "@writ/core";
import { Command } from "commander";
import { type Cli, examples, jsonHelp } from "../cli.ts";
import { confirm } from "../confirmation.ts";
import {
  asHelp,
  type Connection,
  connect,
  keyHelp,
  openSpeaker,
  type SpeakerOptions,
  say,
} from "../connection.ts";
import { dataHelp } from "../home.ts";
import { isProblem, type Outcome, type Problem } from "../outcome.ts";
import { writText } from "../rendering.ts";
import { printJson, type Shell } from "../shell.ts";
import { shortDigest } from "../words.ts";
import { answerOf } from "../writ-answer.ts";
import { chosenWrit, fetchedWrit } from "../writ-choice.ts";

type Decision = "approve" | "deny" | "veto";

type DecideOptions = SpeakerOptions & {
  readonly reason?: string;
  readonly yes?: boolean;
  readonly data?: string;
  readonly json?: boolean;
};

const done: { readonly [D in Decision]: string } = {
  approve: "approved",
  deny: "denied",
  veto: "vetoed",
};

/** The command of one decision. */
export function decideCommand({ shell, run }: Cli, decision: Decision): Command {
  return new Command(decision)
    .argument("<writ>", "the writ's digest, or the first digits of it")
    .option("--reason <text>", "why, for those who audit")
    .option("--as <name>", asHelp)
    .option("--key <path>", keyHelp)
    .option("--yes", "you have read it: do not ask")
    .option("--data <dir>", dataHelp)
    .option("--json", jsonHelp)
    .addHelpText("after", examples(`./writ ${decision} 2bf3d6e6 --as ben`))
    .action((writ: string, options: DecideOptions) =>
      run(options, () => decide(shell, { decision, text: writ }, options)),
    );
}

async function decide(
  shell: Shell,
  { decision, text }: { readonly decision: Decision; readonly text: string },
  options: DecideOptions,
): Promise<Outcome> {
  const connection = await connect(shell, options);
  if (isProblem(connection)) return connection;
  const speaker = await openSpeaker(connection, options);
  if (isProblem(speaker)) return speaker;
  const writ = await chosenWrit(connection, text);
  if (isProblem(writ)) return writ;
  const fetched = await fetchedWrit(connection, writ);
  if (isProblem(fetched)) return fetched;
  const considered = await consider(shell, { decision, rendered: fetched.rendered, options });
  if (isProblem(considered)) return considered;
  const said = await say(connection, speaker, {
    body: {
      kind: "decision",
      writ,
      decision,
      // Absent if nobody was asked: a script's zero would read like a person's.
      ...(considered === undefined ? {} : { consideredMilliseconds: considered }),
      ...(options.reason === undefined ? {} : { reason: options.reason }),
    },
    now: shell.now(),
  });
  if (isProblem(said)) return said;
  return tell(shell, connection, { decision, writ, index: said.index, json: options.json });
}

/** Shows the writ and asks. The word to type is in what must be read: the phrase's last. */
async function consider(
  shell: Shell,
  given: {
    readonly decision: Decision;
    readonly rendered: RenderedWrit;
    readonly options: DecideOptions;
  },
): Promise<number | undefined | Problem> {
  const { decision, rendered, options } = given;
  // With --json the answer has standard output to itself; a person still gets to read.
  const show = options.json === true ? shell.note : shell.out;
  if (options.yes === true) {
    if (options.json !== true) show(`${writText(shell, rendered)}\n`);
    return undefined;
  }
  show(`${writText(shell, rendered)}\n`);
  const text = `To ${decision}, type the last word of the phrase; anything else stops:`;
  return confirm(shell, { text, word: rendered.phrase.at(-1)! });
}

async function tell(
  shell: Shell,
  { api }: Connection,
  told: {
    readonly decision: Decision;
    readonly writ: Digest;
    readonly index: number;
    readonly json: boolean | undefined;
  },
): Promise<Outcome> {
  const { decision, writ, index } = told;
  const proceeding = await api.writ(writ);
  const state = isRefused(proceeding) ? undefined : proceeding.state;
  if (told.json === true) {
    printJson(shell, { writ, decision, entry: index, ...(state === undefined ? {} : { state }) });
    return 0;
  }
  const tone = decision === "approve" ? "good" : "warning";
  shell.out(`${shell.tone(tone, done[decision])}  as entry ${index} of the journal\n`);
  if (!isRefused(proceeding)) shell.out(`now: ${answerOf(proceeding).text}\n`);
  shell.out(`next: ./writ status ${shortDigest(writ)}\n`);
  return 0;
}
