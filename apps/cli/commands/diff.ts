/** `writ diff`: what is otherwise between two moments of the journal. */
import { inertAscii, isRefused } from "@writ/core";
import type { Api } from "@writ/node/api";
import { Command } from "commander";
import { type Cli, examples, jsonHelp } from "../cli.ts";
import { connect } from "../connection.ts";
import { dataHelp } from "../home.ts";
import { isProblem, type Outcome, refusalProblem } from "../outcome.ts";
import { printJson, type Shell } from "../shell.ts";
import { countText, whenText } from "../words.ts";
import { findingText } from "./findings.ts";

type DiffOptions = { readonly data?: string; readonly json?: boolean };
type Difference = Exclude<Awaited<ReturnType<Api["difference"]>>, { refused: unknown }>;

export function diffCommand({ shell, run }: Cli): Command {
  return new Command("diff")
    .argument("<from>", "a moment: after an entry, by its index, or a witnessed time")
    .argument("[to]", "a later one (default: now)")
    .option("--data <dir>", dataHelp)
    .option("--json", jsonHelp)
    .addHelpText("after", examples("./writ diff 120", "./writ diff 2026-11-24T18:00Z 2026-11-25"))
    .action((from: string, to: string | undefined, options: DiffOptions) =>
      run(options, () => diff(shell, { from, to }, options)),
    );
}

async function diff(
  shell: Shell,
  { from, to }: { readonly from: string; readonly to: string | undefined },
  options: DiffOptions,
): Promise<Outcome> {
  const connection = await connect(shell, options);
  if (isProblem(connection)) return connection;
  const told = await connection.api.difference(from, to);
  if (isRefused(told)) return refusalProblem(told);
  if (options.json === true) printJson(shell, told);
  else shell.out(diffText(shell, told));
  return 0;
}

function diffText(shell: Shell, { from, to, findings, register }: Difference): string {
  const moment = ({ size, time }: Difference["from"]) =>
    `${countText(size, "entry", "entries")}${time === 0 ? "" : `, ${whenText(time, shell.now())}`}`;
  const lines = [`from ${moment(from)}\nto   ${moment(to)}\n`];
  for (const { key, before, after } of register) {
    const [mark, tone] =
      before === undefined
        ? (["+", "good"] as const)
        : after === undefined
          ? (["-", "bad"] as const)
          : (["~", "warning"] as const);
    const moved =
      before?.lifecycle === after?.lifecycle || before === undefined || after === undefined
        ? ""
        : `  ${before.lifecycle} -> ${after.lifecycle}`;
    lines.push(`${shell.tone(tone, mark)} ${inertAscii(key)}${moved}\n`);
  }
  const lists = [
    ["appeared", findings.appeared],
    ["ended", findings.ended],
    ["accepted or owned otherwise", findings.changed],
  ] as const;
  for (const [says, found] of lists) {
    if (found.length === 0) continue;
    lines.push(`\n${shell.tone("strong", `${countText(found.length, "finding")} ${says}`)}\n`);
    lines.push(...found.map((one) => `\n${findingText(shell, one)}`));
  }
  if (lines.length === 1)
    lines.push("nothing is otherwise: the same register, the same findings\n");
  return lines.join("");
}
