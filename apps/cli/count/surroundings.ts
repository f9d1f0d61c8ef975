/** What a count tells besides models: who runs, what labels say, what left, what agents keep. */
import { inertAscii } from "@writ/core/encoding";
import type { Census } from "@writ/core/sight";
import { censusRowsMax } from "../census-table.ts";
import type { Shell } from "../shell.ts";
import { type Column, table } from "../table.ts";
import { agoText, sizeText } from "../words.ts";

type Section = {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
};

/** One table for each of these that there is something of; nothing otherwise. */
export function surroundingsText(shell: Shell, census: Census): string {
  const sections = [programs(census), labels(census), flows(census), gpus(census)];
  return [...sections, instructions(shell, census)].map((one) => sectionText(shell, one)).join("");
}

function sectionText(shell: Shell, { columns, rows }: Section): string {
  if (rows.length === 0) return "";
  const more = rows.length - censusRowsMax;
  const rest = more > 0 ? shell.tone("faint", `and ${more} more (--json has all)\n`) : "";
  return `\n${table(shell, columns, rows.slice(0, censusRowsMax))}${rest}`;
}

function programs({ processes }: Census): Section {
  const rows = processes.flatMap(({ pid, runtimes = [], harnesses = [], ...process }) =>
    [...runtimes, ...harnesses].length === 0
      ? []
      : [
          [
            [...runtimes, ...harnesses].map(({ name }) => name).join(", "),
            String(pid),
            inertAscii(process.command.join(" ").slice(0, 200)),
            process.container === undefined
              ? ""
              : `${process.engine ?? "container"} ${process.container.slice(0, 12)}`,
          ],
        ],
  );
  const columns = [
    { head: "runs", wraps: true },
    { head: "pid", align: "right" },
    { head: "command, as it says", wraps: true },
    { head: "in" },
  ] as const;
  return { columns, rows };
}

function labels({ labels: told = [], masses }: Census): Section {
  const digests = new Map(
    masses.flatMap(({ names, digest }) => names.map((name) => [name, digest])),
  );
  const rows = told.map(({ store, name, path, digest, there }) => {
    const isOther = digest !== undefined && there && digests.get(path) !== digest;
    const state = there ? (isOther ? "OTHER BYTES THAN IT SAYS" : "") : "nothing lies there";
    return [store, inertAscii(name ?? "no label names it"), inertAscii(path), state];
  });
  const columns = [
    { head: "store" },
    { head: "calls it", wraps: true },
    { head: "where", wraps: true },
    { head: "", wraps: true },
  ] as const;
  return { columns, rows };
}

/** Those alone whose sender had weights in hand: a host has thousands of others. */
function flows({ flows: told = [] }: Census): Section {
  const rows = told.flatMap(({ remote, sent = 0, parties, carried }) => {
    const sender = parties.find(({ how }) => how === "itself");
    return carried.length === 0
      ? []
      : [
          [
            inertAscii(`pid ${sender?.pid ?? "?"} (${sender?.command.slice(0, 100) ?? "gone"})`),
            remote,
            sizeText(sent),
            inertAscii([...new Set(carried.map(({ path }) => path))].join(", ")),
          ],
        ];
  });
  const columns = [
    { head: "sends", wraps: true },
    { head: "to" },
    { head: "sent", align: "right" },
    { head: "with this in hand", wraps: true },
  ] as const;
  return { columns, rows };
}

function gpus({ gpus: told = [] }: Census): Section {
  const rows = told.flatMap(({ device, driver, name, users }) => {
    const what = [inertAscii(device), inertAscii(name ?? driver)];
    if (users.length === 0) return [[...what, "", ""]];
    return users.map(({ pid, memory, computes }) => [
      ...what,
      `pid ${pid}${computes === true ? ", computes" : ""}`,
      memory === undefined ? "?" : sizeText(memory),
    ]);
  });
  const columns = [
    { head: "device" },
    { head: "model", wraps: true },
    { head: "used by" },
    { head: "memory", align: "right" },
  ] as const;
  return { columns, rows };
}

function instructions(shell: Shell, { instructions: told = [] }: Census): Section {
  const rows = told.map(({ path, harness, role, size, changed }) => [
    harness === "any" ? "agents" : harness,
    role,
    inertAscii(path),
    sizeText(size),
    agoText(Date.parse(changed), shell.now()),
  ]);
  const columns = [
    { head: "kept for" },
    { head: "as" },
    { head: "where", wraps: true },
    { head: "size", align: "right" },
    { head: "since" },
  ] as const;
  return { columns, rows };
}
