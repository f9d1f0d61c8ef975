/**
 * A human's signature by an SSH key, in Writ's own namespace: with the key itself where it is a
 * plain file (trial keys), else through `ssh-keygen -Y sign`, which knows security keys,
 * passphrases and the agent. Every signature is checked before it is given out.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { access, readFile } from "node:fs/promises";
import {
  type Custody,
  isRefused,
  type KeyId,
  keyIdOf,
  type PublicKey,
  parsePublicKeyLine,
  type Refused,
  refused,
  type SshKey,
  sshNamespace,
  toBase64,
  unarmorSshsig,
  verifySshsig,
} from "@writ/core";
import { verifyNative } from "./ed25519.ts";
import { readSshKeyFile, signSshsig } from "./ssh-key-file.ts";

export type SshSigner = {
  readonly keyId: KeyId;
  readonly publicKey: PublicKey;
  readonly custody: Custody;
  /** The blob of an SSHSIG over the message, in the namespace of Writ's entries. */
  readonly sign: (message: Uint8Array) => Promise<Uint8Array | Refused>;
};

/** A person may have to find the key and touch it; nobody waits longer. */
const signMillisecondsMax = 180_000;
const signatureTextMax = 16 * 1024;
const publicLineBytesMax = 4096;

/**
 * Opens a key by its file: a private key, or the `.pub` of one that lies beside it or in the
 * ssh-agent. Refuses what is no key of a type that may sign; rejects if there is no file.
 */
export async function openSshSigner(path: string): Promise<SshSigner | Refused> {
  const line = await publicLine(path);
  if (line !== undefined) {
    const beside = path.replace(/\.pub$/, "");
    if (beside !== path && (await exists(beside))) return openSshSigner(beside);
    const parsed = parsePublicKeyLine(line);
    return isRefused(parsed) ? parsed : signerOf(parsed, keygenSign(path));
  }
  const file = await readSshKeyFile(path);
  if (isRefused(file)) return file;
  const { privateKey, blob } = file;
  if (privateKey === undefined) return signerOf(file, keygenSign(path));
  return signerOf(file, async (message) => {
    const hash = new Uint8Array(createHash("sha512").update(message).digest());
    return signSshsig({ blob, privateKey }, { message, namespace: sshNamespace, hash });
  });
}

/** The public half of a key file or a `.pub`, as a trust root holds it. */
export async function readSshPublicKey(path: string): Promise<PublicKey | Refused> {
  const line = await publicLine(path);
  const read = line === undefined ? await readSshKeyFile(path) : parsePublicKeyLine(line);
  return isRefused(read) ? read : { type: "ssh", public: toBase64(read.blob) };
}

type Sign = SshSigner["sign"];

function signerOf(
  { key, blob }: { readonly key: SshKey; readonly blob: Uint8Array },
  sign: Sign,
): SshSigner {
  return {
    keyId: keyIdOf(key.curve, key.point),
    publicKey: { type: "ssh", public: toBase64(blob) },
    custody: key.hardware ? "hardware" : "software",
    sign: async (message) => {
      const signature = await sign(message);
      if (isRefused(signature)) return signature;
      const signed = { signature, message, namespace: sshNamespace, publicKey: blob };
      const verdict = verifySshsig(signed, { ed25519: verifyNative });
      return isRefused(verdict) ? verdict : signature;
    },
  };
}

/** Lets ssh-keygen sign; it asks for a touch or a passphrase on the terminal by itself. */
function keygenSign(path: string): Sign {
  return (message) =>
    new Promise((resolve) => {
      const flags = ["-Y", "sign", "-q", "-n", sshNamespace, "-f", path];
      const child = spawn("ssh-keygen", flags, {
        stdio: ["pipe", "pipe", "inherit"],
        timeout: signMillisecondsMax,
      });
      let text = "";
      child.stdout.setEncoding("latin1").on("data", (part: string) => {
        if (text.length <= signatureTextMax) text += part;
      });
      child.on("error", () =>
        resolve(refused("unavailable", "ssh-keygen is missing: install the OpenSSH client")),
      );
      child.on("close", (code) => {
        if (code !== 0) resolve(refused("unavailable", "ssh-keygen did not sign with this key"));
        else resolve(unarmorSshsig(text));
      });
      child.stdin.on("error", () => undefined);
      child.stdin.end(message);
    });
}

/** The text of a `.pub` file; `undefined` if the file is something else. */
async function publicLine(path: string): Promise<string | undefined> {
  const bytes = await readFile(path);
  if (bytes.length > publicLineBytesMax) return undefined;
  const text = bytes.toString("latin1");
  return /^(?:sk-)?(?:ssh|ecdsa)-/.test(text) ? text : undefined;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
