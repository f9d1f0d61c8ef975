import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import { enrolmentChallenge, isRefused, trustRoot } from "@writ/core";
import { parse, stringify } from "yaml";
import { testRootDocument } from "../../../packages/core/testing/estate-kit.ts";
import {
  attest,
  makeOf,
  testAaguid,
} from "../../../packages/node/testing/attesting-authenticator.ts";
import { freshFolder } from "../../../packages/node/testing/folder.ts";
import { runProgram } from "../program.ts";
import { fakeShell } from "../testing/fake-shell.ts";

const make = await makeOf();
const passkeys = {
  relyingParty: "writ.test",
  origins: ["https://writ.test"],
  authenticators: [{ aaguid: testAaguid, name: "a key for tests", roots: [make.root] }],
};
const document = testRootDocument({ passkeys });
const root = founded();

function founded() {
  const checked = trustRoot(document);
  if (isRefused(checked)) throw new Error(checked.detail);
  return checked;
}

// What the server answers of the trust root is all that the command asks.
const server = createServer((_, response) => {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ digest: root.digest, indexes: [0], document }));
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
after(() => server.close());

const folder = freshFolder();
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const estateFile = { url, estate: root.digest, name: "test" };
writeFileSync(join(folder, "estate.json"), JSON.stringify(estateFile));
const next = join(folder, "next.yaml");
const answer = join(folder, "answer.json");
writeFileSync(next, `# kept\n${stringify(document)}`);

async function enrol(person: string, flags: number, ...words: string[]) {
  const challenge = enrolmentChallenge(root.digest, "cleo");
  const asked = { challenge, relyingParty: "writ.test", origin: "https://writ.test", make, flags };
  writeFileSync(answer, JSON.stringify(attest(asked)));
  const shell = fakeShell();
  const all = ["trust", "enrol", answer, "--person", person, "--data", folder, ...words];
  const code = await runProgram(shell, all);
  return { code, ...shell.said };
}

test("a passkey is verified and added to the next version, whose rest stays", async () => {
  const told = await enrol("cleo", 0x45, "--into", next);
  assert.equal(told.code, 0, told.notes);
  assert.match(told.out, /verified {2}hardware, proven by its maker/);
  const text = readFileSync(next, "utf8");
  assert.match(text, /^# kept/);
  const written = parse(text) as typeof document;
  const keys = written.principals.find(({ name }) => name === "cleo")!.keys;
  assert.deepEqual(
    keys.map(({ type }) => type),
    ["ed25519", "webauthn"],
  );
  assert.ok(!isRefused(trustRoot(written)));
});

test("one that can be copied, or is another person's, is refused, and nothing is written", async () => {
  const before = readFileSync(next, "utf8");
  const copied = await enrol("cleo", 0x4d, "--into", next);
  assert.match(copied.notes, /can be copied.*\(unattested\)/);
  const others = await enrol("ben", 0x45, "--into", next);
  assert.match(others.notes, /\(bad-signature\)/);
  assert.deepEqual([copied.code, others.code], [1, 1]);
  assert.equal(readFileSync(next, "utf8"), before);
});

test("a file that no browser answered is refused", async () => {
  const shell = fakeShell();
  const words = ["trust", "enrol", next, "--person", "cleo", "--data", folder];
  assert.equal(await runProgram(shell, words), 1);
  assert.match(shell.said.notes, /not what a browser answers/);
});
