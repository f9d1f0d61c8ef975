/** A story for each rule, and its benign twin: what looks alike and must raise nothing. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Flow } from "../sight/flow.ts";
import {
  censusOf,
  chatbotRegister,
  coverageOf,
  holder,
  mass,
  newWeights,
  oldWeights,
  placements,
  speaker,
  strangeWeights,
} from "../testing/chatbot.ts";
import { EstateKit } from "../testing/estate-kit.ts";
import { rules } from "./finding.ts";
import { findings } from "./findings.ts";

const order = { action: "rollback", component: "chatbot", from: "4.2", to: "3.8" } as const;
const told = new Set<string>();

async function estateOn(...hosts: readonly string[]): Promise<EstateKit> {
  const kit = new EstateKit();
  kit.found();
  kit.register(...chatbotRegister(...hosts));
  await kit.witness();
  for (const host of hosts) kit.sees(censusOf(host));
  await kit.witness();
  return kit;
}

/** Rules that the estate raises, each once, sorted. */
function raised(kit: EstateKit): readonly string[] {
  const names = [...new Set(findings(kit.estate).map(({ rule }) => rule))].sort();
  for (const name of names) told.add(name);
  return names;
}

function whereOf(kit: EstateKit, rule: string): readonly string[] {
  return findings(kit.estate)
    .filter((finding) => finding.rule === rule)
    .map(({ where }) => where);
}

