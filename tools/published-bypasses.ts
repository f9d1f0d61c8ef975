/** Defects that were published of other systems, and the tests that show that Writ has them not. */
import type { Line } from "./security-case.ts";

const laws = "packages/core/estate/laws.property.test.ts";
const rollback = "packages/core/estate/rollback.test.ts";
const refusals = "packages/core/admission/refusals.test.ts";
const quorum = "packages/core/authority/quorum.property.test.ts";
const rootChange = "packages/core/authority/root-change.test.ts";
const passkey = "packages/core/admission/passkey.test.ts";
const executor = "apps/executor/executor.test.ts";
const crash = "apps/executor/crash.test.ts";
const script = "apps/executor/drivers/deployments/script.test.ts";
const ollama = "apps/executor/drivers/deployments/ollama.test.ts";
const systemd = "apps/executor/drivers/systemd-service.test.ts";
const law3 = "law 3: fulfilled means seen since execution, everywhere, with nothing against it";

export const bypasses: readonly Line[] = [
  {
    source: "Teleport #7663, git-proxy #1350",
    asks: "The one who asks approves, or an administrator may.",
    holds: "The proposer's approval does not count, and there is no administrator.",
    shown: [
      { file: rollback, tests: ["counts neither the proposer's approval nor one person twice"] },
    ],
  },
  {
    source: "OpenBao control groups",
    asks: "One person in two groups fills a seat of each.",
    holds: "People are matched to seats, one chair each.",
    shown: [{ file: quorum, tests: ["one person in two groups fills one seat"] }],
  },
  {
    source: "CVE-2020-6174, CVE-2020-15093",
    asks: "One key counts twice.",
    holds: "A key is known by its material, and belongs to one person.",
    shown: [{ file: quorum, tests: ["knows one key in two wrappings as one key"] }],
  },
  {
    source: "GHSA-fphv-w9fq-2525",
    asks: "A threshold of zero is met by nobody.",
    holds: "Thresholds are at least one, for people and for witnesses.",
    shown: [
      { file: refusals, tests: ["malformed/threshold-zero"] },
      {
        file: "packages/core/tlog/cosignature.test.ts",
        tests: ["a threshold below one, or no number, is never met"],
      },
    ],
  },
  {
    source: "OpenClaw #124738, CVE-2025-54136",
    asks: "One thing is approved, another is executed.",
    holds: "The steps are in the writ; places are read before the effect, under its digests.",
    shown: [
      { file: executor, tests: ["shows a quorum on a writ of other steps than were signed"] },
      { file: executor, tests: ["a place that is not as signed fails the step, and stays"] },
      { file: script, tests: ["a script of other bytes, or behind a symlink, is never run"] },
      {
        file: script,
        tests: ["one that rewrites its own path while it runs changes nothing of what runs"],
      },
      { file: ollama, tests: ["a name that means other bytes than were signed is not copied"] },
    ],
  },
  {
    source: "HumanLayer, GitHub rulesets",
    asks: "An old approval, or one of a denied request, is used again.",
    holds: "A denial is final, an approval is of one writ, and a writ is carried out once.",
    shown: [
      {
        file: rollback,
        tests: ["is denied for good, vetoed before the fence, and neither after it"],
      },
      { file: refusals, tests: ["writ-closed/approve", "already-decided/approve"] },
    ],
  },
  {
    source: "alien-id #99",
    asks: "An agent holds a passkey and presents it by itself.",
    holds: "An authenticator of no attested make is a software key; its copy is told by its count.",
    shown: [
      { file: passkey, tests: ["a person signs with a passkey; its copy is told by its count"] },
    ],
  },
  {
    source: "Cedar, OpenShell",
    asks: "A policy widens what people may do, and nobody sees it in its text.",
    holds:
      "It is in the trust root; both are asked for everyone, every act and component, and the " +
      "difference is shown. Executors judge by it themselves; an error in a rule is a no.",
    shown: [
      {
        file: "packages/node/cedar-engine.test.ts",
        tests: [
          "a change is told by what it comes to, for all there is and for what comes later",
          "a barred agent's proposal is refused at admission, and a human's is not",
          "another policy is another trust root: …",
          "without an engine, nothing that a policy has a say in is admitted",
          "a policy is unreadable: …",
        ],
      },
      { file: executor, tests: ["has a writ approved by somebody whom the policy bars"] },
    ],
  },
  {
    source: "harness-engineering #1650",
    asks: "An agent signs beside humans, or does through its tools what its role may not.",
    holds: "Its door has three tools, and its key no other right; unknown members are refused.",
    shown: [{ file: "apps/cli/sessions.test.ts", tests: ["session …"] }],
  },
  {
    source: "GHSA-6hxq-p678-4hr2, W10",
    asks: "A key in software, or vouched for by nobody's root, is enrolled as hardware.",
    holds: "A make counts if its own root, named in the trust root, vouches for this very key.",
    shown: [
      {
        file: "packages/node/passkey-attestation.test.ts",
        tests: [
          "enrolment refuses …",
          "a make with no roots proves nothing, whoever signed its certificate",
          "no trust root may list a virtual authenticator as hardware",
        ],
      },
    ],
  },
  {
    source: "AWS MPA, TUF",
    asks: "Whoever may approve is changed by others, or a loosened rule passes unseen.",
    holds: "Each version is signed by the quorums before and after, told what it newly allows.",
    shown: [
      {
        file: rootChange,
        tests: [
          "a root is signed by the quorum before it and by its own, not by one of them",
          "a looser rule is told as newly allowed, a stricter one as ended",
          "a required signer is a group of one, and fills no other seat",
        ],
      },
    ],
  },
  {
    source: "agent-governance-toolkit #3805",
    asks: "Whoever acts signs that it was allowed and done.",
    holds: "What the executor says is a claim. Only a probe's look, begun later, fulfils.",
    shown: [
      { file: laws, tests: [law3] },
      { file: rollback, tests: ["is not fulfilled by a look that began before it was executed"] },
    ],
  },
  {
    source: "ADR-0030, TigerBeetle",
    asks: "A crash between effect and record does the effect twice, or says it was not done.",
    holds:
      "Intent before effect; in doubt the executor says so, reads again, and says what it read.",
    shown: [
      {
        file: crash,
        tests: ["at …, time …", "in doubt it says so, reads again"],
      },
      { file: systemd, tests: ["a restart is ordered once"] },
    ],
  },
];
