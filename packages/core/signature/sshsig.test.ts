import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { concatBytes, toBase64, toUtf8 } from "../encoding/bytes.ts";
import { isRefused, type Refused } from "../encoding/refusal.ts";
import { nodeVerify } from "../tlog/testing/signer.ts";
import { parsePublicKeyLine, sshKeyOf } from "./ssh-key.ts";
import { sshBytes, sshReader, sshText, sshUint32 } from "./ssh-wire.ts";
import { parseSshsig, unarmorSshsig, type VerifyP256, verifySshsig } from "./sshsig.ts";

const folder = mkdtempSync(join(tmpdir(), "writ-sshsig-"));
after(() => rmSync(folder, { recursive: true }));
const namespace = "writ-entry@v1";
const message = toUtf8("roll back chatbot to 3.9\n");

function got<T>(result: T | Refused): T {
  assert.ok(!isRefused(result), JSON.stringify(result));
  return result;
}
function code(result: unknown): string {
  assert.ok(isRefused(result), "was not refused");
  return (result as Refused).refused;
}

/** A key and a signature made by the real ssh-keygen. */
function sshKeygen(type: string, hash: "sha256" | "sha512") {
  const file = join(mkdtempSync(join(folder, "key-")), "key");
  const bits = type === "ecdsa" ? ["-b", "256"] : [];
  execFileSync("ssh-keygen", [
    "-q",
    "-t",
    type,
    ...bits,
    "-N",
    "",
    "-C",
    "alice at home",
    "-f",
    file,
  ]);
  const document = `${file}.txt`;
  writeFileSync(document, message);
  const options = ["-Y", "sign", "-n", namespace, "-f", file, "-O", `hashalg=${hash}`, document];
  execFileSync("ssh-keygen", options, { stdio: "ignore" });
  const line = readFileSync(`${file}.pub`, "utf8");
  const { blob, comment } = got(parsePublicKeyLine(line));
  assert.equal(comment, "alice at home");
  const signature = got(unarmorSshsig(readFileSync(`${document}.sig`, "utf8")));
  return { line, publicKey: blob, signature };
}

const nodeP256: VerifyP256 = (point, signed, signature) => {
  const x = Buffer.from(point.subarray(1, 33)).toString("base64url");
  const y = Buffer.from(point.subarray(33)).toString("base64url");
  const key = { key: { kty: "EC", crv: "P-256", x, y }, format: "jwk" } as const;
  return verify("sha256", signed, { ...key, dsaEncoding: "ieee-p1363" }, signature);
};

for (const type of ["ed25519", "ecdsa"] as const) {
  for (const hash of ["sha512", "sha256"] as const) {
    test(`ssh-keygen -Y sign: ${type}, ${hash}`, () => {
      const { publicKey, signature } = sshKeygen(type, hash);
      const signed = { signature, message, namespace, publicKey };
      const keyType = type === "ecdsa" ? "ecdsa-sha2-nistp256" : "ssh-ed25519";
      assert.deepEqual(verifySshsig(signed), { keyType });
      assert.deepEqual(verifySshsig(signed, { ed25519: nodeVerify, p256: nodeP256 }), { keyType });
      const other = { ...signed, message: toUtf8("roll back chatbot to 3.8\n") };
      assert.equal(code(verifySshsig(other)), "bad-signature");
      assert.equal(code(verifySshsig({ ...signed, namespace: "file" })), "bad-signature");
      assert.equal(code(verifySshsig({ ...signed, namespace: "" })), "bad-signature");
      // Every bit of the blob matters.
      const ports = { ed25519: nodeVerify, p256: nodeP256 };
      for (let bit = 0; bit < signature.length * 8; bit += 1) {
        const changed = signature.slice();
        changed[bit >> 3]! ^= 1 << (bit & 7);
        assert.ok(isRefused(verifySshsig({ ...signed, signature: changed }, ports)), `bit ${bit}`);
      }
      for (let length = 0; length < signature.length; length += 1) {
        const cut = signature.subarray(0, length);
        assert.ok(isRefused(verifySshsig({ ...signed, signature: cut })));
      }
      const longer = concatBytes(signature, new Uint8Array(1));
      assert.equal(code(verifySshsig({ ...signed, signature: longer })), "malformed");
    });
  }
}

