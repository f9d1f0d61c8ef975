/** What the executor is told when it starts: flags, or environment variables of the same names. */
import { parseArgs } from "node:util";
import { type Digest, isDigest, type Refused, refused } from "@writ/core";

export const usage = `usage: executor init --data DIR
       executor run  --data DIR --server URL --estate sha256:…
                     [--poll-milliseconds N] [--exit-on-distrust]
  --data DIR            the executor's own folder: its key, its operation journal
                        (WRIT_EXECUTOR_DATA)
  --server URL          the server; what it says is checked, never believed (WRIT_EXECUTOR_SERVER)
  --estate DIGEST       digest of the estate's first trust root: what everything is checked against
                        (WRIT_EXECUTOR_ESTATE)
  --poll-milliseconds N how often the journal is read, default 250
  --exit-on-distrust    end with 1 if the journal proves false; default: stay, act never, say so
`;

export type Options =
  | { readonly command: "init"; readonly data: string }
  | {
      readonly command: "run";
      readonly data: string;
      readonly server: string;
      readonly estate: Digest;
      readonly pollMilliseconds: number;
      readonly exitOnDistrust: boolean;
    };

const text = { type: "string" } as const;
const pollMillisecondsMin = 10;
const pollMillisecondsMax = 60_000;

/** Reads the options, or says which of them is wrong. */
export function readOptions(
  args: readonly string[],
  environment: { readonly [name: string]: string | undefined },
): Options | Refused {
  const [command, ...rest] = args;
  if (command !== "init" && command !== "run") {
    return refused("malformed", "the first word is init or run");
  }
  let flags: ReturnType<typeof parseFlags>;
  try {
    flags = parseFlags(rest);
  } catch (error) {
    return refused("malformed", (error as Error).message);
  }
  const data = flags.data ?? environment.WRIT_EXECUTOR_DATA;
  if (data === undefined || data === "") return refused("malformed", "--data is missing");
  if (command === "init") return { command, data };
  const server = flags.server ?? environment.WRIT_EXECUTOR_SERVER ?? "";
  if (!/^https?:\/\/./.test(server) || !URL.canParse(server)) {
    return refused("malformed", "--server is not an http(s) URL");
  }
  const estate = flags.estate ?? environment.WRIT_EXECUTOR_ESTATE;
  if (!isDigest(estate)) return refused("malformed", "--estate is not a sha256 digest");
  const pollMilliseconds = Number(flags["poll-milliseconds"] ?? 250);
  if (!(pollMilliseconds >= pollMillisecondsMin && pollMilliseconds <= pollMillisecondsMax)) {
    return refused("malformed", "--poll-milliseconds is not from 10 to 60000");
  }
  const exitOnDistrust = flags["exit-on-distrust"] ?? false;
  return { command, data, server, estate, pollMilliseconds, exitOnDistrust };
}

function parseFlags(args: string[]) {
  return parseArgs({
    args,
    options: {
      data: text,
      server: text,
      estate: text,
      "poll-milliseconds": text,
      "exit-on-distrust": { type: "boolean" },
    },
  }).values;
}
