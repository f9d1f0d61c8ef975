/**
 * `node bench/spine/main.ts [--orders 200] [--writs 20] [--json]`: the whole of Writ as real
 * processes (server, three witnesses, a probe, an executor, services that they govern), measured
 * from outside, by the clock of whoever waits:
 * - order to checkpoint: from the request for a draft until a checkpoint that covers the signed
 *   order, cosigned by two of three witnesses, was fetched and verified;
 * - approval to certificate: from the approval that completes the quorum, given to the server,
 *   until the certificate's file was fetched and verified offline. In between, the executor has
 *   waited for witnesses twice and moved the service, and the probe has looked.
 * Needs `unshare`; ends with 2 where the machine has none, with 1 if something was not reached.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import {
  type Digest,
  fromUtf8,
  isRefused,
  readCosigned,
  trustRoot,
  verifyCertificate,
} from "@writ/core";
import { verifyNative } from "@writ/node";
import { type Estate, openEstate } from "../butler/estate.ts";
import { namespaceWords } from "../butler/host.ts";
import { must } from "../butler/must.ts";
import { Stage } from "../butler/stage.ts";

/** Orders come a little faster than the server's usual pace of checkpoints, one a second. */
const betweenOrdersMilliseconds = 400;
const glanceMilliseconds = 5;
/** What is not reached by then is a failure, not a figure. */
const patienceMilliseconds = 60_000;
/** The probe's own usual interval: what is measured must not hang on frequent looks. */
const lookEverySeconds = 60;
/** Components that are rolled back in turn, each with a process that serves it. */
const componentsMax = 20;

/** Before each writ: checkpoints made at once are paid back in twenty seconds (checkpointer.ts). */
const restMilliseconds = 20_000;

const { values: flags } = parseArgs({
  options: {
    orders: { type: "string", default: "200" },
    writs: { type: "string", default: "20" },
    json: { type: "boolean", default: false },
  },
});

/** Milliseconds from a moment until a question is answered with true. */
async function until(since: number, ask: () => Promise<boolean>): Promise<number> {
  while (!(await ask())) {
    if (performance.now() - since > patienceMilliseconds) throw new Error("not reached");
    await sleep(glanceMilliseconds);
  }
  return performance.now() - since;
}

async function orderToCheckpoint(estate: Estate, stage: Stage): Promise<number> {
  const root = must(trustRoot(estate.root));
  const since = performance.now();
  const { digest } = await stage.order();
  const { course } = must(await estate.api.writ(digest));
  const index = course[0]!.index;
  return until(since, async () => {
    const text = fromUtf8(must(await estate.api.checkpoint()));
    return must(readCosigned(root, text ?? "", verifyNative)).size > index;
  });
}

async function approvalToCertificate(estate: Estate, stage: Stage): Promise<number> {
  const writ = await stage.order();
  await writ.approve("ben");
  const since = performance.now();
  await writ.approve("cleo");
  return until(since, () => isCertified(estate, writ.digest));
}

/** True if a certificate of a writ can be had, and convinces a reader who has only the pin. */
async function isCertified({ api, id }: Estate, writ: Digest): Promise<boolean> {
  const file = await api.certificate(writ);
  if (isRefused(file)) return false;
  const verdict = must(verifyCertificate(file, { estate: id, verify: verifyNative }));
  if (verdict.writ !== writ) throw new Error("it certifies another writ");
  return true;
}

function figures(milliseconds: readonly number[]) {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  const quantile = (q: number) => Math.round(sorted[Math.ceil(sorted.length * q) - 1] ?? 0);
  return { runs: sorted.length, p50: quantile(0.5), p99: quantile(0.99), max: quantile(1) };
}

async function measure(folder: string, words: readonly string[]) {
  const writs = Number(flags.writs);
  const names = Array.from({ length: Math.min(writs, componentsMax) }, (_, at) => `service-${at}`);
  const components = Object.fromEntries([...names, "ordered"].map((name) => [name, ["h1"]]));
  const parts = { folder, words, hosts: ["h1"], components, silenceSeconds: 600 };
  const estate = await openEstate({ ...parts, lookEverySeconds, witnesses: 3 });
  try {
    const stageOf = (name: string) => new Stage(estate, estate.components.get(name)!);
    await stageOf("ordered").looked();
    const certified: number[] = [];
    for (let at = 0; at < writs; at += 1) {
      await sleep(restMilliseconds);
      certified.push(await approvalToCertificate(estate, stageOf(names[at % names.length]!)));
    }
    const checkpointed: number[] = [];
    for (let at = 0; at < Number(flags.orders); at += 1) {
      checkpointed.push(await orderToCheckpoint(estate, stageOf("ordered")));
      await sleep(Math.random() * 2 * betweenOrdersMilliseconds);
    }
    return {
      "order to checkpoint (ms)": figures(checkpointed),
      "approval to certificate (ms)": figures(certified),
    };
  } finally {
    await estate.stop();
  }
}

const words = namespaceWords();
if (words === undefined) {
  process.stderr.write("this machine gives no namespaces (unshare): a host cannot be had\n");
  process.exitCode = 2;
} else {
  const folder = await mkdtemp(join(tmpdir(), "writ-spine-"));
  const before = loadavg()[0]!;
  try {
    const rows = await measure(folder, words);
    const load = [before, loadavg()[0]!].map((one) => Number(one.toFixed(1)));
    if (flags.json) console.log(JSON.stringify({ ...rows, load }));
    else {
      console.table(rows);
      console.log(`load before and after: ${load.join(", ")}`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