test("a signature is good only for exactly the key that made it", () => {
  const one = sshKeygen("ed25519", "sha512");
  const two = sshKeygen("ed25519", "sha512");
  const { signature } = one;
  const verdict = verifySshsig({ signature, message, namespace, publicKey: two.publicKey });
  assert.equal(code(verdict), "bad-signature");
});

// A security key, as PROTOCOL.u2f describes it: ssh-keygen cannot make these without the hardware.
type Touch = { readonly flags: number; readonly counter: number; readonly application?: string };

function securityKey(curve: "ed25519" | "p256") {
  const pair =
    curve === "ed25519"
      ? generateKeyPairSync("ed25519")
      : generateKeyPairSync("ec", { namedCurve: "P-256" });
  const jwk = (pair.publicKey as KeyObject).export({ format: "jwk" });
  const number = (text: string) => new Uint8Array(Buffer.from(text, "base64url"));
  const keyType =
    curve === "ed25519" ? "sk-ssh-ed25519@openssh.com" : "sk-ecdsa-sha2-nistp256@openssh.com";
  const blob = (application: string) =>
    curve === "ed25519"
      ? concatBytes(sshText(keyType), sshBytes(number(jwk.x!)), sshText(application))
      : concatBytes(
          sshText(keyType),
          sshText("nistp256"),
          sshBytes(concatBytes(new Uint8Array([4]), number(jwk.x!), number(jwk.y!))),
          sshText(application),
        );
  const sha = (name: string, bytes: Uint8Array) =>
    new Uint8Array(createHash(name).update(bytes).digest());
  const signed = ({ flags, counter, application = "ssh:" }: Touch) => {
    const inner = concatBytes(
      toUtf8("SSHSIG"),
      sshText(namespace),
      sshText(""),
      sshText("sha512"),
      sshBytes(sha("sha512", message)),
    );
    const tail = concatBytes(new Uint8Array([flags]), sshUint32(counter));
    const payload = concatBytes(sha("sha256", toUtf8(application)), tail, sha("sha256", inner));
    const raw =
      curve === "ed25519"
        ? new Uint8Array(sign(null, payload, pair.privateKey))
        : ecdsaBlob(sign("sha256", payload, { key: pair.privateKey, dsaEncoding: "ieee-p1363" }));
    const publicKey = blob(application);
    const signature = concatBytes(
      toUtf8("SSHSIG"),
      sshUint32(1),
      sshBytes(publicKey),
      sshText(namespace),
      sshText(""),
      sshText("sha512"),
      sshBytes(concatBytes(sshText(keyType), sshBytes(raw), tail)),
    );
    return { signature, message, namespace, publicKey };
  };
  return { keyType, signed };
}

function mpint(fixed: Uint8Array): Uint8Array {
  let start = 0;
  while (start < fixed.length - 1 && fixed[start] === 0) start += 1;
  const digits = fixed.subarray(start);
  return digits[0]! >= 0x80 ? concatBytes(new Uint8Array([0]), digits) : digits;
}

function ecdsaBlob(pair: Uint8Array): Uint8Array {
  return concatBytes(sshBytes(mpint(pair.subarray(0, 32))), sshBytes(mpint(pair.subarray(32))));
}

