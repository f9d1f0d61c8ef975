/**
 * Every command with what it is for. A command's own code is loaded when it is the one that was
 * asked for: most of the time of a short command would else go to reading all the others.
 */
import type { Command } from "commander";
import type { Cli } from "./cli.ts";

export type ListedCommand = {
  readonly name: string;
  /** One line, as the list of commands shows it. */
  readonly says: string;
} & (
  | { readonly make: (cli: Cli) => Promise<Command> }
  | { readonly commands: readonly ListedCommand[] }
);

const journalCommands: readonly ListedCommand[] = [
  {
    name: "show",
    says: "list entries: who said what",
    make: async (cli) => (await import("./commands/journal-read.ts")).journalShowCommand(cli),
  },
  {
    name: "checkpoint",
    says: "print the latest checkpoint, after checking it against the trust root",
    make: async (cli) => (await import("./commands/journal-read.ts")).journalCheckpointCommand(cli),
  },
  {
    name: "vkey",
    says: "print the journal's verifier key, as signed-note tools take it",
    make: async (cli) => (await import("./commands/journal-read.ts")).journalVkeyCommand(cli),
  },
  {
    name: "verify-proof",
    says: "judge Merkle proofs (RFC 6962): inclusion and consistency, one file each",
    make: async (cli) => (await import("./commands/verify-proof.ts")).verifyProofCommand(cli),
  },
];

/** In the order in which a person comes to need them. */
export const commandList: readonly ListedCommand[] = [
  {
    name: "up",
    says: "make an estate on this machine, or run it again, and count what is there",
    make: async (cli) => (await import("./commands/up.ts")).upCommand(cli),
  },
  {
    name: "down",
    says: "stop everything that runs of an estate; nothing is lost",
    make: async (cli) => (await import("./commands/down.ts")).downCommand(cli),
  },
  {
    name: "count",
    says: "count what models are there, with no server at all; exit 1 if any is unexplained",
    make: async (cli) => (await import("./commands/count.ts")).countCommand(cli),
  },
  {
    name: "identify",
    says: "say what models are by their values, whatever their name, container or precision",
    make: async (cli) => (await import("./commands/identify.ts")).identifyCommand(cli),
  },
  {
    name: "fingerprint",
    says: "enrol a model, so that identify knows it again in any form",
    make: async (cli) => (await import("./commands/fingerprint.ts")).fingerprintCommand(cli),
  },
  {
    name: "register",
    says: "say, or show, what ought to exist and run",
    make: async (cli) => (await import("./commands/register.ts")).registerCommand(cli),
  },
  {
    name: "trust",
    says: "show who may sign what, and change it by the quorums before and after",
    make: async (cli) => (await import("./commands/trust.ts")).trustCommand(cli),
  },
  {
    name: "order",
    says: "draw a writ, show it whole, and propose it for signature",
    make: async (cli) => (await import("./commands/order.ts")).orderCommand(cli),
  },
  {
    name: "approve",
    says: "read a writ whole, and sign it",
    make: async (cli) => (await import("./commands/decide.ts")).decideCommand(cli, "approve"),
  },
  {
    name: "deny",
    says: "refuse a writ; a denial is final",
    make: async (cli) => (await import("./commands/decide.ts")).decideCommand(cli, "deny"),
  },
  {
    name: "veto",
    says: "stop a writ before its first effect",
    make: async (cli) => (await import("./commands/decide.ts")).decideCommand(cli, "veto"),
  },
  {
    name: "status",
    says: "say how the estate stands, or how one writ does; exit 1 if a person is needed",
    make: async (cli) => (await import("./commands/status.ts")).statusCommand(cli),
  },
  {
    name: "findings",
    says: "list contradictions between register, claims, sight and writs; exit 1 if any",
    make: async (cli) => (await import("./commands/findings.ts")).findingsCommand(cli),
  },
  {
    name: "diff",
    says: "say what appeared, ended and changed between two moments of the journal",
    make: async (cli) => (await import("./commands/diff.ts")).diffCommand(cli),
  },
  {
    name: "notify",
    says: "tell people of findings: mail, webhooks, Slack, PagerDuty; with a test button",
    make: async (cli) => (await import("./commands/notify.ts")).notifyCommand(cli),
  },
  {
    name: "hosts",
    says: "list hosts: when each probe was heard, and what it could and could not see",
    make: async (cli) => (await import("./commands/hosts.ts")).hostsCommand(cli),
  },
  {
    name: "challenge",
    says: "ask a host's probe to prove that it reads a file now, and wait for the answer",
    make: async (cli) => (await import("./commands/challenge.ts")).challengeCommand(cli),
  },
  {
    name: "certificate",
    says: "fetch the certificate of a fulfilled writ, verify it, and keep it as a file",
    make: async (cli) => (await import("./commands/certificate.ts")).certificateCommand(cli),
  },
  {
    name: "verify",
    says: "verify a certificate, offline, and say what it proves and what it does not",
    make: async (cli) => (await import("./commands/verify.ts")).verifyCommand(cli),
  },
  { name: "journal", says: "read and check the journal", commands: journalCommands },
  {
    name: "audit",
    says: "refold the whole journal, check every signature, and compare the server with it",
    make: async (cli) => (await import("./commands/audit.ts")).auditCommand(cli),
  },
  {
    name: "demo",
    says: "play three stories on a small real estate: a rollback, a resistance, a removal",
    make: async (cli) => (await import("./commands/demo.ts")).demoCommand(cli),
  },
  {
    name: "lab",
    says: "measure whether a model, in an operator's role, would protect itself or its peers",
    make: async (cli) => (await import("./commands/lab.ts")).labCommand(cli),
  },
  {
    name: "claim",
    says: "say something as an agent: recorded, held against sight, believed by nobody",
    make: async (cli) => (await import("./commands/claim.ts")).claimCommand(cli),
  },
  {
    name: "mcp",
    says: "let an agent propose and claim over the Model Context Protocol, and nothing else",
    make: async (cli) => (await import("./commands/mcp.ts")).mcpCommand(cli),
  },
];
