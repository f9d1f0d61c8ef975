/**
 * `writ challenge`: a person asks a host's probe to prove that it reads a named file now. The nonce
 * is made here and signed into the register, so that no answer from earlier serves; with a copy of
 * the file at hand, the right answer is committed to beforehand, and a wrong one is a finding.
 */
import { randomBytes } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Census,
  censusShape,
  challenge,
  type Digest,
  inertAscii,
  isRefused,
  type JsonObject,
  pathText,
  type RegisterDocument,
  shape,
} from "@writ/core";
import { Command, InvalidArgumentError } from "commander";
import { type Cli, examples, jsonHelp } from "../cli.ts";
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

type ChallengeOptions = SpeakerOptions & {
  readonly with?: string;
  readonly withdraw?: boolean;
  readonly wait: number;
  readonly data?: string;
  readonly json?: boolean;
};

type HostDocument = Extract<RegisterDocument, { document: "host" }>;
type Answer = challenge.ChallengeAnswer;

/** Between two looks at whether the answer has come. */
const glanceMilliseconds = 500;
const waitSecondsUsual = 60;

export function challengeCommand({ shell, run }: Cli): Command {
  return new Command("challenge")
    .description("ask a host's probe to prove that it reads a file now, and wait for the answer")
    .argument("<host>", "the host")
    .argument("<path>", "the file there, absolute")
    .option("--with <file>", "your own copy: a wrong answer is then a finding")
    .option("--withdraw", "ask no longer: what was found by it is settled")
    .option("--wait <seconds>", "how long to wait for it", secondsOf, waitSecondsUsual)
    .option("--as <name>", asHelp)
    .option("--key <path>", keyHelp)
    .option("--data <dir>", dataHelp)
    .option("--json", jsonHelp)
    .addHelpText(
      "after",
      examples(
        "./writ challenge gpu-1 /srv/models/4.2.gguf --with ./4.2.gguf --as ada",
        "./writ challenge gpu-1 /srv/models/4.2.gguf --as ada",
      ),
    )
    .action((host: string, path: string, options: ChallengeOptions) =>
      run(options, () => ask(shell, { host, path }, options)),
    );
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > 86_400) {
    throw new InvalidArgumentError("whole seconds, at most a day");
  }
  return seconds;
}

type Target = { readonly host: string; readonly path: string };

async function ask(shell: Shell, target: Target, options: ChallengeOptions): Promise<Outcome> {
  if (!target.path.startsWith("/")) {
    return problem("usage", "the path must be absolute", "give it as the host has it");
  }
  const connection = await connect(shell, options);
  if (isProblem(connection)) return connection;
  const speaker = await openSpeaker(connection, options);
  if (isProblem(speaker)) return speaker;
  const person = await nameOf(connection, speaker);
  if (isProblem(person)) return person;
  const before = await hostDocument(connection, target.host);
  if (isProblem(before)) return before;
  const path = pathText(Buffer.from(target.path));
  const nonce = randomBytes(32).toString("hex");
  const expected = options.with === undefined ? undefined : expectedOf(options.with, nonce, path);
  if (isProblem(expected)) return expected;
  const asked: challenge.Challenge = {
    ...{ path, nonce },
    ...(expected === undefined ? {} : { commitment: challenge.commitmentTo(expected) }),
  };
  const others = (before?.challenges ?? []).filter((one) => one.path !== path);
  const document: HostDocument = {
    ...(before ?? { document: "host", host: target.host, owner: person.name, blindSpots: [] }),
    challenges:
      options.withdraw === true ? others : [...others, asked].slice(-challenge.challengesMax),
  };
  const said = await say(connection, speaker, {
    body: { kind: "register", set: [document], remove: [] },
    now: shell.now(),
  });
  if (isProblem(said)) return said;
  if (options.withdraw === true) {
    shell.out(`withdrawn  ${inertAscii(target.path)}, as entry ${said.index}\n`);
    return 0;
  }
  const answer = await awaited(connection, { ...target, asked, seconds: options.wait });
  if (isProblem(answer)) return answer;
  return tell(shell, { target, entry: said.index, expected, answer }, options);
}

