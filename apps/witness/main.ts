/** The witness as a process: `node apps/witness/main.ts --data DIR --log VKEY`. */
import { createPublicKey, verify } from "node:crypto";
import { mkdirSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { formatVerifierKey, isRefused, type Refused, type VerifyEd25519 } from "@writ/core";
import { openKeyFile } from "./key-file.ts";
import { openMemory } from "./memory.ts";
import { readOptions, usage } from "./options.ts";
import { type Log, witnessServer } from "./server.ts";

/** How long requests that were begun may take to end when the witness is told to stop. */
const goodbyeMilliseconds = 3000;

const log: Log = (event) => {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`);
};

/** Node's own Ed25519: about thirty times as fast as JavaScript's. */
const nodeVerify: VerifyEd25519 = (publicKey, message, signature) => {
  const x = Buffer.from(publicKey).toString("base64url");
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  return verify(null, message, key, signature);
};

function start(): undefined | Refused {
  const options = readOptions(process.argv.slice(2), process.env);
  if (isRefused(options)) return options;
  mkdirSync(options.data, { recursive: true, mode: 0o700 });
  const witness = openKeyFile(join(options.data, "witness.key"), options.name);
  if (isRefused(witness)) return witness;
  const memory = openMemory(join(options.data, "witness.sqlite"));
  if (isRefused(memory)) return memory;
  const now = () => Math.floor(Date.now() / 1000);
  const parts = { logs: options.logs, witness, memory, verify: nodeVerify, now };
  const server = witnessServer(parts, log);
  server.on("error", (error) => {
    log({ event: "failed", detail: error.message });
    process.exitCode = 1;
    memory.close();
  });
  server.listen(options.port, options.host, () => {
    const { address, family, port } = server.address() as AddressInfo;
    const host = family === "IPv6" ? `[${address}]` : address;
    const ready = {
      ready: true,
      address: `http://${host}:${port}`,
      vkey: formatVerifierKey(witness.key),
    };
    process.stdout.write(`${JSON.stringify(ready)}\n`);
    log({ event: "started", address: ready.address, logs: options.logs.size });
  });
  const stop = (signal: string) => {
    log({ event: "stopping", signal });
    const late = setTimeout(() => server.closeAllConnections(), goodbyeMilliseconds);
    server.close(() => {
      clearTimeout(late);
      memory.close();
      log({ event: "stopped" });
    });
    server.closeIdleConnections();
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  return undefined;
}

const problem = start();
if (problem !== undefined) {
  log({ event: "refused", code: problem.refused, detail: problem.detail });
  process.stderr.write(usage);
  process.exitCode = 2;
}
