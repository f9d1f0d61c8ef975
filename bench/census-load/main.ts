/**
 * `node bench/census-load/main.ts [--masses 100000] [--seconds 10] [--json]`: how long others wait
 * for the server while it takes in a large census and derives its findings. A thread of its own
 * signs small entries one after another (the road that an approval takes: signature, admission,
 * durable), alone first, then with a probe that sends censuses and a console that asks for
 * findings.
 */
import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { digestOf, encodeCanonical, type Json } from "@writ/core";
import { Rig } from "../../apps/server/testing/rig.ts";
import { censusOf, chatbotRegister, mass } from "../../packages/core/testing/chatbot.ts";
import type { Asked, Measured } from "./speaker.ts";

const { values: flags } = parseArgs({
  options: {
    masses: { type: "string", default: "100000" },
    seconds: { type: "string", default: "10" },
    json: { type: "boolean", default: false },
  },
});

/** A census in which every mass is a finding, and none is as in the round before. */
function censusBytes(round: number): Uint8Array {
  const files = Array.from({ length: Number(flags.masses) }, (_, at) => {
    const digest = digestOf(new TextEncoder().encode(`${round} ${at}`));
    const inode = { device: "1", inode: String(at) };
    const kind = at % 10 === 0 ? "model" : "opaque";
    return mass(`/srv/data/folder-${at % 1000}/file-${at}`, digest, { inode, kind, entropy: 7800 });
  });
  return encodeCanonical(censusOf("h1", { files }) as unknown as Json);
}

function figures(milliseconds: readonly number[]) {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  const quantile = (q: number) => Math.round(sorted[Math.ceil(sorted.length * q) - 1] ?? 0);
  return { entries: sorted.length, p50: quantile(0.5), p95: quantile(0.95), max: quantile(1) };
}

function ask(speaker: Worker, asked: Asked): Promise<Measured> {
  return new Promise((resolve, reject) => {
    speaker.once("message", resolve);
    speaker.once("error", reject);
    speaker.postMessage(asked);
  });
}

async function measure(rig: Rig) {
  const speaker = new Worker(new URL("./speaker.ts", import.meta.url), {
    workerData: { url: rig.url, estate: rig.estate },
  });
  try {
    const seconds = Number(flags.seconds);
    await ask(speaker, { seconds: 1 });
    const alone = figures((await ask(speaker, { seconds })).milliseconds);
    const blobs = [censusBytes(1), censusBytes(2)];
    let taken = 0;
    const measuring = ask(speaker, { untilTold: true });
    for (const blob of blobs) {
      const began = performance.now();
      const since = { size: 0, root: "0".repeat(64) };
      await rig.say("probe-h1", { kind: "census", host: "h1", census: digestOf(blob), since }, [
        blob,
      ]);
      await rig.api.findings();
      taken = Math.max(taken, performance.now() - began);
    }
    await sleep(seconds * 100);
    speaker.postMessage({ stop: true });
    const meanwhile = figures((await measuring).milliseconds);
    return { alone, meanwhile, "census until findings (ms)": Math.round(taken) };
  } finally {
    await speaker.terminate();
  }
}

const rig = await Rig.open({ witnesses: 1, threshold: 1 });
try {
  await rig.found();
  await rig.say("ada", { kind: "register", set: [...chatbotRegister("h1")], remove: [] });
  const rows = await measure(rig);
  const load = Number(loadavg()[0]!.toFixed(1));
  const { alone, meanwhile, ...taken } = rows;
  if (flags.json) console.log(JSON.stringify({ masses: Number(flags.masses), ...rows, load }));
  else {
    console.table({ alone, meanwhile });
    console.log(taken, `load ${load}`);
  }
} finally {
  await rig.close();
}
