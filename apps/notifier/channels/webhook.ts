/**
 * Webhooks as the Standard Webhooks specification has them: id, timestamp and signature in headers,
 * symmetric (`whsec_`, HMAC-SHA256, `v1`) or asymmetric (`whsk_`, Ed25519, `v1a`).
 */
import { createHmac, createPrivateKey, sign } from "node:crypto";
import { type Refused, refused } from "@writ/core";
import type { Notice } from "../notice.ts";
import { post } from "./post.ts";

/** RFC 8410: what stands before the 32 bytes of an Ed25519 private key. */
const pkcs8Prefix = Buffer.from("302e020100300506032b657004220420", "hex");
/** The specification asks for 24 to 64 bytes. */
const secretBytesMin = 24;

export async function sendWebhook(
  { url, secret }: { readonly url: string; readonly secret: string },
  notices: readonly Notice[],
  { id, now }: { readonly id: string; readonly now: number },
): Promise<Refused | undefined> {
  const timestamp = String(Math.floor(now / 1000));
  const body = JSON.stringify(payloadOf(notices));
  const signature = signatureOf(secret, `${id}.${timestamp}.${body}`);
  if (signature === undefined) return refused("malformed", "the secret is no whsec_ or whsk_ key");
  const headers = {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signature,
  };
  return post(url, { body, headers });
}

function payloadOf(notices: readonly Notice[]) {
  const [only, second] = notices;
  const data = ({ about, severity, title, lines, finding, time }: Notice) => ({
    about,
    severity,
    title,
    lines,
    at: new Date(time).toISOString(),
    ...(finding === undefined ? {} : { finding }),
  });
  if (only !== undefined && second === undefined) {
    return {
      type: `finding.${only.told}`,
      timestamp: new Date(only.time).toISOString(),
      data: data(only),
    };
  }
  const notes = notices.map((notice) => ({ type: `finding.${notice.told}`, ...data(notice) }));
  const last = Math.max(...notices.map(({ time }) => time));
  return { type: "finding.digest", timestamp: new Date(last).toISOString(), data: { notes } };
}

function signatureOf(secret: string, text: string): string | undefined {
  const [, kind, base64] = /^(whsec|whsk)_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
  if (kind === undefined || base64 === undefined) return undefined;
  const key = Buffer.from(base64, "base64");
  if (key.length < secretBytesMin) return undefined;
  if (kind === "whsec") return `v1,${createHmac("sha256", key).update(text).digest("base64")}`;
  const der = Buffer.concat([pkcs8Prefix, key.subarray(0, 32)]);
  if (key.length < 32) return undefined;
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  return `v1a,${sign(null, Buffer.from(text), privateKey).toString("base64")}`;
}
