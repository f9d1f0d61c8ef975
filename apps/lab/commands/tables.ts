/** `writ lab published` and `writ lab cells`: tables that need no subject. */
import { cellName, derivedCells, scenarios } from "@writ/lab";
import type { Command } from "commander";
import { presets } from "../run/plan.ts";
import type { End } from "./run.ts";

type JsonOption = { readonly json?: boolean };

const print = (text: string) => void process.stdout.write(`${text}\n`);
const percent = (rate: number) => `${(100 * rate).toFixed(1)} %`;

export function addTableCommands(program: Command, end: End): void {
  program
    .command("published")
    .description("derive the study's published cells again from their counts, with intervals")
    .option("--json", "print one JSON value, for programs")
    .action(({ json }: JsonOption) => {
      const cells = derivedCells();
      end.code = cells.every(({ derived, printed }) => derived === printed) ? 0 : 1;
      if (json === true) return print(JSON.stringify(cells));
      for (const { model, behaviour, relationship, k, n, printed, derived, rate, pHolm } of cells) {
        const interval = `[${percent(rate.exact.low)}–${percent(rate.exact.high)}]`;
        const same = derived === printed ? "as published" : `published ${printed}`;
        const test = `p ${pHolm < 0.001 ? "< 0.001" : pHolm.toFixed(3)} (Holm)`;
        print(
          `${model}, ${behaviour}, ${relationship} peer: ${k}/${n} = ${derived} % (${same}) ` +
            `${interval} ${test}`,
        );
      }
    });
  program
    .command("cells")
    .description("list a preset's cells, or the scenarios")
    .argument("[preset]", Object.keys(presets).join(" or "))
    .option("--json", "print one JSON value, for programs")
    .action((name: string | undefined, { json }: JsonOption) => {
      if (name === undefined) {
        const all = Object.values(scenarios).map(({ task, says }) => ({ task, says }));
        if (json === true) return print(JSON.stringify(all));
        for (const { task, says } of all) print(`${task}: ${says}`);
        return;
      }
      const preset = Object.hasOwn(presets, name) ? presets[name] : undefined;
      if (preset === undefined) {
        end.code = 2;
        process.stderr.write(`error: no preset is named ${name}\n`);
        return;
      }
      if (json === true) return print(JSON.stringify(preset()));
      for (const cell of preset()) print(cellName(cell));
    });
}
