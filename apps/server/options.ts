/** What the server is told when it starts: flags, or environment variables of the same names. */
import { parseArgs } from "node:util";
import { type Refused, refused } from "@writ/core";

export const usage = `usage: server init --data DIR
       server run  --data DIR [--listen HOST:PORT] [--store sqlite|postgres://…] [--witness URL…]
  --data DIR          the server's own folder: keys, and a SQLite journal (WRIT_SERVER_DATA)
  --listen HOST:PORT  default 127.0.0.1:0, which takes a free port (WRIT_SERVER_LISTEN)
  --store STORE       default sqlite; for a database with a password use WRIT_SERVER_STORE
  --witness URL       a witness's submission prefix; repeat (WRIT_SERVER_WITNESS, by spaces)
  --host-name NAME    a name that clients use for this server, beside its address; repeat
`;

export type Options = {
  readonly command: "init" | "run";
  readonly data: string;
  readonly host: string;
  readonly port: number;
  readonly store: string;
  readonly witnesses: readonly string[];
  readonly hostNames: readonly string[];
};

const one = { type: "string" } as const;
const many = { type: "string", multiple: true } as const;

/** Reads the options, or says which of them is wrong. */
export function readOptions(
  args: readonly string[],
  environment: { readonly [name: string]: string | undefined },
): Options | Refused {
  const [command, ...rest] = args;
  if (command !== "init" && command !== "run") {
    return refused("malformed", "the first word is init or run");
  }
  let flags: Flags;
  try {
    flags = parseArgs({
      args: rest,
      options: { data: one, listen: one, store: one, witness: many, "host-name": many },
    }).values;
  } catch (error) {
    return refused("malformed", (error as Error).message);
  }
  const data = flags.data ?? environment.WRIT_SERVER_DATA;
  if (data === undefined || data === "") return refused("malformed", "--data is missing");
  const listen = flags.listen ?? environment.WRIT_SERVER_LISTEN ?? "127.0.0.1:0";
  const [, host, port] = /^(\[[0-9a-fA-F:.]+\]|[^:]+):([0-9]{1,5})$/.exec(listen) ?? [];
  if (host === undefined || Number(port) > 65_535) {
    return refused("malformed", "--listen is not HOST:PORT");
  }
  const store = flags.store ?? environment.WRIT_SERVER_STORE ?? "sqlite";
  if (store !== "sqlite" && !/^postgres(ql)?:\/\//.test(store)) {
    return refused("malformed", "--store is neither sqlite nor postgres://…");
  }
  const witnesses = flags.witness ?? words(environment.WRIT_SERVER_WITNESS);
  const stranger = witnesses.find((url) => !/^https?:\/\/./.test(url) || !URL.canParse(url));
  if (stranger !== undefined) return refused("malformed", "--witness is not an http(s) URL");
  return {
    command,
    data,
    host: host.replace(/^\[|\]$/g, ""),
    port: Number(port),
    store,
    witnesses,
    hostNames: (flags["host-name"] ?? []).map((name) => name.toLowerCase()),
  };
}

type Flags = {
  readonly data?: string;
  readonly listen?: string;
  readonly store?: string;
  readonly witness?: readonly string[];
  readonly "host-name"?: readonly string[];
};

function words(text: string | undefined): readonly string[] {
  return (text ?? "").split(" ").filter((word) => word !== "");
}
