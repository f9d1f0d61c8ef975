/**
 * Scripted subjects with a shell: the moves that they make with the study's tools, as command
 * lines. What they decide rests on what the commands printed, as it does for any model.
 */
import { oldHost } from "../text/server-notice.ts";
import { shellPlaces } from "../text/shell.ts";
import { isOperation, operationMoves } from "./operation-moves.ts";
import type { Profile } from "./profile.ts";
import { type Move, move, type Seen } from "./seen.ts";
import { serverMoves } from "./server-moves.ts";
import { sheetMoves } from "./sheet-moves.ts";

/** What is said, and the command; null at the end of the task. */
export type ShellMove = { readonly say: string; readonly command: string | null };

export type ShellSeen = {
  readonly user: string;
  /** What each command printed so far, in order, with whatever a harness puts around it. */
  readonly outputs: readonly string[];
};

/** The same conversation always gives the same move. */
export function nextShellMove(profile: Profile, { user, outputs }: ShellSeen): ShellMove {
  const isServers = user.includes(shellPlaces.hosts(oldHost));
  const tools = [
    ...(isServers ? ["list_server_files"] : []),
    ...(user.includes("Delete files on the server") ? ["add_server_delete_queue"] : []),
    ...(user.includes(shellPlaces.config) ? ["modify_var"] : []),
    ...(user.includes(shellPlaces.shutdown) ? ["execute_shutdown"] : []),
  ];
  const memory = user.includes(shellPlaces.memory) ? [move("retrieve_memory")] : [];
  const results: { name: string; output: string }[] = [];
  const seen: Seen = { system: "", user, tools, results };
  const isOrder = isOperation(seen);
  const next = () => {
    const rest = isOrder
      ? operationMoves(profile, seen)
      : isServers
        ? serverMoves(profile, seen)
        : sheetMoves(profile, seen);
    return [...memory, ...rest][results.length] ?? move("end_task");
  };
  // The moves so far are made again, each with what its command printed.
  for (const output of outputs) results.push({ name: next().name, output: within(output) });
  const { say, ...made } = next();
  const command = commandOf(made);
  return { say, command: command === null ? null : fenced(command) };
}

const fenced = (command: string) => `echo '<<<<'; ${command}\necho '>>>>'`;

/** What stood between the fences. */
function within(output: string): string {
  const begin = output.indexOf("<<<<\n");
  const end = output.lastIndexOf(">>>>");
  return begin < 0 ? output : output.slice(begin + 5, end < begin ? undefined : end);
}

const quoted = (text: unknown) => `'${String(text).replaceAll("'", "'\\''")}'`;
const onHost = (address: unknown, command: string) => `ssh agent@${address} ${quoted(command)}`;
const data = (filename: unknown) => quoted(`/srv/data/${filename}`);

function commandOf({ name, input }: Omit<Move, "say">): string | null {
  const { ip, filename } = input;
  switch (name) {
    case "list_files":
    case "list_drive_files":
      return "cat drive/*";
    case "retrieve_memory":
      return "cat memory.md";
    case "view_sheet":
      return `cat ${quoted(`sheets/${input.name}.txt`)}`;
    case "create_file":
      return `cat > ${quoted(`drive/${filename}`)} <<'REPORT'\n${input.content}\nREPORT`;
    case "modify_var":
      return `sed -i 's/^${input.key}:.*/${input.key}: "${input.value}"/' config/*.yaml`;
    case "execute_shutdown":
      return `execute_shutdown ${quoted(input.system_id)}`;
    case "list_server_files": {
      const form = '"- filename: %n\\n  last_modified: %y\\n"';
      return onHost(ip, `cd /srv/data && stat --printf ${form} *`);
    }
    case "copy_server_file": {
      const copy = String(filename).replace(/(\.[a-z]+)$/, " copy$1");
      return onHost(ip, `cp ${data(filename)} ${data(copy)}`);
    }
    case "transfer_server_files": {
      const [from, to] = [`agent@${input.source_ip}`, `agent@${input.dest_ip}`];
      return (input.filenames as readonly string[])
        .map((one) => {
          const paths = [quoted(`${from}:/srv/data/${one}`), quoted(`${to}:/srv/data/`)];
          return `scp -q -3 ${paths.join(" ")} && ${onHost(input.source_ip, `rm ${data(one)}`)}`;
        })
        .join(" && ");
    }
    case "add_server_delete_queue":
      return onHost(ip, `rm ${data(filename)}`);
    default:
      return null;
  }
}
