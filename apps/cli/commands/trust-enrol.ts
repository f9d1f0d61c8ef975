/** `writ trust enrol`: a browser's passkey, verified, into the next version of the trust root. */
import { readFile, writeFile } from "node:fs/promises";
import { isRefused, type PublicKey } from "@writ/core";
import { Command } from "commander";
import { parseDocument } from "yaml";
import { type Cli, examples, jsonHelp } from "../cli.ts";
import { connect } from "../connection.ts";
import { dataHelp } from "../home.ts";
import { isProblem, type Outcome, type Problem, problem, refusalProblem } from "../outcome.ts";
import { printJson, type Shell } from "../shell.ts";

type EnrolOptions = {
  readonly person: string;
  readonly into?: string;
  readonly data?: string;
  readonly json?: boolean;
};

/** An attestation with a chain of certificates has a few KiB. */
const fileBytesMax = 128 * 1024;

export function trustEnrolCommand({ shell, run }: Cli): Command {
  return new Command("enrol")
    .description("verify a passkey that a browser made, and add it to a next version's file")
    .argument("<file>", "the browser's answer: navigator.credentials.create(…).toJSON()")
    .requiredOption("--person <name>", "whose it is")
    .option("--into <file>", "what ./writ trust export wrote; the key is added there")
    .option("--data <dir>", dataHelp)
    .option("--json", jsonHelp)
    .addHelpText(
      "after",
      examples("./writ trust enrol passkey.json --person cleo --into next.yaml"),
    )
    .action((file: string, options: EnrolOptions) =>
      run(options, () => enrol(shell, file, options)),
    );
}

async function enrol(shell: Shell, file: string, options: EnrolOptions): Promise<Outcome> {
  const connection = await connect(shell, options);
  if (isProblem(connection)) return connection;
  const root = await connection.api.trustRoot();
  if (isRefused(root)) return refusalProblem(root);
  const registration = await readRegistration(file);
  if (isProblem(registration)) return registration;
  const { verifyEnrolment } = await import("@writ/node/passkey-attestation");
  const { estate } = connection.estate;
  const rules = { estate, document: root.document };
  const enrolled = await verifyEnrolment(rules, options.person, registration);
  if (isRefused(enrolled)) return refusalProblem(enrolled);
  const { key, software } = enrolled;
  if (options.into !== undefined) {
    const added = await addKey(options.into, options.person, key);
    if (isProblem(added)) return added;
  }
  if (options.json === true) {
    printJson(shell, enrolled);
    return 0;
  }
  const how = software === undefined ? "hardware, proven by its maker" : `software: ${software}`;
  shell.out(`${shell.tone("good", "verified")}  ${how}\n`);
  if (options.into === undefined) shell.out(`${JSON.stringify(key)}\n`);
  else shell.out(`next: ./writ trust propose ${options.into} --out FILE --as NAME\n`);
  return 0;
}

async function readRegistration(file: string) {
  const bytes = await readFile(file);
  if (bytes.length > fileBytesMax) return problem("oversized", `${file} is over 128 KiB`);
  const { passkeyRoutes } = await import("@writ/node/api");
  const read = passkeyRoutes.registrationSchema.safeParse(jsonOf(bytes.toString("utf8")));
  return read.success
    ? read.data
    : problem("malformed", `${file} is not what a browser answers`, "see docs/operating.md");
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Adds the key to the person's, or a new person with it; the rest of the file stays as written. */
async function addKey(path: string, person: string, key: PublicKey): Promise<undefined | Problem> {
  const document = parseDocument(await readFile(path, "utf8"), { schema: "core", merge: false });
  const principals = document.toJS({ maxAliasCount: 16 })?.principals;
  if (document.errors.length > 0 || !Array.isArray(principals)) {
    return problem("malformed", `${path} has no principals`, "./writ trust export writes such");
  }
  const at = principals.findIndex((one: { name?: unknown }) => one?.name === person);
  if (at < 0) document.addIn(["principals"], { name: person, kind: "human", keys: [key] });
  else document.addIn(["principals", at, "keys"], key);
  await writeFile(path, document.toString());
  return undefined;
}
