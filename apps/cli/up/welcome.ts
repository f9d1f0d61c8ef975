/** What `writ up` says when all runs: what was found, who may sign, and what to do next. */
import { inertAscii } from "@writ/core";
import { unseenPlaces, unseenText } from "../blind-spots.ts";
import { censusTable, countedMasses, coverageText, isExpected } from "../census-table.ts";
import { surroundingsText } from "../count/surroundings.ts";
import type { Shell } from "../shell.ts";
import { countText, sizeText } from "../words.ts";
import type { EstateRun } from "./estate-run.ts";
import type { Founders } from "./founding.ts";
import type { Layout, Setup } from "./layout.ts";
import type { Survey } from "./survey.ts";

export type Told = {
  readonly layout: Layout;
  readonly setup: Setup;
  readonly estate: EstateRun;
  readonly seen: Survey;
  readonly founders: Founders | undefined;
  /** True if this run made people's keys itself. */
  readonly isTrial: boolean;
  /** What later commands must be told to find this folder; empty if they find it by themselves. */
  readonly dataOption: string;
  /** True if everything goes on running. */
  readonly stays: boolean;
};

/** For a person. */
export function welcomeText(shell: Shell, told: Told): string {
  const { seen, estate, setup, layout } = told;
  const masses = countedMasses(seen.census, seen.known);
  const unexplained = masses.filter((mass) => !isExpected(mass, seen.known)).length;
  const total = masses.reduce((sum, { size }) => sum + size, 0);
  const summary =
    masses.length === 0
      ? ""
      : `${countText(masses.length, "mass", "masses")}, ${sizeText(total)}; ` +
        (unexplained === 0
          ? shell.tone("good", "all of it registered")
          : shell.tone("warning", `${unexplained} not in the register`));
  return [
    `\n${censusTable(shell, seen.census, seen.known)}${surroundingsText(shell, seen.census)}\n`,
    summary === "" ? "" : `${summary}\n`,
    `${shell.tone("faint", coverageText(shell, seen.census))}\n\n`,
    `estate ${shell.tone("strong", inertAscii(estate.estate.name))} on ${setup.host}, ` +
      `${told.stays ? `served at ${estate.estate.url}` : "stopped again"}, ` +
      `kept in ${layout.folder}\n`,
    told.isTrial ? trialText(shell, told) : "",
    blindText(shell, told),
    nextText(told, unexplained),
  ].join("");
}

function trialText(shell: Shell, { founders, layout }: Told): string {
  const people = founders!.humans.map(({ name }) => name).join(", ");
  return [
    `${shell.tone("warning", "trial:")} ${people} sign with software keys in ${layout.humans};\n`,
    "  any program of this user can use them, and certificates will say so. For real use, found\n",
    "  an estate with people's own keys: ./writ up --data DIR --human NAME=KEY.pub --human …\n",
  ].join("");
}

const unseenShown = 8;

/** What the probe cannot see here: until it does, or people accept it, nothing is proven absent. */
function blindText(shell: Shell, { seen, founders }: Told): string {
  const unseen = unseenPlaces(seen.census, seen.accepted);
  if (unseen.length === 0) return "";
  const more = unseen.length - unseenShown;
  const who = founders?.humans[0]?.name ?? "NAME";
  return [
    `${shell.tone("warning", "not seen:")} places that could hide a model; no writ is fulfilled\n`,
    "  while they are neither seen nor accepted:\n",
    ...unseen.slice(0, unseenShown).map((one) => `    ${unseenText(one)}\n`),
    ...(more > 0 ? [`    and ${countText(more, "more", "more")}\n`] : []),
    "  run ./writ up as a user who may look there, or sign that it is accepted:\n",
    `    ./writ register accept-blind --because WHY --as ${who}\n`,
  ].join("");
}

function nextText({ stays, founders, dataOption }: Told, unexplained: number): string {
  const who = founders?.humans[0]?.name ?? "NAME";
  // The folder is known to later commands only if it is the usual one, or they are told it.
  const first = stays ? "in another terminal, " : "./writ up again; then, in another terminal, ";
  const where = dataOption === "" ? "" : `      each with${dataOption}\n`;
  const next =
    unexplained === 0
      ? `next: ${first}./writ status\n`
      : `next: ${first}say what ought to be here:\n` +
        "      ./writ register draft > register.yaml, edit it,\n" +
        `      then ./writ register add register.yaml --as ${who}\n`;
  return `${next}${where}${stays ? "^C stops everything\n" : ""}`;
}

/** For a program. */
export function welcomeJson({ layout, setup, estate, seen, founders, isTrial }: Told) {
  const { url, estate: digest, name } = estate.estate;
  return {
    ready: true,
    name,
    estate: digest,
    url,
    host: setup.host,
    data: layout.folder,
    trial: isTrial,
    founded: founders !== undefined,
    apps: estate.apps.map(({ name: app, pid, address }) => ({ name: app, pid, address })),
    masses: countedMasses(seen.census, seen.known),
    coverage: seen.census.coverage,
  };
}
