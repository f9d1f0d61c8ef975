/**
 * The butler's repertoire: scripted adversaries act for real, each beside a benign twin. Ends with
 * 1 if an act is missed or a twin raises anything, with 2 if the machine cannot play it.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { namespaceWords } from "./host.ts";
import { isGood, play, type RowReport } from "./play.ts";
import { repertoire, shortForm } from "./rows/repertoire.ts";
import { headMarkdown, rowMarkdown, rowText, sumText } from "./table.ts";

const help = `Usage: node bench/butler/main.ts [options]

Plays the butler's repertoire (bench/butler/README.md) against Writ's real apps, on hosts that are
namespaces of this machine. Needs Linux, and root or unprivileged user namespaces.

  --row ID      play only this row; may be given again. Also: --rows S01,R02
  --short       play the short form, which runs with the tests
  --list        print the rows and what must be seen of each
  --json        print one JSON document instead of a table
  --markdown    print the table for docs/benchmarks.md
  --keep        leave the scratch folder, with all logs, and say where it is
  --help        print this

Exit code: 0 all seen and no false alarm; 1 something missed or a false alarm; 2 cannot be played.
`;

const flag = { type: "boolean", default: false } as const;
const { values: flags } = parseArgs({
  options: {
    row: { type: "string", multiple: true, default: [] },
    rows: { type: "string" },
    ...{ short: flag, list: flag, json: flag, markdown: flag, keep: flag, help: flag },
  },
});

/** Ids that were asked for; undefined: all. */
function wantedIds(): readonly string[] | undefined {
  const named = [...flags.row, ...(flags.rows?.split(",") ?? [])].map((id) => id.toUpperCase());
  if (named.length > 0) return named;
  return flags.short ? shortForm : undefined;
}

async function main(): Promise<number> {
  if (flags.help) {
    process.stdout.write(help);
    return 0;
  }
  if (flags.list) {
    for (const { id, must } of repertoire) process.stdout.write(`${id}  ${must}\n`);
    return 0;
  }
  const wanted = wantedIds();
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
    if (flags.json) return;
    process.stdout.write(flags.markdown ? rowMarkdown(report) : rowText(report));
  };
  if (flags.markdown) process.stdout.write(headMarkdown);
  try {
    const reports = await play(rows, { folder, words, onRow });
    const seconds = Math.round((Date.now() - began) / 100) / 10;
    const good = isGood(reports);
    const json = `${JSON.stringify({ good, seconds, rows: reports }, null, 2)}\n`;
    const sum = sumText(reports, seconds);
    process.stdout.write(flags.json ? json : flags.markdown ? `\n${sum}` : sum);
    return good ? 0 : 1;
  } finally {
    if (flags.keep) process.stderr.write(`kept: ${folder}\n`);
    else await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

process.exitCode = await main();