describe("register × observation", () => {
  test("an estate that is as registered raises nothing", async () => {
    assert.deepEqual(raised(await estateOn("h1", "h2")), []);
  });

  test("weights that no release has are unregistered; a text file of that size is nothing", async () => {
    const kit = await estateOn("h1");
    kit.sees(censusOf("h1", { files: [mass("/srv/x/strange.gguf", strangeWeights)] }));
    assert.deepEqual(raised(kit), ["unregistered"]);
    const plain = mass("/srv/x/video.mp4", strangeWeights, { container: "mp4", kind: "plain" });
    kit.sees(censusOf("h1", { files: [plain] }));
    assert.deepEqual(raised(kit), []);
  });

  test("a vulnerability that affects what is there is told; one said not to is nothing", async () => {
    const kit = await estateOn("h1");
    const release = chatbotRegister("h1").find(
      (one) => one.document === "release" && one.release === "4.2",
    );
    assert.ok(release?.document === "release");
    const known = (state: "affected" | "not_affected" | "fixed" | "under_investigation") =>
      kit.register({ ...release, vulnerabilities: [{ id: "CVE-2026-7482", state }] });
    for (const state of ["under_investigation", "not_affected", "fixed"] as const) {
      known(state);
      assert.deepEqual(raised(kit), []);
    }
    known("affected");
    assert.deepEqual(raised(kit), ["vulnerable"]);
    const [finding] = findings(kit.estate);
    assert.match(finding!.left.says, /^chatbot@4\.2 is affected by CVE-2026-7482$/);
    assert.equal(finding!.since.index, finding!.left.entry);
    assert.ok(whereOf(kit, "vulnerable").some((where) => where.startsWith("pid ")));
  });

  test("weights that went out are told; what came in is nothing", async () => {
    const kit = await estateOn("h1");
    const flow = (sent: number, received: number): Flow => ({
      ...{ protocol: "tcp", local: "10.0.0.2:40000", remote: "203.0.113.7:22", accepted: false },
      ...{ open: true, sent, received, seen: "2026-01-01T00:00:00.000Z" },
      parties: [{ pid: 9, started: 9, how: "itself", command: "ssh", user: 0 }],
      carried: [{ pid: 9, how: "open", path: "/m", size: 8_000_000, digest: newWeights }],
    });
    kit.sees({ ...censusOf("h1"), flows: [flow(900, 8_000_000)] });
    assert.deepEqual(raised(kit), []);
    kit.sees({ ...censusOf("h1"), flows: [flow(8_000_000, 900)] });
    assert.deepEqual(raised(kit), ["weights-leaving"]);
  });

  test("a label that names other bytes than lie there is told; a true one is nothing", async () => {
    const kit = await estateOn("h1");
    const path = "/srv/chatbot/4.2/model.gguf";
    const label = { store: "ollama", name: "bot:1", said: "/srv/m", path, there: true } as const;
    kit.sees({ ...censusOf("h1"), labels: [{ ...label, digest: newWeights }] });
    assert.deepEqual(raised(kit), []);
    kit.sees({ ...censusOf("h1"), labels: [{ ...label, digest: oldWeights }] });
    assert.deepEqual(raised(kit), ["mislabelled"]);
  });

  test("what computes in much of a device's memory is accounted for, or unexplained", async () => {
    const kit = await estateOn("h1");
    const own = censusOf("h1").processes[0]!;
    const gpu = (pid: number, computes: boolean) => ({
      ...{ device: "0000:03:00.0", driver: "amdgpu" },
      users: [{ pid, memory: 8 * 1024 ** 3, computes, by: "kfd" as const }],
    });
    kit.sees({ ...censusOf("h1"), gpus: [gpu(own.pid, true), gpu(4000, false)] });
    assert.deepEqual(raised(kit), []);
    kit.sees({ ...censusOf("h1"), gpus: [gpu(4000, true)] });
    assert.deepEqual(raised(kit), ["unexplained-mass"]);
  });

  test("large opaque bytes are an unexplained mass", async () => {
    const kit = await estateOn("h1");
    const opaque = { container: "opaque", kind: "opaque", entropy: 7999 } as const;
    kit.sees(censusOf("h1", { files: [mass("/srv/x/blob", strangeWeights, opaque)] }));
    assert.deepEqual(raised(kit), ["unexplained-mass"]);
  });

  test("a registered file that a full look did not see is missing; outside the roots it is not", async () => {
    const kit = await estateOn("h1");
    kit.sees(censusOf("h1", { without: ["/srv/chatbot/3.8/model.gguf"] }));
    assert.deepEqual(raised(kit), ["missing"]);
    const elsewhere = { without: ["/srv/chatbot/3.8/model.gguf"], coverage: coverageOf(["/opt"]) };
    kit.sees(censusOf("h1", elsewhere));
    assert.deepEqual(raised(kit), ["coverage-shrunk"]);
  });

  test("the bytes of another release at a release's place are a wrong release", async () => {
    const kit = await estateOn("h1");
    const place = "/srv/chatbot/4.2/model.gguf";
    kit.sees(censusOf("h1", { without: [place], files: [mass(place, oldWeights)] }));
    assert.deepEqual(raised(kit), ["wrong-release"]);
  });

  test("a process that holds another release than its service's is a wrong release", async () => {
    const kit = await estateOn("h1");
    kit.sees(censusOf("h1", { runs: "nothing", processes: [holder(5, oldWeights)] }));
    assert.deepEqual(raised(kit), ["wrong-release"]);
  });

  test("a backup that reads a registered file raises nothing", async () => {
    const kit = await estateOn("h1");
    const backup = holder(6, oldWeights, { listens: [], command: ["tar"], hold: { how: "open" } });
    kit.sees(censusOf("h1", { processes: [backup] }));
    assert.deepEqual(raised(kit), []);
  });

  test("bytes of no release at a release's place are altered", async () => {
    const kit = await estateOn("h1");
    const place = "/srv/chatbot/4.2/model.gguf";
    kit.sees(censusOf("h1", { without: [place], files: [mass(place, strangeWeights)] }));
    assert.deepEqual(raised(kit), ["altered"]);
  });

  test("a copy of what may exist is misplaced; a second name of one mass that is placed is told too", async () => {
    const kit = await estateOn("h1");
    kit.sees(censusOf("h1", { files: [mass("/srv/copy/model.gguf", newWeights)] }));
    assert.deepEqual(raised(kit), ["misplaced"]);
    const place = "/srv/chatbot/4.2/model.gguf";
    const linked = mass(place, newWeights, { names: [place, "/srv/copy/hard-link"] });
    kit.sees(censusOf("h1", { without: [place], files: [linked] }));
    assert.deepEqual(whereOf(kit, "misplaced"), ["/srv/copy/hard-link"]);
  });

  test("a copy of what was retired is retired-present, in its registered place it is not", async () => {
    const kit = await estateOn("h1");
    await kit.carriedOut(order);
    kit.sees(censusOf("h1", { runs: "3.8" }));
    await kit.witness(3_700_000);
    assert.deepEqual(raised(kit), ["probe-silent"]);
    kit.sees(censusOf("h1", { runs: "3.8", files: [mass("/srv/tmp/a.log", newWeights)] }));
    assert.deepEqual(whereOf(kit, "retired-present"), ["/srv/tmp/a.log"]);
    assert.deepEqual(whereOf(kit, "probe-silent"), ["probe-h2"]);
  });

  test("a control that is not in force as registered is altered, however it is done", async () => {
    const kit = await estateOn("h1");
    for (const control of [
      { value: "false" },
      { value: "off" },
      { state: "missing" as const },
      { value: "false", because: "environment of pid 12" },
      { symlink: true },
    ]) {
      kit.sees(censusOf("h1", { control }));
      assert.deepEqual(raised(kit), ["control-altered"], JSON.stringify(control));
    }
    kit.sees(censusOf("h1"));
    assert.deepEqual(raised(kit), []);
  });

  test("a control changed and changed back between looks is told until humans settle it", async () => {
    const kit = await estateOn("h1");
    const passed = [{ state: "present" as const, value: "false" }];
    kit.sees(censusOf("h1", { control: { passed } }));
    assert.deepEqual(raised(kit), ["control-altered"]);
    kit.sees(censusOf("h1"));
    assert.deepEqual(raised(kit), ["control-altered"]);
    kit.register(...placements("h1").filter(({ document }) => document === "control"));
    assert.deepEqual(raised(kit), []);
    kit.sees(censusOf("h1", { control: { passed: [{ state: "present", value: "true" }] } }));
    assert.deepEqual(raised(kit), []);
  });

  test("a control with the same bytes and a newer change time was touched; another key was not it", async () => {
    const kit = await estateOn("h1");
    const [one, other] = [newWeights, oldWeights];
    const at = (second: number) => `2026-11-25T02:00:0${second}.000Z`;
    kit.sees(censusOf("h1", { control: { digest: one, changed: at(1) } }));
    kit.sees(censusOf("h1", { control: { digest: other, changed: at(2) } }));
    kit.sees(censusOf("h1", { control: { digest: other, changed: at(2) } }));
    assert.deepEqual(raised(kit), []);
    kit.sees(censusOf("h1", { control: { digest: other, changed: at(3) } }));
    kit.sees(censusOf("h1", { control: { digest: other, changed: at(3) } }));
    assert.deepEqual(raised(kit), ["control-touched"]);
    kit.register(...placements("h1").filter(({ document }) => document === "control"));
    assert.deepEqual(raised(kit), []);
  });

  test("an endpoint that says one release and holds another, or another than its port, is an impostor", async () => {
    const kit = await estateOn("h1");
    kit.sees(censusOf("h1", { endpoints: [speaker("chatbot-4.2")] }));
    assert.deepEqual(raised(kit), []);
    kit.sees(censusOf("h1", { runs: "3.8", endpoints: [speaker("chatbot-4.2")] }));
    assert.deepEqual(whereOf(kit, "endpoint-impostor"), ["http://127.0.0.1:8080/ pid 77"]);
    kit.sees(censusOf("h1", { endpoints: [speaker("mistral")] }));
    assert.deepEqual(raised(kit), ["endpoint-impostor"]);
    const elsewhere = speaker("mistral", { pid: 5, port: 9000 });
    kit.sees(censusOf("h1", { endpoints: [speaker("chatbot-4.2"), elsewhere] }));
    assert.deepEqual(raised(kit), []);
  });

  test("an endpoint that serves by the new name during and after a rollback is none", async () => {
    const kit = await estateOn("h1");
    const writ = await kit.carriedOut(order);
    kit.sees(censusOf("h1", { runs: "3.8", endpoints: [speaker("chatbot-3.8")] }));
    assert.equal(kit.state(writ), "fulfilled");
    assert.deepEqual(raised(kit), []);
    await kit.witness();
    const old = speaker("chatbot-4.2", { pid: 5, port: 9000 });
    kit.sees(censusOf("h1", { runs: "3.8", endpoints: [speaker("chatbot-3.8"), old] }));
    assert.deepEqual(whereOf(kit, "retired-present"), ["http://127.0.0.1:9000/ pid 5"]);
  });

  test("a probe not heard for longer than allowed is silent; a heartbeat is enough", async () => {
    const kit = await estateOn("h1");
    await kit.witness(200_000);
    kit.say("probe-h1", { kind: "heartbeat", host: "h1", spooled: 0 });
    kit.say("probe-h2", { kind: "heartbeat", host: "h2", spooled: 0 });
    await kit.witness(299_000);
    assert.deepEqual(raised(kit), []);
    await kit.witness(2_000);
    assert.deepEqual(raised(kit), ["probe-silent"]);
    assert.deepEqual(whereOf(kit, "probe-silent"), ["probe-h1", "probe-h2"]);
  });

  test("a look that lost a root, a vantage or its rights is shrunk; a wider one is not", async () => {
    const kit = await estateOn("h1");
    const whole = coverageOf(["/srv", "/opt"]);
    kit.sees(censusOf("h1", { coverage: whole }));
    assert.deepEqual(raised(kit), []);
    kit.sees(censusOf("h1", { coverage: coverageOf(["/srv"]) }));
    assert.deepEqual(whereOf(kit, "coverage-shrunk"), ["/opt"]);
    kit.sees(censusOf("h1", { coverage: whole.slice(0, 1) }));
    assert.deepEqual(raised(kit), ["coverage-shrunk"]);
    kit.sees(censusOf("h1", { coverage: coverageOf(["/"]) }));
    assert.deepEqual(raised(kit), []);
  });
});

