/**
 * The security case: what others found can go wrong between an approval and what is done, and the
 * tests that show that it does not here. `docs/security-case.md` is written from this list; a test
 * fails if a test that it names is gone, or if the page says otherwise.
 *
 * Sources: OWASP AISVS 1.01-dev, chapters C9.2 and C9.6; and defects published of other systems.
 */

import { bypasses } from "./published-bypasses.ts";

type Shown = {
  readonly file: string;
  /** Names in that file; `…` stands for what a loop puts there. */
  readonly tests: readonly string[];
};

export type Line = {
  /** The number in AISVS, or where the defect was published. */
  readonly source: string;
  readonly asks: string;
  readonly holds: string;
  readonly shown: readonly Shown[];
};

export type Chapter = { readonly heading: string; readonly lines: readonly Line[] };

const laws = "packages/core/estate/laws.property.test.ts";
const refusals = "packages/core/admission/refusals.test.ts";
const rendering = "packages/core/authority/rendering.test.ts";
const quorum = "packages/core/authority/quorum.property.test.ts";
const passkey = "packages/core/admission/passkey.test.ts";
const webauthn = "packages/core/signature/webauthn.test.ts";
const sshsig = "packages/core/signature/sshsig.test.ts";
const executor = "apps/executor/executor.test.ts";

const beforeQuorum = "does nothing before the quorum, nor on an order that no witness has seen";
const law2 = "law 2: nothing is begun without a quorum of humans, none of them the proposer";

const aisvs: readonly Line[] = [
  {
    source: "9.2.1",
    asks: "Execution waits for explicit human approval, which is verified.",
    holds: "The executor verifies the quorum itself, from the journal, against its own pin.",
    shown: [
      { file: laws, tests: [law2] },
      { file: executor, tests: [beforeQuorum] },
    ],
  },
  {
    source: "9.2.2",
    asks: "The approver sees canonical, complete parameters, nothing cut.",
    holds: "One pure rendering of the very bytes that are signed, inert whatever they say.",
    shown: [
      {
        file: rendering,
        tests: [
          "every member of a … document stands in what the human reads",
          "whatever a writ says, nothing in it acts on the screen",
        ],
      },
    ],
  },
  {
    source: "9.2.3, 9.2.4",
    asks: "How reversible an action is comes from a trusted list, and is enforced.",
    holds: "Each action has its own quorum in the signed trust root; one that has none is refused.",
    shown: [{ file: quorum, tests: ["is refused with …", "of no seats is never met"] }],
  },
  {
    source: "9.2.6, 9.2.7",
    asks: "Review by an AI may add to the deterministic gate, never replace it.",
    holds: "Agents propose and claim. A claim does not run the code that moves a writ.",
    shown: [
      { file: laws, tests: ["law 1: a claim changes nothing"] },
      { file: refusals, tests: ["wrong-role/agent-approves"] },
    ],
  },
  {
    source: "9.2.8",
    asks: "An approval is bound to parameters, requester, context and a single-use nonce.",
    holds: "It names the digest of the whole writ, in one estate, at one place of its key's chain.",
    shown: [
      { file: refusals, tests: ["wrong-estate/other", "stale-inventory/fewer-places"] },
      { file: executor, tests: ["a place that is not as signed fails the step, and stays"] },
    ],
  },
  {
    source: "9.2.9",
    asks: "The agent's runtime cannot reach the keys that approve.",
    holds: "Keys live on a device that verifies its user; one that may be copied signs nothing.",
    shown: [
      { file: webauthn, tests: ["an assertion is refused: …"] },
      { file: passkey, tests: ["a passkey of no attested make is a software key"] },
      { file: sshsig, tests: ["security key, …: touch is required, verification is told"] },
    ],
  },
  {
    source: "9.2.10, 9.2.11",
    asks: "A chain of actions has the gravest one's class; leaving the approved chain stops it.",
    holds: "A writ lists every step. Steps that do not follow from the register are refused.",
    shown: [
      { file: refusals, tests: ["wrong-plan/fewer-steps", "out-of-order/second-step"] },
      {
        file: executor,
        tests: ["has a writ approved whose steps do not follow from the register"],
      },
    ],
  },
  {
    source: "9.6.1",
    asks: "A human can stop it by hand.",
    holds: "Veto works until the effect fence, also one that overtakes the executor's intent.",
    shown: [
      {
        file: executor,
        tests: [
          "does nothing after a veto",
          "a veto that overtakes the intent is before the fence: nothing is done",
        ],
      },
    ],
  },
  {
    source: "9.6.2",
    asks: "No answer in time means no.",
    holds: "Expiry by witnessed time, and by the executor's own clock, whichever is first.",
    shown: [
      { file: executor, tests: ["either clock ends a writ's time"] },
      { file: refusals, tests: ["writ-expired/approve"] },
    ],
  },
  {
    source: "9.6.3",
    asks: "The order to stop travels where the agent's runtime has no hand in it.",
    holds: "The executor reads the journal by itself, and nothing that a server says beside it.",
    shown: [{ file: executor, tests: ["is of another estate: not one entry is believed"] }],
  },
];

export const securityCase: readonly Chapter[] = [
  { heading: "OWASP AISVS 1.01-dev, C9.2 and C9.6", lines: aisvs },
  { heading: "Published bypasses", lines: bypasses },
];

/** The page, as GitHub shows it. */
export function renderSecurityCase(chapters: readonly Chapter[]): string {
  const head = [
    "# Security case",
    "",
    "What must hold between an approval and what is done, and the tests that show it.",
    "Written by `UPDATE=1 node tools/security-case.test.ts`; `./check` fails when a test is gone.",
  ];
  const body = chapters.flatMap(({ heading, lines }) => [
    "",
    `## ${heading}`,
    ...lines.flatMap(({ source, asks, holds, shown }) => [
      "",
      `### ${source}`,
      "",
      asks,
      "",
      holds,
      "",
      ...shown.flatMap(({ file, tests }) => tests.map((name) => `- \`${file}\`: ${name}`)),
    ]),
  ]);
  return `${[...head, ...body].join("\n")}\n`;
}
