/**
 * What an agent may do: propose, claim, and see how its own proposals stand. There is no tool to
 * approve, to register or to read what others said; an agent's key could not do it either, since
 * admission knows its role.
 */
import {
  type BodyOf,
  inertAscii,
  isRefused,
  type JsonObject,
  shape,
  writActions,
} from "@writ/core";
import { type Connection, type Speaker, say } from "./connection.ts";
import { isProblem, type Problem, problem, refusalProblem } from "./outcome.ts";
import { drawnWrit } from "./writ-drawing.ts";

export type AgentTool = {
  readonly name: string;
  readonly description: string;
  /** JSON Schema, for the agent to read; what counts is what the shape takes. */
  readonly inputSchema: { readonly type: "object"; readonly [member: string]: unknown };
  readonly call: (given: JsonObject) => Promise<object | Problem>;
};

export type AgentParts = {
  readonly connection: Connection;
  readonly speaker: Speaker;
  /** The agent's name in the trust root. */
  readonly name: string;
  readonly now: () => number;
};

const daySeconds = 86_400;

const proposed = shape.object({
  action: shape.oneOf(...writActions),
  component: shape.text(128),
  from: shape.optional(shape.text(128)),
  to: shape.optional(shape.text(128)),
  reason: shape.text(4096),
  expires_in_seconds: shape.optional(shape.integer(60, 30 * daySeconds)),
});

const claimed = shape.object({
  says: shape.oneOf("completed", "inventory", "note"),
  writ: shape.optional(shape.digest),
  host: shape.optional(shape.text(128)),
  releases: shape.optional(
    shape.list(
      shape.object({
        component: shape.text(128),
        release: shape.text(128),
        running: shape.boolean,
      }),
      500,
    ),
  ),
  note: shape.optional(shape.text(4096)),
});

const nothing = shape.object({});

/** The three tools of one agent. */
export function agentTools(parts: AgentParts): readonly AgentTool[] {
  return [
    tool(proposed, proposeSays, (asked) => propose(parts, asked)),
    tool(claimed, claimSays, (said) => claim(parts, said)),
    tool(nothing, proposalsSays, () => ownProposals(parts)),
  ];
}

type Says = Pick<AgentTool, "name" | "description" | "inputSchema">;

const string = (description: string) => ({ type: "string", description });

const proposeSays: Says = {
  name: "propose",
  description:
    "Propose that a component be rolled back, replaced or decommissioned. Humans read it whole " +
    "and decide; nothing happens before a quorum of them has signed.",
  inputSchema: {
    type: "object",
    additionalProperties: false,
    required: ["action", "component", "reason"],
    properties: {
      action: { type: "string", enum: writActions },
      component: string("its id in the register"),
      from: string("the release to leave"),
      to: string("the release to go to; absent for a decommission"),
      reason: string("why, for the humans who decide"),
      expires_in_seconds: { type: "integer", minimum: 60, maximum: 30 * daySeconds },
    },
  },
};

const claimSays: Says = {
  name: "claim",
  description:
    "Say that a writ is completed, what a host holds, or anything. It stands under your key, " +
    "held against what probes see, and changes nothing by itself.",
  inputSchema: {
    type: "object",
    additionalProperties: false,
    required: ["says"],
    properties: {
      says: { type: "string", enum: ["completed", "inventory", "note"] },
      writ: string("sha256:…, if a writ is said to be completed"),
      host: string("the host whose inventory is told"),
      releases: {
        type: "array",
        items: {
          type: "object",
          additionalProperties: false,
          required: ["component", "release", "running"],
          properties: {
            component: { type: "string" },
            release: { type: "string" },
            running: { type: "boolean" },
          },
        },
      },
      note: string("anything else"),
    },
  },
};

const proposalsSays: Says = {
  name: "own_proposals",
  description: "How your own proposals stand: digest, action, component, state.",
  inputSchema: { type: "object", additionalProperties: false, properties: {} },
};

function tool<T>(
  takes: shape.Shape<T>,
  says: Says,
  call: (given: T) => Promise<object | Problem>,
): AgentTool {
  return {
    ...says,
    call: async (given) => {
      const read = shape.read(takes, given, "arguments");
      return isRefused(read) ? problem(read.refused, inertAscii(read.detail)) : call(read);
    },
  };
}

async function propose(
  { connection, speaker, now }: AgentParts,
  { expires_in_seconds: expires = daySeconds, ...asked }: shape.Shaped<typeof proposed>,
): Promise<object | Problem> {
  const drawn = await drawnWrit(connection, speaker, { ...asked, expires });
  if (isProblem(drawn)) return drawn;
  const { bytes, rendered } = drawn;
  const body = { kind: "proposal", writ: rendered.digest } as const;
  const said = await say(connection, speaker, { body, blobs: [bytes], now: now() });
  if (isProblem(said)) return said;
  return { writ: rendered.digest, title: rendered.title, entry: said.index, state: "drafted" };
}

async function claim(
  { connection, speaker, now }: AgentParts,
  said: shape.Shaped<typeof claimed>,
): Promise<object | Problem> {
  const body: BodyOf<"claim"> = { kind: "claim", ...said };
  const entered = await say(connection, speaker, { body, now: now() });
  return isProblem(entered) ? entered : { entry: entered.index };
}

async function ownProposals({ connection, name }: AgentParts): Promise<object | Problem> {
  const writs = await connection.api.writs();
  if (isRefused(writs)) return refusalProblem(writs);
  const own = writs.filter(({ proposer }) => proposer === name);
  return {
    proposals: own.map(({ digest, action, component, from, to, state, expires }) => ({
      writ: digest,
      action,
      component,
      from,
      ...(to === undefined ? {} : { to }),
      state,
      expires,
    })),
  };
}