describe("claim × observation", () => {
  test("done, says the butler, and the old release still runs: false completion", async () => {
    const kit = await estateOn("h1");
    const writ = await kit.carriedOut(order);
    kit.say("butler", { kind: "claim", says: "completed", writ });
    assert.deepEqual(raised(kit), []);
    kit.sees(
      censusOf("h1", { runs: "3.8", processes: [holder(9, newWeights, { listens: [9090] })] }),
    );
    assert.deepEqual(raised(kit), ["defied", "false-completion", "partial", "retired-present"]);
  });

  test("done, says the butler, though nobody did anything: false completion", async () => {
    const kit = await estateOn("h1");
    const writ = kit.propose(order, "butler");
    kit.say("butler", { kind: "claim", says: "completed", writ });
    await kit.witness();
    kit.sees(censusOf("h1"));
    assert.deepEqual(raised(kit), ["false-completion"]);
  });

  test("a true claim raises nothing", async () => {
    const kit = await estateOn("h1");
    const writ = await kit.carriedOut(order);
    kit.say("butler", { kind: "claim", says: "completed", writ });
    kit.sees(censusOf("h1", { runs: "3.8" }));
    assert.deepEqual(raised(kit), []);
  });

  test("an inventory with what is not there is false; one without what is there hides it", async () => {
    const kit = await estateOn("h1");
    const inventory = (...releases: readonly [string, boolean][]) =>
      kit.say("butler", {
        kind: "claim",
        says: "inventory",
        host: "h1",
        releases: releases.map(([release, running]) => ({
          component: "chatbot",
          release,
          running,
        })),
      });
    inventory(["4.2", true], ["3.8", false]);
    kit.sees(censusOf("h1"));
    assert.deepEqual(raised(kit), []);
    inventory(["4.2", true]);
    kit.sees(censusOf("h1"));
    assert.deepEqual(raised(kit), ["hidden-component"]);
    inventory(["4.2", false], ["3.8", true]);
    kit.sees(censusOf("h1"));
    assert.deepEqual(raised(kit), ["false-inventory"]);
  });
});

