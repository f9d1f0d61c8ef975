/** Having a writ drawn: the server draws, and what it drew is held against what was asked for. */
import {
  digestOf,
  inertAscii,
  isRefused,
  parseWrit,
  type RenderedWrit,
  renderWrit,
  type Writ,
  type WritAction,
} from "@writ/core";
import { bytesOf, type Connection, nameOf, type Speaker } from "./connection.ts";
import { isProblem, type Problem, problem, refusalProblem } from "./outcome.ts";

/** What somebody wants ordered. */
export type WritAsked = {
  readonly action: WritAction;
  readonly component: string;
  readonly from?: string;
  readonly to?: string;
  readonly reason: string;
  /** Seconds from now after which it is void. */
  readonly expires: number;
};

export type DrawnWrit = { readonly bytes: Uint8Array; readonly rendered: RenderedWrit };

/** Has the server draw the writ, and refuses one that is not what was asked for. */
export async function drawnWrit(
  connection: Connection,
  speaker: Speaker,
  asked: WritAsked,
): Promise<DrawnWrit | Problem> {
  const proposer = await nameOf(connection, speaker);
  if (isProblem(proposer)) return proposer;
  const { action, component, from, to, reason, expires } = asked;
  const drawn = await connection.api.draft({
    action,
    component,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    reason,
    proposer: proposer.name,
    expiresInSeconds: expires,
  });
  if (isRefused(drawn)) return refusalProblem(drawn);
  const bytes = bytesOf(drawn.writ);
  if (isProblem(bytes)) return bytes;
  const writ = parseWrit(bytes);
  const rendered = renderWrit(bytes);
  if (isRefused(writ)) return refusalProblem(writ);
  if (isRefused(rendered)) return refusalProblem(rendered);
  const wrong = differs(writ, { ...asked, proposer: proposer.name }, connection);
  if (wrong !== undefined || digestOf(bytes) !== drawn.digest) {
    return problem(
      "wrong-plan",
      `the server drew another writ than was asked for: ${wrong ?? "its digest"}`,
    );
  }
  return { bytes, rendered };
}

/** Which member of a drawn writ is not as asked. The server is not trusted to have listened. */
function differs(
  writ: Writ,
  asked: WritAsked & { readonly proposer: string },
  { estate }: Connection,
): string | undefined {
  if (writ.estate !== estate.estate) return "its estate";
  if (writ.action !== asked.action) return "its action";
  if (writ.component !== asked.component) return "its component";
  if (writ.to?.release !== asked.to) return "the release to go to";
  const from = writ.from.map(({ release }) => release);
  if (asked.from !== undefined && (from.length !== 1 || from[0] !== asked.from)) {
    return "the release to leave";
  }
  if (writ.reason !== asked.reason) return "its reason";
  return writ.proposer === asked.proposer
    ? undefined
    : `its proposer (${inertAscii(writ.proposer)})`;
}
