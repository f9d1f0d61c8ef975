/** Floods and great sizes (threat W08): bounded, fair, and nothing lost that was acknowledged. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { digestOf, encodeCanonical, isRefused, type JsonObject } from "@writ/core";
import {
  censusOf,
  chatbotRegister,
  mass,
  newWeights,
} from "../../packages/core/testing/chatbot.ts";
import { Rig } from "./testing/rig.ts";

let rig: Rig;
before(async () => {
  rig = await Rig.open({ witnesses: 1, threshold: 1 });
  await rig.found();
  await rig.say("ada", { kind: "register", set: [...chatbotRegister("h1")], remove: [] });
});
after(() => rig.close());

/** Most memory that the server has held, in MB. */
function peakMegabytes(): number {
  const status = readFileSync(`/proc/${rig.server.child.pid}/status`, "utf8");
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]) / 1024;
}

test("a flood by one key and by strangers leaves others their turn, and memory bounded", async () => {
  const total = process.env.SLOW ? 100_000 : 2_000;
  let sent = 0;
  const codes = new Map<string, number>();
  const flood = async () => {
    while (sent < total) {
      sent += 1;
      const note = { kind: "claim", says: "note", note: `flood ${sent}` } as const;
      const [speaker, sequence] = sent % 2 === 0 ? ["butler", 1_000_000] : ["stranger", 0];
      const result = await rig.api.submit(
        rig.entryBytes(speaker as string, note, { sequence: sequence as number }),
      );
      const code = isRefused(result) ? result.refused : "admitted";
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
  };
  const began = performance.now();
  const floods = Array.from({ length: 48 }, flood);
  const waits: number[] = [];
  const acknowledged: { bytes: Uint8Array; index: number }[] = [];
  let over = false;
  const ended = Promise.all(floods).then(() => {
    over = true;
  });
  for (let i = 0; !over; i += 1) {
    const component = {
      document: "component",
      component: `c${i}`,
      kind: "model",
      owner: "ada",
    } as const;
    const bytes = rig.entryBytes("ada", { kind: "register", set: [component], remove: [] });
    const asked = performance.now();
    const result = await rig.api.submit(bytes);
    assert.ok(!isRefused(result), JSON.stringify(result));
    rig.advance("ada", bytes);
    waits.push(performance.now() - asked);
    acknowledged.push({ bytes, index: result.index });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await ended;
  const seconds = (performance.now() - began) / 1000;
  waits.sort((a, b) => a - b);
  console.log(
    `${total} refused in ${seconds.toFixed(1)} s (${Math.round(total / seconds)}/s); ` +
      `an honest entry waited at median ${Math.round(waits[waits.length >> 1]!)} ms, ` +
      `at most ${Math.round(waits.at(-1)!)} ms; peak ${Math.round(peakMegabytes())} MB`,
  );
  assert.deepEqual([...codes.keys()].sort(), ["chain-gap", "unknown-signer"]);
  assert.ok(waits.at(-1)! < 5_000);
  assert.ok(peakMegabytes() < 1024);
  for (const { bytes, index } of acknowledged) {
    const again = await rig.api.submit(bytes);
    assert.ok(!isRefused(again) && again.duplicate && again.index === index);
  }
});

test("a large census is taken, and served as it came", async () => {
  await rig.witnessed(0);
  const files = Array.from({ length: process.env.SLOW ? 180_000 : 30_000 }, (_, i) =>
    mass(`/srv/data/some/folder/${i}.bin`, newWeights),
  );
  const census = censusOf("h1", { files });
  const bytes = encodeCanonical(census as unknown as JsonObject);
  const seen = await rig.api.witnessed();
  assert.ok(!isRefused(seen));
  const since = { size: seen.size, root: seen.root };
  const began = performance.now();
  await rig.say("probe-h1", { kind: "census", host: "h1", census: digestOf(bytes), since }, [
    bytes,
  ]);
  console.log(
    `${(bytes.length / 1e6).toFixed(1)} MB in ${Math.round(performance.now() - began)} ms; peak ${Math.round(peakMegabytes())} MB`,
  );
  const blob = await rig.api.blob(digestOf(bytes));
  assert.ok(!isRefused(blob) && Buffer.compare(blob, bytes) === 0);
});

test("bodies over the limit are refused before they are read, and too many large ones at once wait", async () => {
  const headers = { "content-type": "application/json" };
  const big = "x".repeat(100 * 1024 * 1024);
  const response = await fetch(`${rig.url}/api/entries`, {
    method: "POST",
    body: big,
    headers,
  }).catch((error: Error) => error);
  // The server may close the connection while the rest is still being sent.
  if (response instanceof Response) assert.equal(response.status, 413);
  const small = await fetch(`${rig.url}/api/drafts`, {
    method: "POST",
    body: JSON.stringify({ reason: "x".repeat(70_000) }),
    headers,
  });
  assert.equal(small.status, 413);
  const statuses = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const body = JSON.stringify({ entry: "", blobs: ["A".repeat(80 * 1024 * 1024)] });
      const answer = await fetch(`${rig.url}/api/entries`, { method: "POST", body, headers }).catch(
        () => undefined,
      );
      return answer?.status;
    }),
  );
  assert.ok(statuses.includes(503), `${statuses}`);
  const estate = await rig.api.estate();
  assert.ok(!isRefused(estate), "the server is still there");
  console.log(`peak ${Math.round(peakMegabytes())} MB`);
});
