/** `writ certificate`: fetches the certificate of a fulfilled writ, verifies it, and keeps it. */
import { writeFile } from "node:fs/promises";
import { isRefused, verifyCertificate } from "@writ/core";
import { verifyNative } from "@writ/node/ed25519";
import { Command } from "commander";
import { type Cli, examples, jsonHelp } from "../cli.ts";
import { connect } from "../connection.ts";
import { dataHelp } from "../home.ts";
import { isProblem, type Outcome, refusalProblem } from "../outcome.ts";
import { printJson, type Shell } from "../shell.ts";
import { sizeText } from "../words.ts";
import { chosenWrit } from "../writ-choice.ts";

type CertificateOptions = {
  readonly out: string;
  readonly data?: string;
  readonly json?: boolean;
};

export function certificateCommand({ shell, run }: Cli): Command {
  return new Command("certificate")
    .argument("<writ>", "the writ's digest, or the first digits of it")
    .option("--out <file>", "where to keep it", "certificate.json")
    .option("--data <dir>", dataHelp)
    .option("--json", jsonHelp)
    .addHelpText("after", examples("./writ certificate 2bf3d6e6 --out certificate.json"))
    .action((writ: string, options: CertificateOptions) =>
      run(options, () => keepCertificate(shell, writ, options)),
    );
}

async function keepCertificate(
  shell: Shell,
  text: string,
  options: CertificateOptions,
): Promise<Outcome> {
  const connection = await connect(shell, options);
  if (isProblem(connection)) return connection;
  const writ = await chosenWrit(connection, text);
  if (isProblem(writ)) return writ;
  const file = await connection.api.certificate(writ);
  if (isRefused(file)) return refusalProblem(file);
  const { estate } = connection.estate;
  const verdict = verifyCertificate(file, { estate, verify: verifyNative });
  if (isRefused(verdict)) return refusalProblem(verdict);
  await writeFile(options.out, file);
  const told = { writ: verdict.writ, file: options.out, keys: verdict.keys, size: file.length };
  if (options.json === true) printJson(shell, told);
  else {
    shell.out(
      `${shell.tone("good", "verified")} and kept in ${options.out}, ` +
        `${sizeText(file.length)}; ${verdict.keys}\n`,
    );
    shell.out(`anyone can check it offline: ./writ verify ${options.out} --estate ${estate}\n`);
  }
  return 0;
}