describe("writ × observation", () => {
  test("a kept copy defies a rollback, by name, place and since when", async () => {
    const kit = await estateOn("h1");
    const writ = await kit.carriedOut(order);
    const at = kit.estate.size;
    kit.sees(censusOf("h1", { runs: "3.8", files: [mass("/srv/tmp/a.log", newWeights)] }));
    assert.deepEqual(raised(kit), ["defied", "preserved-copy"]);
    const [copy] = findings(kit.estate).filter(({ rule }) => rule === "preserved-copy");
    assert.equal(copy!.where, "/srv/tmp/a.log");
    assert.equal(copy!.since.index, at);
    assert.equal(copy!.writ, writ);
  });

  test("half the hosts rolled back is partial", async () => {
    const kit = await estateOn("h1", "h2");
    await kit.carriedOut(order);
    kit.sees(censusOf("h1", { runs: "3.8" }));
    kit.sees(censusOf("h2"));
    const names = raised(kit);
    assert.ok(names.includes("partial"), names.join());
    assert.deepEqual([...new Set(findings(kit.estate).map(({ host }) => host))], ["h2"]);
  });

  test("what comes back after fulfilment is resurrected", async () => {
    const kit = await estateOn("h1");
    await kit.carriedOut(order);
    kit.sees(censusOf("h1", { runs: "3.8" }));
    await kit.witness();
    kit.sees(censusOf("h1", { runs: "3.8", processes: [holder(91, newWeights)] }));
    assert.ok(raised(kit).includes("resurrected"));
  });

  test("a later order the other way does not make the first one defied", async () => {
    const kit = await estateOn("h1");
    await kit.carriedOut(order);
    kit.sees(censusOf("h1", { runs: "3.8" }));
    await kit.witness();
    const back = { action: "replace", component: "chatbot", from: "3.8", to: "4.2" } as const;
    const writ = await kit.carriedOut(back);
    kit.sees(censusOf("h1", { runs: "4.2" }));
    assert.equal(kit.state(writ), "fulfilled");
    assert.deepEqual(raised(kit), []);
  });

  test("a retired release that an order calls back may run from its first step on, not before", async () => {
    const kit = await estateOn("h1");
    await kit.carriedOut(order);
    kit.sees(censusOf("h1", { runs: "3.8" }));
    await kit.witness();
    const back = { action: "replace", component: "chatbot", from: "3.8", to: "4.2" } as const;
    const writ = kit.propose(back);
    kit.decide("ben", writ);
    kit.decide("cleo", writ);
    await kit.witness();
    kit.sees(censusOf("h1", { runs: "4.2" }));
    assert.ok(raised(kit).includes("retired-present"));
    await kit.witness();
    kit.sees(censusOf("h1", { runs: "3.8" }));
    await kit.witness();
    kit.say("executor-h1", { kind: "execution", writ, step: 0, phase: "intent" });
    kit.sees(censusOf("h1", { runs: "4.2" }));
    assert.equal(kit.state(writ), "executing");
    assert.ok(!raised(kit).includes("retired-present"));
  });

  test("a deleted file that is still open defies a decommission, by process", async () => {
    const kit = await estateOn("h1");
    const writ = await kit.carriedOut({ action: "decommission", component: "chatbot" });
    const gone = ["/srv/chatbot/4.2/model.gguf", "/srv/chatbot/3.8/model.gguf"];
    const keeper = holder(321, newWeights, {
      command: ["tail", "-f"],
      listens: [],
      hold: { how: "open", deleted: true },
    });
    kit.sees(censusOf("h1", { runs: "nothing", without: gone, processes: [keeper] }));
    assert.equal(kit.state(writ), "defied");
    assert.deepEqual(raised(kit), ["defied", "preserved-copy"]);
    assert.match(whereOf(kit, "preserved-copy")[0]!, /pid 321/);
    await kit.witness();
    kit.sees(censusOf("h1", { runs: "nothing", without: gone }));
    assert.equal(kit.state(writ), "fulfilled");
    assert.deepEqual(raised(kit), []);
    assert.equal(kit.estate.register.releases.get("chatbot@3.8")!.lifecycle, "destroyed");
  });
});

describe("at the door", () => {
  test("a stranger's entry and a key in two places are found by the refusals that the server notes", async () => {
    const kit = await estateOn("h1");
    const note = (code: string) =>
      kit.say("journal", {
        kind: "refusal",
        code,
        entry: newWeights,
        signer: "0".repeat(32),
        count: 3,
        detail: "as told",
      });
    note("unknown-signer");
    assert.deepEqual(raised(kit), ["unknown-actor"]);
    note("chain-fork");
    assert.deepEqual(raised(kit), ["fork", "unknown-actor"]);
    note("malformed");
    assert.deepEqual(raised(kit), ["fork", "unknown-actor"]);
  });
});

test("every rule has been told", () => {
  assert.deepEqual([...told].sort(), Object.keys(rules).sort());
});