for (const curve of ["ed25519", "p256"] as const) {
  test(`security key, ${curve}: touch is required, verification is told`, () => {
    const { keyType, signed } = securityKey(curve);
    const application = "ssh:";
    assert.deepEqual(verifySshsig(signed({ flags: 1, counter: 7 })), {
      keyType,
      flags: { userPresent: true, userVerified: false },
      counter: 7,
      application,
    });
    const verified = got(verifySshsig(signed({ flags: 5, counter: 0xffff_ffff })));
    assert.deepEqual(verified.flags, { userPresent: true, userVerified: true });
    assert.equal(verified.counter, 0xffff_ffff);
    assert.equal(code(verifySshsig(signed({ flags: 0, counter: 7 }))), "bad-signature");
    assert.equal(code(verifySshsig(signed({ flags: 4, counter: 7 }))), "bad-signature");
    const site = signed({ flags: 5, counter: 7, application: "https://shop.example" });
    assert.equal(code(verifySshsig(site)), "malformed");
    const own = got(verifySshsig(signed({ flags: 5, counter: 7, application: "ssh:writ" })));
    assert.equal(own.application, "ssh:writ");
  });

  test(`security key, ${curve}: no flag or counter can be changed afterwards`, () => {
    const { signed } = securityKey(curve);
    const good = signed({ flags: 1, counter: 7 });
    const ports = { ed25519: nodeVerify, p256: nodeP256 };
    assert.ok(!isRefused(verifySshsig(good, ports)));
    for (let bit = 0; bit < good.signature.length * 8; bit += 1) {
      const signature = good.signature.slice();
      signature[bit >> 3]! ^= 1 << (bit & 7);
      assert.ok(isRefused(verifySshsig({ ...good, signature }, ports)), `bit ${bit}`);
    }
  });
}

test("a plain signature does not pass for a security key's, nor the other way round", () => {
  const { publicKey, signature } = sshKeygen("ecdsa", "sha512");
  const { point } = got(sshKeyOf(publicKey));
  const claimed = concatBytes(
    sshText("sk-ecdsa-sha2-nistp256@openssh.com"),
    sshText("nistp256"),
    sshBytes(point),
    sshText("ssh:"),
  );
  const parsed = got(parseSshsig(signature));
  const forged = concatBytes(
    toUtf8("SSHSIG"),
    sshUint32(1),
    sshBytes(claimed),
    sshText(namespace),
    sshText(""),
    sshText("sha512"),
    sshBytes(parsed.signature),
  );
  const verdict = verifySshsig({ signature: forged, message, namespace, publicKey: claimed });
  assert.equal(code(verdict), "bad-signature");
});

test("what is no public key is refused", () => {
  const { line, publicKey } = sshKeygen("ed25519", "sha256");
  for (const text of [
    "",
    "ssh-ed25519",
    line.replace("ssh-ed25519", "ssh-rsa"),
    line.replace("ssh-ed25519", "ecdsa-sha2-nistp256"),
    line.replace(" AAAA", "  AAAA"),
    `${line}\n`,
    `command="sh" ${line}`,
    line.replace("alice", "al\u0007ice"),
    `ssh-ed25519 ${toBase64(publicKey.subarray(1))}`,
    `ssh-ed25519 ${toBase64(concatBytes(publicKey, new Uint8Array(1)))}`,
    "x".repeat(5000),
  ]) {
    assert.ok(isRefused(parsePublicKeyLine(text)), text);
  }
  const rsa = concatBytes(sshText("ssh-rsa"), sshBytes(new Uint8Array(3)));
  assert.equal(code(sshKeyOf(rsa)), "unknown-kind");
  const p384 = concatBytes(sshText("ecdsa-sha2-nistp256"), sshText("nistp384"), sshText("x"));
  assert.equal(code(sshKeyOf(p384)), "malformed");
});

test("armour is read strictly", () => {
  const { signature } = sshKeygen("ecdsa", "sha256");
  const body = toBase64(signature).replaceAll(/(.{70})/g, "$1\n");
  const armor = `-----BEGIN SSH SIGNATURE-----\n${body}\n-----END SSH SIGNATURE-----\n`;
  assert.deepEqual(unarmorSshsig(armor), signature);
  for (const text of [
    "",
    body,
    `x${armor}`,
    `${armor}x`,
    armor.replace("BEGIN", "END"),
    armor.replace("\n", "\n\n"),
    armor.replace("\n", "\r\n"),
    armor.replace(/[A-Za-z0-9+/]=*\n-----END/, "!\n-----END"),
    armor.repeat(20),
  ]) {
    assert.ok(isRefused(unarmorSshsig(text)), text);
  }
});

test("a length from outside is never believed", () => {
  const reader = sshReader(concatBytes(sshUint32(0xffff_fff0), new Uint8Array(8)));
  assert.equal(reader.bytes(), undefined);
  assert.equal(reader.take(1), undefined);
  assert.equal(reader.done(), false);
});
