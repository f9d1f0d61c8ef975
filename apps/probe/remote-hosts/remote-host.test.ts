/** Another host's files, seen over SFTP from a real sshd. */
import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { type Census, censusShape, isRefused } from "@writ/core";
import { emptyBehindMemory } from "../behind/behind.ts";
import { storesOf, type ToldStore } from "../behind/told-store.ts";
import { asTar } from "../testing/disguises.ts";
import { digestOf } from "../testing/oci-registry.ts";
import {
  coverageOf,
  freshFolder,
  lookAt,
  noProcesses,
  opaqueBytes,
  safetensorsBytes,
} from "../testing/scene.ts";
import { lackOfSshd, openSshd, type Sshd } from "../testing/sshd.ts";

const skip = lackOfSshd();
const weights = safetensorsBytes(60_000, 3);
const artefacts = [{ digest: digestOf(weights), size: weights.length }];

function toldOf(sshd: Sshd, path: string, secret: Partial<ToldStore["secret"]> = {}): ToldStore[] {
  const at = sshd.url(path);
  const { hostKey, privateKey } = sshd;
  const own = { hostKeys: [hostKey], also: [], privateKey, ...secret };
  return [{ kind: "ssh", at, url: new URL(at), secret: own }];
}

function rows(census: Census, root: string): string[] {
  const shaped = censusShape(JSON.parse(JSON.stringify(census)), "census");
  assert.ok(!isRefused(shaped), JSON.stringify(shaped));
  return (census.stored ?? []).map(
    ({ path, known, digest }) =>
      `${path.slice(root.length + 1)} ${known}${digest === artefacts[0]!.digest ? " registered" : ""}`,
  );
}

test("files of another host are known by their bytes; links, special names and text are nothing", {
  skip,
}, async (context) => {
  const sshd = await openSshd(context);
  const there = freshFolder(context);
  mkdirSync(join(there, "logs/deep"), { recursive: true });
  writeFileSync(join(there, "logs/deep/app.log"), weights);
  writeFileSync(join(there, "logs/b.tgz"), gzipSync(asTar({ m: weights })));
  writeFileSync(join(there, "logs/notes"), "hello\n".repeat(300_000));
  writeFileSync(Buffer.from(`${there}/odd\xff`, "latin1"), weights);
  symlinkSync(there, join(there, "logs/circle"));
  const behindMemory = emptyBehindMemory();
  const see = () =>
    lookAt([freshFolder(context)], {
      ...{ ...noProcesses, assignment: { artefacts }, behindMemory },
      stores: toldOf(sshd, there),
    });
  const census = await see();
  assert.deepEqual(rows(census, there), [
    "logs/b.tgz > m read registered",
    "logs/deep/app.log read registered",
  ]);
  const { gaps, entries } = coverageOf(census, "remote-hosts");
  assert.deepEqual(
    gaps.map(({ why }) => why),
    ["unreadable"],
  );
  assert.match(gaps[0]!.where, /odd/);
  assert.equal(entries, 3);
  // Other bytes, and another time: another state.
  writeFileSync(join(there, "logs/deep/app.log"), opaqueBytes(weights.length));
  utimesSync(join(there, "logs/deep/app.log"), 1, 1);
  assert.deepEqual(rows(await see(), there), [
    "logs/b.tgz > m read registered",
    "logs/deep/app.log read",
  ]);
});

test("a host with another key is not spoken to; one that shuts the door, or is away, is a gap", {
  skip,
}, async (context) => {
  const sshd = await openSshd(context);
  const there = freshFolder(context);
  writeFileSync(join(there, "m"), weights);
  const gapsWith = async (stores: readonly ToldStore[]) => {
    const census = await lookAt([freshFolder(context)], { ...noProcesses, stores });
    assert.deepEqual(census.stored, []);
    return coverageOf(census, "remote-hosts").gaps.map(({ why }) => why);
  };
  const otherKey = { hostKeys: [`SHA256:${"A".repeat(43)}`] };
  assert.deepEqual(await gapsWith(toldOf(sshd, there, otherKey)), ["unreadable"]);
  const stranger = { privateKey: join(sshd.folder, "host") };
  assert.deepEqual(await gapsWith(toldOf(sshd, there, stranger)), ["no-permission"]);
  assert.deepEqual(await gapsWith(toldOf(sshd, `${there}/absent`)), ["unreadable"]);
  const away = toldOf(sshd, there).map((one) => ({ ...one, url: new URL("ssh://a@127.0.0.1:9/") }));
  assert.deepEqual(await gapsWith(away), ["unreadable"]);
});

test("no host is told without a pinned key", () => {
  const told = storesOf({ ssh: ["ssh://probe@gpu-2/srv"] });
  assert.ok(isRefused(told));
  assert.match(told.detail, /host-keys/);
});
