/** What lies in the memory of processes by no file: a story for each finding, and what raises none. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hold, SeenProcess } from "../sight/census.ts";
import { censusOf, chatbotRegister, holder, newWeights, oldWeights } from "../testing/chatbot.ts";
import { EstateKit } from "../testing/estate-kit.ts";
import { findings } from "./findings.ts";

async function estate(): Promise<EstateKit> {
  const kit = new EstateKit();
  kit.found();
  kit.register(...chatbotRegister("h1"));
  await kit.witness();
  kit.sees(censusOf("h1"));
  await kit.witness();
  return kit;
}

const inMemory = (of: typeof oldWeights, completeness = 980): Hold => ({
  how: "memory",
  path: "/proc/99/mem",
  deleted: true,
  inode: { device: "memory", inode: "99.9900" },
  size: 20_000_000,
  known: [{ how: "fragment", of, completeness, evidence: "" }],
});

const keeper = (changes: Partial<SeenProcess>): SeenProcess => ({
  ...holder(99, newWeights),
  command: ["/usr/bin/python3", "worker.py"],
  listens: [],
  holds: [],
  ...changes,
});

function seeing(...more: readonly SeenProcess[]) {
  const census = censusOf("h1");
  return { ...census, processes: [...census.processes, ...more] };
}

const raised = (kit: EstateKit) =>
  findings(kit.estate).map(({ rule, where }) => `${rule} ${where}`);
const mass = (earlier: NonNullable<SeenProcess["memory"]>["earlier"] = []) =>
  keeper({ memory: { resident: 900_000_000, weights: 700_000_000, earlier } });

test("a rollback is defied by a process that keeps the old weights in its memory alone", async () => {
  const kit = await estate();
  const writ = await kit.carriedOut({ action: "decommission", component: "chatbot", from: "3.8" });
  const without = censusOf("h1", { without: ["/srv/chatbot/3.8/model.gguf"] });
  const held = keeper({ holds: [inMemory(oldWeights)] });
  kit.sees({ ...without, processes: [...without.processes, held] });
  assert.equal(kit.state(writ), "defied");
  const found = findings(kit.estate).find(({ rule }) => rule === "retired-present");
  assert.match(found?.where ?? "", /^pid 99 /);
  assert.match(found?.right.says ?? "", /in its own memory, by no file, fragment \(98 % of it\)/);
  kit.sees(without);
  assert.equal(kit.state(writ), "fulfilled");
});

test("a server that has the registered release in its memory raises nothing", async () => {
  const kit = await estate();
  kit.sees(seeing(keeper({ holds: [inMemory(newWeights)], memory: mass().memory! })));
  assert.deepEqual(raised(kit), []);
});

test("a server that has another release than its own in memory runs the wrong one; a reader does not", async () => {
  const kit = await estate();
  kit.sees(seeing(keeper({ holds: [inMemory(oldWeights)] })));
  assert.deepEqual(raised(kit), []);
  kit.sees(seeing(keeper({ holds: [inMemory(oldWeights)], listens: [8099] })));
  assert.match(raised(kit).join(), /^wrong-release pid 99 /);
});

test("a mass of numbers like weights that nothing accounts for is told, and since when", async () => {
  const kit = await estate();
  kit.sees(seeing(mass()));
  const [first] = findings(kit.estate);
  assert.equal(first?.rule, "unexplained-mass");
  assert.equal(first.where, "memory of pid 99 (/usr/bin/python3 worker.py)");
  assert.match(first.right.says, /at least 667 MiB of numbers like weights among 858 MiB/);
  await kit.witness();
  kit.sees(seeing(mass()));
  assert.equal(findings(kit.estate)[0]?.since.index, first.since.index);
  kit.sees(seeing());
  assert.deepEqual(raised(kit), []);
});

test("one that loaded a release and closed its file is accounted for, unless that ought to be gone", async () => {
  const kit = await estate();
  const path = "/srv/chatbot/4.2/model.gguf";
  kit.sees(seeing(mass([{ path, digest: newWeights }])));
  assert.deepEqual(raised(kit), []);
  const writ = await kit.carriedOut({ action: "decommission", component: "chatbot", from: "3.8" });
  const census = censusOf("h1", { without: ["/srv/chatbot/3.8/model.gguf"] });
  const kept = mass([{ path: "/tmp/x", digest: oldWeights }]);
  kit.sees({ ...census, processes: [...census.processes, kept] });
  const found = findings(kit.estate).find(({ rule }) => rule === "unexplained-mass");
  assert.match(found?.right.says ?? "", /it held \/tmp\/x earlier/);
  assert.equal(kit.state(writ), "fulfilled");
});
