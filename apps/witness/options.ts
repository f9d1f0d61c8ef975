/** What the witness is told when it starts: flags, or environment variables of the same names. */
import { parseArgs } from "node:util";
import {
  isRefused,
  noteKeyTypes,
  parseVerifierKey,
  type Refused,
  refused,
  type VerifierKey,
} from "@writ/core";

export const usage = `usage: witness --data DIR --log VKEY [--log VKEY…] [--listen HOST:PORT]
               [--name NAME]
  --data DIR          where its key and what it has seen are kept (WRIT_WITNESS_DATA)
  --log VKEY          a log to follow: its verifier key, named by its origin (WRIT_WITNESS_LOG,
                      several separated by spaces); repeat for more logs, or more keys of one
  --listen HOST:PORT  default 127.0.0.1:0, which takes a free port (WRIT_WITNESS_LISTEN)
  --name NAME         the name it cosigns under, default writ-witness (WRIT_WITNESS_NAME)
`;

export type Options = {
  readonly host: string;
  readonly port: number;
  readonly data: string;
  readonly name: string;
  readonly logs: ReadonlyMap<string, readonly VerifierKey[]>;
};

/** Reads the options, or says which of them is wrong. */
export function readOptions(
  args: readonly string[],
  environment: { readonly [name: string]: string | undefined },
): Options | Refused {
  let flags: { listen?: string; data?: string; name?: string; log?: string[] };
  try {
    const option = { type: "string" } as const;
    flags = parseArgs({
      args: [...args],
      options: { listen: option, data: option, name: option, log: { ...option, multiple: true } },
    }).values;
  } catch (error) {
    return refused("malformed", (error as Error).message);
  }
  const listen = flags.listen ?? environment.WRIT_WITNESS_LISTEN ?? "127.0.0.1:0";
  const [, host, port] = /^(\[[0-9a-fA-F:.]+\]|[^:]+):([0-9]{1,5})$/.exec(listen) ?? [];
  if (host === undefined || Number(port) > 65_535) {
    return refused("malformed", "--listen is not HOST:PORT");
  }
  const data = flags.data ?? environment.WRIT_WITNESS_DATA;
  if (data === undefined || data === "") return refused("malformed", "--data is missing");
  const logs = readLogs(flags.log ?? environment.WRIT_WITNESS_LOG?.split(" ") ?? []);
  if (isRefused(logs)) return logs;
  const name = flags.name ?? environment.WRIT_WITNESS_NAME ?? "writ-witness";
  return { host: host.replace(/^\[|\]$/g, ""), port: Number(port), data, name, logs };
}

function readLogs(texts: readonly string[]): Map<string, VerifierKey[]> | Refused {
  const logs = new Map<string, VerifierKey[]>();
  for (const text of texts.filter((one) => one !== "")) {
    const key = parseVerifierKey(text);
    if (isRefused(key)) return refused(key.refused, `--log: ${key.detail}`);
    if (key.type !== noteKeyTypes.ed25519) {
      return refused("unknown-kind", "--log: not the key of a log (type 0x01)");
    }
    logs.set(key.name, [...(logs.get(key.name) ?? []), key]);
  }
  // A witness without logs would answer 404 to everything: rather a mistake than a wish.
  return logs.size > 0 ? logs : refused("malformed", "--log is missing: no log to follow");
}
