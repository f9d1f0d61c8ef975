/** A trust root, and what a drafted version of it changes, on a terminal. */
import {
  inert,
  inertAscii,
  isRefused,
  keyText,
  quorumMet,
  rootSigners,
  seatsText,
  type TrustRoot,
  verifyEd25519,
} from "@writ/core";
import type { Shell, Tone } from "./shell.ts";
import { table } from "./table.ts";
import type { Drafted } from "./trust-draft.ts";

/** How far one version's quorum has signed a draft. */
export type Standing = {
  readonly version: number;
  readonly signed: readonly string[];
  readonly met: boolean;
  readonly says: string;
};

/** The whole of a trust root, for people. */
export function rootText(shell: Shell, { digest, document }: TrustRoot): string {
  const { number, name, witnessThreshold, silenceSeconds, watchSeconds } = document;
  const principals = document.principals.flatMap(({ name: who, kind, host, keys }) =>
    keys.map((key) => [who, kind, host ?? "", keyText(key, document)]),
  );
  const seats = [
    ...document.quorums.map((one) => [one.action as string, seatsText(one.seats)]),
    ["this trust root", seatsText(document.amendment)],
  ];
  const rules = [
    ["witnesses that must cosign", String(witnessThreshold)],
    ["a silent probe is told after", `${silenceSeconds} s`],
    ["a writ stays watched for", `${watchSeconds} s`],
    ["people's keys in software", document.softwareKeys ? "admitted" : "refused"],
    ...passkeyRows(document),
  ];
  const columns = (...heads: readonly string[]) => heads.map((head) => ({ head, wraps: true }));
  return [
    `version ${number} of the trust root of ${inertAscii(name)}\n  digest  ${digest}\n`,
    table(shell, columns("who", "is", "host", "key"), principals),
    table(
      shell,
      columns("group", "members"),
      document.groups.map((group) => [group.name, group.members.join(", ")]),
    ),
    table(shell, columns("to order or change", "must agree"), seats),
    table(shell, columns("rule", "is"), rules),
    ...(document.policy === undefined
      ? []
      : [
          `policy, for ${document.policy.engine}\n${policyText(document.policy.text).join("\n")}\n`,
        ]),
  ].join("\n");
}

function passkeyRows({ passkeys }: TrustRoot["document"]): readonly string[][] {
  if (passkeys === undefined) return [["passkeys", "none are known"]];
  const made = passkeys.authenticators.map(({ name }) => inertAscii(name)).join(", ");
  return [
    ["passkeys of", passkeys.relyingParty],
    ["used at", passkeys.origins.join(", ")],
    ["made by", made === "" ? "no make is admitted as hardware" : made],
  ];
}

const tones: { readonly [K in Drafted["changes"][number]["kind"]]: Tone } = {
  allows: "warning",
  ends: "plain",
  alters: "faint",
};
const headings = { allows: "newly allowed", ends: "no longer so", alters: "otherwise" } as const;

/** What a draft changes, newly allowed first, with the phrase to compare screens by. */
export function changesText(shell: Shell, { before, next, changes, phrase }: Drafted): string {
  const half = Math.ceil(phrase.length / 2);
  const blocks = (["allows", "ends", "alters"] as const).flatMap((kind) => {
    const lines = changes.filter((change) => change.kind === kind);
    if (lines.length === 0) return kind === "allows" ? ["", "newly allowed: nothing"] : [];
    return [
      "",
      shell.tone("strong", headings[kind]),
      ...lines.map(({ text }) => `  ${shell.tone(tones[kind], text)}`),
    ];
  });
  const title = `trust root: version ${before.document.number} -> ${next.document.number}`;
  return `${[
    shell.tone("strong", title),
    "",
    `  phrase  ${phrase.slice(0, half).join(" ")}`,
    `          ${phrase.slice(half).join(" ")}`,
    `  digest  ${next.digest}`,
    ...blocks,
    ...policyLines(shell, before, next),
  ].join("\n")}\n\n`;
}

/** The new policy whole: what it comes to is told above, and whoever signs may read why. */
function policyLines(shell: Shell, before: TrustRoot, next: TrustRoot): readonly string[] {
  const { policy } = next.document;
  if (policy === undefined || before.document.policy?.text === policy.text) return [];
  return ["", shell.tone("strong", `the policy, for ${policy.engine}`), ...policyText(policy.text)];
}

function policyText(text: string): readonly string[] {
  return text.split("\n").map((line) => `  ${inert(line)}`);
}

/** Whose signatures a draft bears, and whether each version's quorum is met. */
export function standingOf({ before, next, entry }: Drafted): readonly Standing[] {
  return [before, next].map((root) => {
    const signers =
      entry === undefined ? new Set<string>() : rootSigners(root, entry, verifyEd25519);
    const version = root.document.number;
    if (isRefused(signers)) {
      return { version, signed: [], met: false, says: `version ${version}: ${signers.detail}` };
    }
    const signed = [...signers];
    const met = quorumMet(root, root.document.amendment, signers);
    const asks = seatsText(root.document.amendment);
    const who = signed.length === 0 ? "nobody" : signed.join(", ");
    const enough = met ? ", which is enough" : "";
    const says = `version ${version} asks for ${asks}: ${who} signed${enough}`;
    return { version, signed, met, says };
  });
}

/** The standing in lines. */
export function standingText(shell: Shell, standing: readonly Standing[]): string {
  return standing.map(({ says, met }) => shell.tone(met ? "good" : "plain", says)).join("\n");
}
