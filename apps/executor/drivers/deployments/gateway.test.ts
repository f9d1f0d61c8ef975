import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { driverContract } from "../driver.contract.ts";
import { type GatewayStep, gatewayDriver } from "./gateway.ts";
import { contentDigest, signatureBase, signatureParameters } from "./message-signature.ts";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const key = {
  id: "executor-h1",
  sign: async (message: Uint8Array) => new Uint8Array(sign(null, message, privateKey)),
};

/** A router's admin API that takes a change only from a hand that it knows, once. */
async function startGateway() {
  const state = { document: { routes: { "chat/bot": "4.2", other: "1" } } as unknown, version: 1 };
  const nonces = new Set<string>();
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    const etag = `"${state.version}"`;
    const reply = (status: number, text = "") => {
      response.writeHead(status, { etag, "content-type": "application/json" }).end(text);
    };
    if (request.method === "GET") return reply(200, JSON.stringify(state.document));
    const url = `http://${request.headers.host}${request.url}`;
    if (!isSigned(request.method!, url, request.headers, body)) return reply(401);
    const nonce = /nonce="([^"]+)"/.exec(String(request.headers["signature-input"]))![1]!;
    if (nonces.has(nonce)) return reply(401);
    nonces.add(nonce);
    if (request.headers["if-match"] !== etag) return reply(412);
    state.document = JSON.parse(body.toString());
    state.version += 1;
    return reply(200);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return { url: `http://127.0.0.1:${port}/config`, state, close };
}

/** Verification as RFC 9421 §3.2 has it, written apart from what signs. */
function isSigned(
  method: string,
  url: string,
  headers: { readonly [name: string]: string | string[] | undefined },
  body: Buffer,
): boolean {
  const [, input] = /^writ=(.*)$/.exec(String(headers["signature-input"])) ?? [];
  const [, signature] = /^writ=:(.*):$/.exec(String(headers.signature)) ?? [];
  if (input === undefined || signature === undefined) return false;
  const names = /^\(([^)]*)\)/
    .exec(input)![1]!
    .split(" ")
    .map((name) => name.slice(1, -1));
  const value = (name: string) =>
    name === "@method" ? method : name === "@target-uri" ? url : String(headers[name]);
  const base = [
    ...names.map((name) => `"${name}": ${value(name)}`),
    `"@signature-params": ${input}`,
  ].join("\n");
  const covered = ["@method", "@target-uri", "content-digest"].every((one) => names.includes(one));
  const whole = headers["content-digest"] === contentDigest(body);
  return (
    covered && whole && verify(null, Buffer.from(base), publicKey, Buffer.from(signature, "base64"))
  );
}

function stepAt(url: string): GatewayStep {
  const deployment = { system: "http" as const, url, pointer: "/routes/chat~1bot" };
  const names = { host: "h1", placement: "h1-route" };
  return { step: "switch-deployment", ...names, deployment, before: "4.2", after: "3.8" };
}

driverContract("gateway", {
  driver: () => gatewayDriver({ key, now: Date.now }),
  boundaries: [],
  fresh: async () => {
    const gateway = await startGateway();
    return {
      step: stepAt(gateway.url),
      disturb: async () => {
        gateway.state.document = { routes: { "chat/bot": "5.0" } };
      },
      look: async () => structuredClone(gateway.state),
      cleanUp: gateway.close,
    };
  },
});

test("a hand that the gateway does not know sets nothing", async () => {
  const gateway = await startGateway();
  const other = generateKeyPairSync("ed25519").privateKey;
  const stranger = {
    id: "executor-h1",
    sign: async (message: Uint8Array) => new Uint8Array(sign(null, message, other)),
  };
  const driver = gatewayDriver({ key: stranger, now: Date.now });
  await assert.rejects(driver.carryOut(stepAt(gateway.url), ""), /401/);
  assert.equal(gateway.state.version, 1);
  await gateway.close();
});

test("signs as the example of RFC 9421, B.2.6, is signed", () => {
  const components = [
    { name: "date", value: "Tue, 20 Apr 2021 02:07:55 GMT" },
    { name: "@method", value: "POST" },
    { name: "@path", value: "/foo" },
    { name: "@authority", value: "example.com" },
    { name: "content-type", value: "application/json" },
    { name: "content-length", value: "18" },
  ];
  const parameters = signatureParameters(components, {
    created: 1618884473,
    keyid: "test-key-ed25519",
  });
  const seed = "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF";
  const example = createPrivateKey({
    key: Buffer.from(seed, "base64"),
    format: "der",
    type: "pkcs8",
  });
  const base = signatureBase(components, parameters);
  const expected =
    "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==";
  assert.equal(sign(null, base, example).toString("base64"), expected);
  assert.ok(verify(null, base, createPublicKey(example), Buffer.from(expected, "base64")));
});
