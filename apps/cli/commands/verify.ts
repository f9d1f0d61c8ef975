/** `writ verify`: what a certificate proves, checked with nothing but the file. */
import { open } from "node:fs/promises";
import {
  type CertificateVerdict,
  certificateBytesMax,
  type Digest,
  inert,
  inertAscii,
  isDigest,
  isRefused,
  refused,
  spokenCount,
  spokenSeconds,
  titleOf,
  verifyCertificate,
} from "@writ/core";
import { verifyNative } from "@writ/node/ed25519";
import { Command } from "commander";
import { type Cli, examples, jsonHelp } from "../cli.ts";
import { type Outcome, problem, refusalProblem } from "../outcome.ts";
import { printJson, type Shell } from "../shell.ts";
import { countText, localText, sizeText } from "../words.ts";

type VerifyOptions = { readonly json?: boolean; readonly estate?: string };

export function verifyCommand({ shell, run }: Cli): Command {
  return new Command("verify")
    .argument("<certificate>", "the certificate's file")
    .option("--estate <digest>", "the estate that it must be of: digest of its first trust root")
    .option("--json", jsonHelp)
    .addHelpText("after", examples("./writ verify certificate.json --estate sha256:9f86…"))
    .action((path: string, options: VerifyOptions) =>
      run(options, () => verify(shell, path, options)),
    );
}

async function verify(shell: Shell, path: string, options: VerifyOptions): Promise<Outcome> {
  const { estate } = options;
  if (estate !== undefined && !isDigest(estate)) {
    return problem("usage", "--estate is not a sha256: digest", "see estate.json");
  }
  const file = await readCertificate(path);
  const pinned = estate === undefined ? {} : { estate: estate as Digest };
  const verdict = isRefused(file)
    ? file
    : verifyCertificate(file, { ...pinned, verify: verifyNative });
  if (isRefused(verdict)) {
    const found = refusalProblem(verdict);
    return { ...found, detail: `the certificate proves nothing: ${found.detail}` };
  }
  if (options.json === true) printJson(shell, verdictJson(verdict));
  else shell.out(verdictText(shell, verdict));
  return 0;
}

async function readCertificate(path: string) {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    if (size > certificateBytesMax) {
      return refused("oversized", `a certificate has at most ${certificateBytesMax} bytes`);
    }
    return new Uint8Array(await file.readFile());
  } finally {
    await file.close();
  }
}

function verdictJson(verdict: CertificateVerdict) {
  const { writ, statement, keys, estate, pinned, journalSize, witnessedTime } = verdict;
  const asOf = new Date(witnessedTime).toISOString();
  return { verified: true, writ, estate, pinned, keys, journalSize, asOf, statement };
}

function verdictText(shell: Shell, verdict: CertificateVerdict): string {
  const { writ } = verdict.proceeding;
  const title = titleOf(writ);
  const line = (label: string, text: string) =>
    `  ${shell.tone("faint", label.padEnd(10))} ${text}`;
  return `${[
    `${shell.tone("good", "verified")}  ${shell.tone("strong", title)}`,
    "",
    line("ordered", `${title}, because: ${inert(writ.reason)}`),
    line("", `proposed by ${inertAscii(writ.proposer)}; writ ${verdict.writ}`),
    ...signedLines(shell, verdict).map((text, at) => line(at === 0 ? "signed by" : "", text)),
    ...doneLines(verdict).map((text, at) => line(at === 0 ? "done" : "", text)),
    ...seenLines(verdict).map((text, at) => line(at === 0 ? "seen" : "", text)),
    ...blindLines(shell, verdict).map((text, at) => line(at === 0 ? "not seen" : "", text)),
    line("as of", asOfText(verdict)),
    line("journal", `${spokenCount(verdict.journalSize)} entries, cosigned by its witnesses`),
    line("estate", estateText(shell, verdict)),
    "",
    shell.tone("faint", "What it does not prove"),
    ...limits(verdict).map((text) => `  ${text}`),
  ].join("\n")}\n`;
}

function signedLines(shell: Shell, { proceeding, keys }: CertificateVerdict): readonly string[] {
  const people = [...proceeding.approvals.values()].map(
    ({ person, custody, key }) => `${person}, with a ${custody} key (${key})`,
  );
  const told =
    keys === "hardware keys"
      ? "hardware keys: each signature took a touch of the person's own device"
      : `${shell.tone("warning", keys)}: a program that reached such a key could have signed`;
  return [...people, told];
}

function doneLines({ proceeding }: CertificateVerdict): readonly string[] {
  return proceeding.writ.steps.map((step, at) => {
    const phase = proceeding.steps.get(at)?.phase ?? "not begun";
    const verb = step.step.replaceAll("-", " ");
    return `${verb} ${inertAscii(step.placement)} on ${inertAscii(step.host)}: ${phase}`;
  });
}

function seenLines({ proceeding }: CertificateVerdict): readonly string[] {
  return (proceeding.fulfilled?.covered ?? []).flatMap(({ host, began, ended, ledgers }) => [
    `${inertAscii(host)}, looked at from ${instantText(began)} to ${instantText(ended)}`,
    ...ledgers.map(({ vantage, roots, entries, bytes, gapsTotal }) => {
      const where = roots.length === 0 ? "" : ` under ${roots.map(inertAscii).join(", ")}`;
      const gaps = gapsTotal === 0 ? "no gaps" : countText(gapsTotal, "gap");
      const looked = `${countText(entries, "entry", "entries")}${where}`;
      return `  ${vantage}: ${looked}, ${sizeText(bytes)} read anew, ${gaps}`;
    }),
  ]);
}

/** Where nobody looked, and the people who signed knew it. */
function blindLines(shell: Shell, { proceeding }: CertificateVerdict): readonly string[] {
  const { blindSpots } = proceeding.writ.verification;
  const told = blindSpots.map(
    ({ host, spot }) =>
      `${inertAscii(host)}, ${spot.vantage}: ${inertAscii(spot.where)} (${spot.why})`,
  );
  if (told.length === 0) return ["what could not be read hides nothing that the writ names"];
  return [shell.tone("warning", "blind spots, accepted by those who signed:"), ...told];
}

/** The probe's own clock: told as it said it. */
function instantText(instant: string): string {
  const time = Date.parse(instant);
  return Number.isNaN(time) ? inertAscii(instant) : localText(time);
}

function asOfText({ witnessedTime }: CertificateVerdict): string {
  return `${localText(witnessedTime)} (${new Date(witnessedTime).toISOString()}), by its witnesses`;
}

function estateText(shell: Shell, { estate, pinned }: CertificateVerdict): string {
  if (pinned) return `${estate}, the one that you named`;
  const question = shell.tone("warning", "not compared: is it yours? --estate compares it");
  return `${estate}\n${" ".repeat(13)}${question}`;
}

function limits({ proceeding }: CertificateVerdict): readonly string[] {
  const watch = spokenSeconds(proceeding.writ.verification.watchSeconds);
  return [
    `- that it still holds: if the release came back later (it is watched for ${watch}),`,
    "  the certificate is revoked in the journal, not in this file. ./writ status asks.",
    "- anything about places that were not looked at, or weights that were encrypted or altered.",
  ];
}
