/**
 * The butler's repertoire: `node bench/butler/main.ts [--rows S01,…] [--short] [--json] [--keep]`.
 * Scripted adversaries act for real, each beside a benign twin. Ends with 1 if a row in scope is
 * missed or a twin raises anything, with 2 if the machine cannot play it.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { namespaceWords } from "./host.ts";
import { isGood, play, type RowReport } from "./play.ts";
import { repertoire, shortForm } from "./rows/repertoire.ts";
import { rowText, sumText } from "./table.ts";

const flag = { type: "boolean", default: false } as const;
const { values: flags } = parseArgs({
  options: { rows: { type: "string" }, short: flag, json: flag, keep: flag },
});

async function main(): Promise<number> {
  const wanted = flags.rows?.toUpperCase().split(",") ?? (flags.short ? shortForm : undefined);
  const unknown = wanted?.filter((id) => !repertoire.some((row) => row.id === id)) ?? [];
  if (unknown.length > 0) {
    process.stderr.write(`no such row: ${unknown.join(", ")}\n`);
    return 2;
  }
  const words = namespaceWords();
  if (words === undefined) {
    process.stderr.write("this machine gives no namespaces (unshare): a host cannot be had\n");
    return 2;
  }
  const rows = repertoire.filter(({ id }) => wanted?.includes(id) ?? true);
  const folder = await mkdtemp(join(tmpdir(), "writ-butler-"));
  const began = Date.now();
  const onRow = (report: RowReport) => {
    if (!flags.json) process.stdout.write(rowText(report));
  };
  try {
    const reports = await play(rows, { folder, words, onRow });
    const seconds = Math.round((Date.now() - began) / 100) / 10;
    const good = isGood(reports);
    const json = `${JSON.stringify({ good, seconds, rows: reports }, null, 2)}\n`;
    process.stdout.write(flags.json ? json : sumText(reports, seconds));
    return good ? 0 : 1;
  } finally {
    if (flags.keep) process.stderr.write(`kept: ${folder}\n`);
    else await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

process.exitCode = await main();
