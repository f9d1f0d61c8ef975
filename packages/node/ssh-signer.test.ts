import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, generateKeyPairSync } from "node:crypto";
import { chmodSync, copyFileSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  isRefused,
  type Refused,
  sshNamespace,
  toBase64,
  toUtf8,
  unarmorSshsig,
  verifySshsig,
} from "@writ/core";
import { createSshKeyFile, parseSshKeyFile, readSshKeyFile, signSshsig } from "./ssh-key-file.ts";
import { openSshSigner, readSshPublicKey, type SshSigner } from "./ssh-signer.ts";
import { freshFolder } from "./testing/folder.ts";

const message = toUtf8("approve the rollback\n");

function got<T>(result: T | Refused): T {
  assert.ok(!isRefused(result), JSON.stringify(result));
  return result;
}
function code(result: unknown): string {
  assert.ok(isRefused(result), "was not refused");
  return (result as Refused).refused;
}
function armoured(signature: Uint8Array): string {
  const lines = toBase64(signature).match(/.{1,70}/g)!;
  return `-----BEGIN SSH SIGNATURE-----\n${lines.join("\n")}\n-----END SSH SIGNATURE-----\n`;
}
/** The real ssh-keygen's verdict on a signature by the key in `path.pub`. */
function keygenVerifies(path: string, signature: Uint8Array, namespace = sshNamespace): boolean {
  writeFileSync(`${path}.allowed`, `ada ${readFileSync(`${path}.pub`, "utf8")}`);
  writeFileSync(`${path}.sig`, armoured(signature));
  const flags = ["-Y", "verify", "-f", `${path}.allowed`, "-I", "ada", "-n", namespace];
  try {
    execFileSync("ssh-keygen", [...flags, "-s", `${path}.sig`], {
      input: message,
      stdio: ["pipe", "ignore", "ignore"],
    });
    return true;
  } catch {
    return false;
  }
}
function keygenMakes(type: string, passphrase = ""): string {
  const path = join(freshFolder(), "key");
  const flags = ["-q", "-t", type, "-N", passphrase, "-C", "a comment", "-f", path];
  execFileSync("ssh-keygen", flags);
  return path;
}
async function signed(signer: SshSigner): Promise<Uint8Array> {
  return got(await signer.sign(message));
}

test("a key made here is a key to the real ssh-keygen", async () => {
  const path = join(freshFolder(), "ada");
  const made = await createSshKeyFile(path, "ada, a trial key");
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const derived = execFileSync("ssh-keygen", ["-y", "-f", path], { encoding: "utf8" });
  assert.equal(derived.trim(), readFileSync(`${path}.pub`, "utf8").trim());
  const again = got(await readSshKeyFile(path));
  assert.deepEqual(again.blob, made.blob);
  await assert.rejects(createSshKeyFile(path, "again"), { code: "EEXIST" });
});

test("a key made here survives ssh-keygen's rewriting it with and without a passphrase", async () => {
  const path = join(freshFolder(), "ada");
  await createSshKeyFile(path, "x".repeat(13));
  execFileSync("ssh-keygen", ["-q", "-p", "-P", "", "-N", "secret", "-f", path]);
  assert.equal(got(await readSshKeyFile(path)).privateKey, undefined);
  execFileSync("ssh-keygen", ["-q", "-p", "-P", "secret", "-N", "", "-f", path]);
  assert.notEqual(got(await readSshKeyFile(path)).privateKey, undefined);
});

test("the real ssh-keygen verifies what is signed here, in this namespace alone", async () => {
  const path = join(freshFolder(), "ada");
  await createSshKeyFile(path, "ada");
  const signature = await signed(got(await openSshSigner(path)));
  assert.ok(keygenVerifies(path, signature));
  assert.ok(!keygenVerifies(path, signature, "file"));
  signature[signature.length - 1]! ^= 1;
  assert.ok(!keygenVerifies(path, signature));
});

test("a key made by ssh-keygen signs here the very bytes that ssh-keygen signs", async () => {
  const path = keygenMakes("ed25519");
  const signature = await signed(got(await openSshSigner(path)));
  const flags = ["-Y", "sign", "-q", "-n", sshNamespace, "-f", path];
  const theirs = execFileSync("ssh-keygen", flags, { input: message, encoding: "utf8" });
  assert.deepEqual(signature, got(unarmorSshsig(theirs)));
});

test("a type that only ssh-keygen can use signs through it", async () => {
  const path = keygenMakes("ecdsa");
  const signer = got(await openSshSigner(path));
  assert.equal(signer.custody, "software");
  assert.ok(keygenVerifies(path, await signed(signer)));
});

test("given the .pub, the private file beside it signs", async () => {
  const path = keygenMakes("ed25519");
  const signer = got(await openSshSigner(`${path}.pub`));
  assert.ok(keygenVerifies(path, await signed(signer)));
  assert.deepEqual(got(await readSshPublicKey(path)), got(await readSshPublicKey(`${path}.pub`)));
});

test("with neither the key nor an agent, it is said that nothing was signed", async () => {
  const path = keygenMakes("ed25519");
  const alone = join(freshFolder(), "alone.pub");
  copyFileSync(`${path}.pub`, alone);
  const before = process.env.SSH_AUTH_SOCK;
  delete process.env.SSH_AUTH_SOCK;
  const signer = got(await openSshSigner(alone));
  assert.equal(code(await signer.sign(message)), "unavailable");
  if (before !== undefined) process.env.SSH_AUTH_SOCK = before;
});

test("a key file that others can read, or that is damaged, is refused", async () => {
  const path = keygenMakes("ed25519");
  const text = readFileSync(path, "utf8");
  for (const [what, damaged] of [
    ["cut", text.slice(0, 200)],
    ["no end", text.replace("-----END", "----END")],
    ["another format", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"],
    ["nothing", ""],
  ] as const) {
    assert.equal(code(parseSshKeyFile(damaged)), "malformed", what);
  }
  chmodSync(path, 0o644);
  assert.equal(code(await openSshSigner(path)), "exposed-key");
});

test("a file whose two halves are different keys is refused", async () => {
  const [one, two] = [keygenMakes("ed25519"), keygenMakes("ed25519")] as const;
  const bytes = (path: string) => {
    const body = readFileSync(path, "utf8").split("\n").slice(1, -2).join("");
    return Buffer.from(body, "base64");
  };
  const mixed = bytes(one);
  const blob = got(await readSshKeyFile(two)).blob;
  const at = mixed.indexOf(Buffer.from(got(await readSshKeyFile(one)).blob));
  mixed.set(blob, at);
  const text = `-----BEGIN OPENSSH PRIVATE KEY-----\n${mixed.toString("base64")}\n-----END OPENSSH PRIVATE KEY-----\n`;
  assert.equal(code(parseSshKeyFile(text)), "malformed");
});

test("a signature is in the form of core's own verifier, of whatever Ed25519 key", () => {
  const { privateKey } = generateKeyPairSync("ed25519");
  const path = join(freshFolder(), "key");
  return createSshKeyFile(path, "").then(({ blob }) => {
    const hash = new Uint8Array(createHash("sha512").update(message).digest());
    const namespace = sshNamespace;
    // Signed by a key that the blob does not name: the check in the signer would catch it.
    const signature = signSshsig({ blob, privateKey }, { message, namespace, hash });
    assert.equal(
      code(verifySshsig({ signature, message, namespace, publicKey: blob })),
      "bad-signature",
    );
  });
});
