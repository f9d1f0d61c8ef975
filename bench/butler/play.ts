/** Plays rows: each twin first, which must raise nothing, then the acts, which must be seen. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Finding } from "@writ/core";
import { type Estate, type EstateParts, openEstate } from "./estate.ts";
import { Missed, NotPlayed, type Row, type Seen } from "./row.ts";
import { Stage } from "./stage.ts";

const glanceMilliseconds = 100;

export type ActReport = {
  readonly act: string;
  readonly verdict: "detected" | "missed" | "not played";
  readonly seen: readonly Seen[];
  readonly why?: string;
};

export type RowReport = {
  readonly row: string;
  readonly must: string;
  readonly acts: readonly ActReport[];
  readonly twin: string;
  /** What the twin raised. Empty, or it is a false alarm. */
  readonly falseAlarms: readonly string[];
  readonly seconds: number;
};

export type PlayParts = {
  readonly folder: string;
  readonly words: readonly string[];
  readonly onRow: (report: RowReport) => void;
};

/** Plays rows; those that need no estate of their own share one. */
export async function play(rows: readonly Row[], parts: PlayParts): Promise<readonly RowReport[]> {
  const reports: RowReport[] = [];
  const shared = rows.filter(({ alone }) => alone === undefined);
  const groups = [shared, ...rows.filter(({ alone }) => alone !== undefined).map((row) => [row])];
  for (const [at, group] of groups.entries()) {
    if (group.length === 0) continue;
    const estate = await founded(partsFor(group, join(parts.folder, String(at)), parts.words));
    try {
      const first = group[0]!;
      await new Stage(estate, estate.components.get(nameOf(first))!).looked();
      for (const row of group) {
        const report = await playRow(row, new Stage(estate, estate.components.get(nameOf(row))!));
        reports.push(report);
        parts.onRow(report);
      }
    } finally {
      await estate.stop();
    }
  }
  return reports;
}

/**
 * An estate; founded a second time elsewhere if the first attempt fails, because a port that was
 * free may have been taken by another program of this machine since.
 */
async function founded(parts: EstateParts): Promise<Estate> {
  return openEstate(parts).catch((error: Error) => {
    process.stderr.write(`an estate did not start, once more: ${error.message}\n`);
    return openEstate({ ...parts, folder: `${parts.folder}-again` });
  });
}

function nameOf({ id }: Row): string {
  return `chatbot-${id.toLowerCase()}`;
}

function partsFor(group: readonly Row[], folder: string, words: readonly string[]): EstateParts {
  const components = Object.fromEntries(group.map((row) => [nameOf(row), row.hosts]));
  const hosts = [...new Set(group.flatMap((row) => row.hosts))].sort();
  return { folder, words, hosts, components, silenceSeconds: 120, ...group[0]!.alone };
}

async function playRow(row: Row, stage: Stage): Promise<RowReport> {
  const began = Date.now();
  const falseAlarms = await playTwin(row, stage);
  const acts: ActReport[] = [];
  for (const { name: act, play } of row.acts) {
    await stage.begin();
    acts.push(
      await play(stage).then(
        (seen): ActReport => ({ act, verdict: "detected", seen }),
        (error: Error): ActReport => notSeen(act, error),
      ),
    );
  }
  const seconds = Math.round((Date.now() - began) / 100) / 10;
  return { row: row.id, must: row.must, acts, twin: row.twin.name, falseAlarms, seconds };
}

function notSeen(act: string, error: Error): ActReport {
  const verdict = error instanceof NotPlayed ? "not played" : "missed";
  // A part of the suite that broke proves nothing, and must not pass for a detection.
  const why = error instanceof Missed || error instanceof NotPlayed ? error.message : error.stack!;
  return { act, verdict, seen: [], why };
}

/** Every finding that stands at any time from the twin's begin until all hosts were looked at. */
async function playTwin(row: Row, stage: Stage): Promise<readonly string[]> {
  await stage.begin();
  const alarms = new Set<string>();
  let over = false;
  const watch = (async () => {
    while (!over) {
      for (const finding of await stage.news()) {
        // What an earlier row left behind is that row's, and may show for some time after it.
        const { component = stage.component.name } = finding;
        if (component === stage.component.name) alarms.add(told(finding));
      }
      await sleep(glanceMilliseconds);
    }
  })();
  try {
    await row.twin.play(stage);
    await stage.looked();
    await sleep(glanceMilliseconds);
  } catch (error) {
    alarms.add(`the twin failed: ${(error as Error).message}`);
  } finally {
    over = true;
    await watch;
  }
  return [...alarms];
}

function told({ rule, host, where, right }: Finding): string {
  return `${rule} ${host}: ${where} (${right.says})`;
}

/** True if everything was seen and nothing was cried for naught. */
export function isGood(reports: readonly RowReport[]): boolean {
  return reports.every(
    ({ acts, falseAlarms }) =>
      falseAlarms.length === 0 && acts.every(({ verdict }) => verdict !== "missed"),
  );
}
