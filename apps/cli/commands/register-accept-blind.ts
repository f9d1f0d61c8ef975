/**
 * `writ register accept-blind`: a person signs that a probe does not see certain places. From then
 * on writs show them to whoever signs, certificates name them, and they block no proof of absence.
 */
import {
  type BlindSpot,
  type Census,
  censusShape,
  inertAscii,
  isRefused,
  type JsonObject,
  type RegisterDocument,
  shape,
} from "@writ/core";
import { Command } from "commander";
import { isNamed, type Unseen, unseenPlaces, unseenText } from "../blind-spots.ts";
import { type Cli, examples, jsonHelp } from "../cli.ts";
import { confirm } from "../confirmation.ts";
import {
  asHelp,
  type Connection,
  connect,
  keyHelp,
  nameOf,
  openSpeaker,
  type SpeakerOptions,
  say,
} from "../connection.ts";
import { dataHelp } from "../home.ts";
import { isProblem, type Outcome, type Problem, problem, refusalProblem } from "../outcome.ts";
import { printJson, type Shell } from "../shell.ts";
import { countText } from "../words.ts";

type AcceptOptions = SpeakerOptions & {
  readonly host?: string;
  readonly where: readonly string[];
  readonly because: string;
  readonly yes?: boolean;
  readonly data?: string;
  readonly json?: boolean;
};

type HostDocument = Extract<RegisterDocument, { document: "host" }>;

export function registerAcceptBlindCommand({ shell, run }: Cli): Command {
  return new Command("accept-blind")
    .description("sign that a probe does not see some places, so that they block no proof")
    .requiredOption("--because <text>", "why that is acceptable; writs and certificates say it")
    .option(
      "--where <place>",
      "only this place; a final * means all that begins so; repeat",
      add,
      [],
    )
    .option("--host <name>", "the host (default: the only one that has such places)")
    .option("--as <name>", asHelp)
    .option("--key <path>", keyHelp)
    .option("--yes", "do not ask: the list was read")
    .option("--data <dir>", dataHelp)
    .option("--json", jsonHelp)
    .addHelpText(
      "after",
      examples(
        './writ register accept-blind --because "the probe runs as an ordinary user" --as ada',
        './writ register accept-blind --where "/proc/*" --because "no models there" --as ada',
      ),
    )
    .action((options: AcceptOptions) => run(options, () => accept(shell, options)));
}

async function accept(shell: Shell, options: AcceptOptions): Promise<Outcome> {
  const connection = await connect(shell, options);
  if (isProblem(connection)) return connection;
  const speaker = await openSpeaker(connection, options);
  if (isProblem(speaker)) return speaker;
  const person = await nameOf(connection, speaker);
  if (isProblem(person)) return person;
  const blind = await blindHost(connection, options);
  if (isProblem(blind)) return blind;
  const { host, before, unseen } = blind;
  const asked = await readAndAsked(shell, blind, options);
  if (isProblem(asked)) return asked;
  const document: HostDocument = {
    document: "host",
    host,
    owner: before?.owner ?? person.name,
    blindSpots: [...(before?.blindSpots ?? []), ...unseen.map(({ spot }) => spot)],
    because: options.because,
    ...(before?.challenges === undefined ? {} : { challenges: before.challenges }),
  };
  const said = await say(connection, speaker, {
    body: { kind: "register", set: [document], remove: [] },
    now: shell.now(),
  });
  if (isProblem(said)) return said;
  const { index: entry } = said;
  const spots = unseen.map(({ spot }) => spot);
  if (options.json === true) printJson(shell, { entry, host, accepted: spots });
  else {
    const what = countText(unseen.length, "blind spot");
    shell.out(
      `${shell.tone("good", "accepted")}  ${what} of ${inertAscii(host)}, as entry ${entry}\n`,
    );
    shell.out("every writ on it shows them from now on: ./writ register show\n");
  }
  return 0;
}

type Blind = {
  readonly host: string;
  /** What the register says of the host already. */
  readonly before: HostDocument | undefined;
  readonly unseen: readonly Unseen[];
};

/** The host that is meant, with what there is to accept. */
async function blindHost(
  { api }: Connection,
  { host: wanted, where }: AcceptOptions,
): Promise<Blind | Problem> {
  const [register, hosts] = await Promise.all([api.register(), api.hosts()]);
  if (isRefused(register)) return refusalProblem(register);
  if (isRefused(hosts)) return refusalProblem(hosts);
  const documents = register.hosts.map(({ document }) => document);
  const found: Blind[] = [];
  for (const { host, census: seen } of hosts) {
    if (seen === undefined || (wanted !== undefined && host !== wanted)) continue;
    const answer = await api.census(host);
    if (isRefused(answer)) return refusalProblem(answer);
    const census = shape.read(censusShape, answer as JsonObject, "census");
    if (isRefused(census)) return refusalProblem(census);
    const before = documents.find(
      (one): one is HostDocument => one.document === "host" && one.host === host,
    );
    const unseen = chosenOf(census, before?.blindSpots ?? [], where);
    if (unseen.length > 0) found.push({ host, before, unseen });
  }
  const [only, second] = found;
  if (only === undefined) {
    const which = where.length === 0 ? "" : " of those named";
    return problem("not-running", `there is no place${which} left to accept`, "see ./writ hosts");
  }
  if (second === undefined) return only;
  const names = found.map(({ host }) => inertAscii(host)).join(", ");
  return problem("usage", `${found.length} hosts have such places: ${names}`, "add --host NAME");
}

function chosenOf(
  census: Census,
  accepted: readonly BlindSpot[],
  where: readonly string[],
): readonly Unseen[] {
  const unseen = unseenPlaces(census, accepted);
  return where.length === 0 ? unseen : unseen.filter(({ spot }) => isNamed(spot, where));
}

/** Shows the list whole, and asks: what is signed here can hide a model for good. */
async function readAndAsked(
  shell: Shell,
  { host, unseen }: Blind,
  options: AcceptOptions,
): Promise<number | undefined | Problem> {
  const show = options.json === true ? shell.note : shell.out;
  if (options.json !== true || options.yes !== true) {
    show(`The probe of ${inertAscii(host)} does not see:\n`);
    for (const one of unseen) show(`  ${unseenText(one)}\n`);
    show("A model kept there is not found. Writs show this to whoever signs.\n");
  }
  if (options.yes === true) return undefined;
  const text = "To sign that this is accepted, type the host's name; anything else stops:";
  return confirm(shell, { text, word: host.toLowerCase() });
}

function add(place: string, before: readonly string[]): readonly string[] {
  return [...before, place];
}
