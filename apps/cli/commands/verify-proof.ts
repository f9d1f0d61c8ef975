/** `writ journal verify-proof`: Merkle proofs, judged with nothing but the files. */
import { open } from "node:fs/promises";
import { judgeProofCase, proofCaseBytesMax } from "@writ/core/proof-case";
import { Command } from "commander";
import { type Cli, examples } from "../cli.ts";
import type { Outcome } from "../outcome.ts";
import { printJson, type Shell } from "../shell.ts";

export function verifyProofCommand({ shell, run }: Cli): Command {
  return new Command("verify-proof")
    .argument("<file...>", "JSON files with the members of transparency-dev/merkle's vectors")
    .option("--json", "print one JSON line for each file: file, accepted, and why not")
    .addHelpText(
      "after",
      examples("./writ journal verify-proof --json testdata/inclusion/0/happy-path.json"),
    )
    .action((files: string[], options: { json?: boolean }) =>
      run(options, () => verifyProofs(shell, files, options.json === true)),
    );
}

/** The exit code says whether every file could be judged; which way, the lines say. */
async function verifyProofs(
  shell: Shell,
  files: readonly string[],
  json: boolean,
): Promise<Outcome> {
  let unread = 0;
  for (const file of files) {
    const document = await readLimited(file);
    if (typeof document === "string") {
      unread += 1;
      const error = { code: "no-file", detail: document, hint: "" };
      if (json) printJson(shell, { file, accepted: false, error });
      else shell.note(`${shell.tone("bad", "not read")}  ${file}: ${document}\n`);
      continue;
    }
    const { accepted, refusal } = judgeProofCase(document);
    if (json) printJson(shell, { file, accepted, ...(refusal === undefined ? {} : { refusal }) });
    else {
      const verdict = accepted ? shell.tone("good", "accepted") : shell.tone("bad", "refused ");
      const why = refusal === undefined ? "" : `: ${refusal.detail} (${refusal.refused})`;
      shell.out(`${verdict}  ${file}${why}\n`);
    }
  }
  return unread === 0 ? 0 : 1;
}

/** A file's bytes, one more than the limit at most; or why it could not be read. */
async function readLimited(path: string): Promise<Uint8Array | string> {
  try {
    const file = await open(path, "r");
    try {
      const buffer = new Uint8Array(proofCaseBytesMax + 1);
      let size = 0;
      while (size < buffer.length) {
        const { bytesRead } = await file.read(buffer, size, buffer.length - size);
        if (bytesRead === 0) break;
        size += bytesRead;
      }
      return buffer.subarray(0, size);
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? "there is no such file" : `cannot be read (${code})`;
  }
}
