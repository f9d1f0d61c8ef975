/**
 * HTTP message signatures (RFC 9421) with Ed25519 and a digest of the body (RFC 9530). The receiver
 * knows from them who asks for what, of which resource, with which body; a nonce and a time let it
 * refuse the same request twice.
 */
import { createHash } from "node:crypto";

export type Component = { readonly name: string; readonly value: string };

export type SignatureParameters = {
  /** Seconds since 1970. */
  readonly created: number;
  readonly keyid: string;
  readonly alg?: "ed25519";
  readonly nonce?: string;
};

/** `@signature-params` (§2.3): names in the order in which they are signed, then parameters. */
export function signatureParameters(
  components: readonly Component[],
  { created, keyid, alg, nonce }: SignatureParameters,
): string {
  const names = components.map(({ name }) => `"${name}"`).join(" ");
  const more = [
    ...(alg === undefined ? [] : [`alg="${alg}"`]),
    ...(nonce === undefined ? [] : [`nonce="${nonce}"`]),
  ];
  return [`(${names})`, `created=${created}`, `keyid="${keyid}"`, ...more].join(";");
}

/** The signature base (§2.5): what is signed. */
export function signatureBase(components: readonly Component[], parameters: string): Uint8Array {
  const lines = components.map(({ name, value }) => `"${name}": ${value}`);
  return Buffer.from([...lines, `"@signature-params": ${parameters}`].join("\n"));
}

/** `Content-Digest` of a body (RFC 9530 §2). */
export function contentDigest(body: Uint8Array): string {
  return `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;
}

export type SignedRequest = {
  readonly method: string;
  readonly url: string;
  /** Headers that are signed, by their lower-case names. */
  readonly headers: { readonly [name: string]: string };
  readonly body: Uint8Array;
};

/** All headers of the request, with `Signature-Input` and `Signature` under the label `writ`. */
export async function signedHeaders(
  { method, url, headers, body }: SignedRequest,
  by: SignatureParameters & { readonly sign: (base: Uint8Array) => Promise<Uint8Array> },
): Promise<{ readonly [name: string]: string }> {
  const { sign, ...parameters } = by;
  const all = { ...headers, "content-digest": contentDigest(body) };
  const components: Component[] = [
    { name: "@method", value: method },
    { name: "@target-uri", value: url },
    ...Object.entries(all).map(([name, value]) => ({ name, value: value.trim() })),
  ];
  const input = signatureParameters(components, { ...parameters, alg: "ed25519" });
  const signature = await sign(signatureBase(components, input));
  return {
    ...all,
    "signature-input": `writ=${input}`,
    signature: `writ=:${Buffer.from(signature).toString("base64")}:`,
  };
}