async function hostDocument({ api }: Connection, host: string) {
  const [register, hosts] = await Promise.all([api.register(), api.hosts()]);
  if (isRefused(register)) return refusalProblem(register);
  if (isRefused(hosts)) return refusalProblem(hosts);
  if (!hosts.some((one) => one.host === host)) {
    return problem("usage", `no probe of ${inertAscii(host)} was heard`, "see ./writ hosts");
  }
  return register.hosts
    .map(({ document }) => document)
    .find((one): one is HostDocument => one.document === "host" && one.host === host);
}

/** The answer that a copy of the file gives. */
function expectedOf(copy: string, nonce: string, path: string): Digest | Problem {
  let file: number | undefined;
  try {
    file = openSync(copy, "r");
    const stat = fstatSync(file);
    if (!stat.isFile()) return problem("usage", `${copy} is no file`, "give a copy of the file");
    const digest = challenge.challengeDigest(nonce, { path, size: stat.size });
    for (const { offset, length } of challenge.challengedRanges(nonce, stat.size)) {
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length; ) {
        const count = readSync(file, bytes, at, length - at, offset + at);
        if (count === 0) return problem("usage", `${copy} changed while it was read`, "try again");
        at += count;
      }
      digest.push(bytes);
    }
    return digest.finish();
  } catch (error) {
    return problem("usage", `${copy} cannot be read: ${(error as Error).message}`, "see --with");
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

type Awaiting = Target & { readonly asked: challenge.Challenge; readonly seconds: number };

/** `undefined` if none came in time; a silent probe becomes a finding later. */
async function awaited(
  { api }: Connection,
  { host, asked, seconds }: Awaiting,
): Promise<Answer | undefined | Problem> {
  const ends = performance.now() + seconds * 1000;
  for (;;) {
    const document = await api.census(host);
    // Before its first census a host has none.
    const census: Census | { refused: string } = isRefused(document)
      ? document
      : shape.read(censusShape, document as JsonObject, "census");
    const answers = "refused" in census ? [] : (census.answers ?? []);
    const answer = answers.find(({ nonce }) => nonce === asked.nonce);
    if (answer !== undefined || performance.now() >= ends) return answer;
    await sleep(glanceMilliseconds);
  }
}

type Told = {
  readonly target: Target;
  readonly entry: number;
  readonly expected: Digest | undefined;
  readonly answer: Answer | undefined;
};

function verdictOf({ expected, answer }: Told): string {
  if (answer === undefined) return "silent";
  if (answer.state !== "answered") return answer.state;
  if (expected === undefined) return "answered";
  return answer.answer === expected ? "right" : "wrong";
}

function tell(shell: Shell, told: Told, { json }: ChallengeOptions): Outcome {
  const { target, entry, answer } = told;
  const verdict = verdictOf(told);
  const good = verdict === "right" || verdict === "answered";
  if (json === true) printJson(shell, { ...target, entry, verdict, answer: answer ?? null });
  else {
    const words: { readonly [verdict: string]: string } = {
      right: "the probe reads the same bytes as your copy, now",
      answered: "the probe reads it; without --with nothing says what the bytes ought to be",
      wrong: "the bytes there are not those of your copy: see ./writ findings",
      missing: "there is no such file on the host",
      unreadable: "the probe cannot read it: see ./writ hosts",
      silent: "no answer yet; the probe's next look gives one, or ./writ findings tells",
    };
    const tone = good ? "good" : "bad";
    shell.out(`${shell.tone(tone, verdict)}  ${inertAscii(target.path)}: ${words[verdict]}\n`);
  }
  return good ? 0 : 1;
}
