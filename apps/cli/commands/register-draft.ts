/**
 * `writ register draft`: a first register, from what was found. A person edits it, then signs it.
 */
import {
  type Census,
  censusShape,
  inertAscii,
  isRefused,
  type JsonObject,
  type RegisterDocument,
  shape,
} from "@writ/core";
import { Command } from "commander";
import { stringify as yamlText } from "yaml";
import { acceptedOn, unseenPlaces, unseenText } from "../blind-spots.ts";
import {
  countedMasses,
  isExpected,
  type Known,
  knownContents,
  type Mass,
  modelNameOf,
} from "../census-table.ts";
import { type Cli, examples } from "../cli.ts";
import { connect } from "../connection.ts";
import { dataHelp } from "../home.ts";
import { isProblem, type Outcome, problem, refusalProblem } from "../outcome.ts";
import { printJson, type Shell } from "../shell.ts";
import { countText } from "../words.ts";

type DraftOptions = { readonly data?: string; readonly json?: boolean };

export function registerDraftCommand({ shell, run }: Cli): Command {
  return new Command("draft")
    .description("print what was found and is not registered, as a file for `register add`")
    .option("--data <dir>", dataHelp)
    .option("--json", "as JSON; else YAML with remarks")
    .addHelpText("after", examples("./writ register draft > register.yaml"))
    .action((options: DraftOptions) => run(options, () => draft(shell, options)));
}

async function draft(shell: Shell, options: DraftOptions): Promise<Outcome> {
  const connection = await connect(shell, options);
  if (isProblem(connection)) return connection;
  const { api } = connection;
  const [register, hosts] = await Promise.all([api.register(), api.hosts()]);
  if (isRefused(register)) return refusalProblem(register);
  if (isRefused(hosts)) return refusalProblem(hosts);
  const known = knownContents(register.releases.map(({ document }) => document));
  const documents: RegisterDocument[] = [];
  const unseen: string[] = [];
  for (const { host, census: seen } of hosts) {
    if (seen === undefined) continue;
    const answer = await api.census(host);
    if (isRefused(answer)) return refusalProblem(answer);
    const census = shape.read(censusShape, answer as JsonObject, "census");
    if (isRefused(census)) return refusalProblem(census);
    documents.push(...draftedDocuments(census, known, documents));
    const places = unseenPlaces(census, acceptedOn(host, register.hosts));
    unseen.push(...places.map((place) => `${inertAscii(host)}, ${unseenText(place)}`));
  }
  if (documents.length === 0) {
    return problem("not-running", "nothing was found that is not registered", "./writ hosts");
  }
  if (options.json === true) printJson(shell, { set: documents, remove: [] });
  else shell.out(remarks + unseenRemarks(unseen) + yamlText({ set: documents, remove: [] }));
  return 0;
}

const unseenShown = 20;

/** What was not looked at is not in this file, and whoever signs it should know. */
function unseenRemarks(unseen: readonly string[]): string {
  if (unseen.length === 0) return "";
  const more = unseen.length - unseenShown;
  return [
    "# Not seen, and so not in here; could hide a model:",
    ...unseen.slice(0, unseenShown).map((text) => `#   ${text}`),
    ...(more > 0 ? [`#   and ${countText(more, "more", "more")}`] : []),
    "# Give the probe the rights to see it, or accept that it does not:",
    "#   ./writ register accept-blind --because WHY --as NAME",
    "",
  ].join("\n");
}

const remarks = `\
# What a census found and nobody has registered yet. Nothing here is true because it stands
# here: keep what ought to be, correct names, owners and lifecycles, delete the rest.
# lifecycle: proposed, approved, active or retired. Then: ./writ register add FILE --as NAME
`;

/** Documents for one host's masses: a component for each model name, a release for each content. */
export function draftedDocuments(
  census: Census,
  known: Known,
  before: readonly RegisterDocument[],
): readonly RegisterDocument[] {
  const documents: RegisterDocument[] = [];
  const has = (test: (one: RegisterDocument) => boolean) =>
    before.some(test) || documents.some(test);
  for (const mass of countedMasses(census, known)) {
    // Nobody knows what opaque bytes are: to register them would explain them away.
    if (isExpected(mass, known) || mass.kind !== "model") continue;
    const component = plainId(modelNameOf(mass));
    const release = mass.digest.slice("sha256:".length, "sha256:".length + 12);
    if (!has((one) => one.document === "component" && one.component === component)) {
      documents.push({ document: "component", component, kind: "model", owner: "to be named" });
    }
    const isRelease = (one: RegisterDocument) =>
      one.document === "release" && one.component === component && one.release === release;
    if (!has(isRelease)) documents.push(releaseOf(mass, component, release));
    documents.push(...placementsOf(census.host, mass, { component, release }));
  }
  return documents;
}

function releaseOf(mass: Mass, component: string, release: string): RegisterDocument {
  const artefacts = [{ name: fileName(mass), digest: mass.digest, size: mass.size }];
  return { document: "release", component, release, artefacts, lifecycle: "approved" };
}

function placementsOf(
  host: string,
  mass: Mass,
  of: { readonly component: string; readonly release: string },
): readonly RegisterDocument[] {
  return mass.names.map((path, at) => ({
    document: "file",
    placement: plainId(`${host}-${of.component}-${of.release}-${at + 1}`),
    host,
    path,
    ...of,
    artefact: fileName(mass),
  }));
}

function fileName({ names }: Mass): string {
  const path = names[0] ?? "weights";
  return path.slice(path.lastIndexOf("/") + 1) || "weights";
}

/** A register id from a name that anybody may have chosen. */
function plainId(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9._:@+-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "");
  return plain === "" ? "unnamed" : plain.slice(0, 128);
}
