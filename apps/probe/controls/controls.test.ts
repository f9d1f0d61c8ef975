import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { ControlReading, SeenControl } from "@writ/core";
import { coverageOf, freshFolder, lookAt } from "../testing/scene.ts";
import { valueIn } from "./control-value.ts";

const inForce = (format: ControlReading["format"], key: string, text: string): string => {
  const value = valueIn(text, { format, key });
  if ("malformed" in value) return "malformed";
  return value.found ? `${value.value} (${value.because})` : `none (${value.because})`;
};

test("the value in force, in each format, after duplicates and comments", () => {
  const cases: [ControlReading["format"], string, string, string][] = [
    ["json", "a.b", '{"a":{"b":true}}', "true (file)"],
    ["json", "a.b", '{"a":{"b":true,"b":false}}', "false (later duplicate key)"],
    ["json", "a.b", '{"a":{"b":true},"a":{"b":"off"}}', "off (later duplicate key)"],
    ["json", "a.b", '{"a":{"b":true},"a":{}}', "none (no such key)"],
    ["json", "a.b", '{"a.b":1}', "1 (file)"],
    [
      "json",
      "a.b",
      '{"a":{"B":false,"b":true}}',
      "false (a key that some loaders take for the same: B)",
    ],
    [
      "json",
      "a.b",
      '{"a":{"b":true},"A":{"b":"off"}}',
      "off (a key that some loaders take for the same: A)",
    ],
    ["json", "a.b", '{"a":{"b":true,"B":true},"A":{"c":1}}', "true (file)"],
    ["json", "a_b", '{"a_b":true,"a\\u005fb":false}', "false (later duplicate key)"],
    ["json", "a", '{\n\t"a": true\n}', "true (file)"],
    ["json", "list.1", '{"list":["x","y"]}', "y (file)"],
    ["json", "a", '{"a":null}', "null (file)"],
    ["json", "a", '{"a":{"b":[1,2]}}', '{"b":[1,2]} (file)'],
    ["json", "a", '{"a":true} // not JSON', "malformed"],
    ["json", "__proto__", "{}", "none (no such key)"],
    ["json", "toString", "{}", "none (no such key)"],
    ["yaml", "a.b", "a:\n  b: true\n", "true (file)"],
    ["yaml", "a.b", "a:\n  # b: true\n  c: 1\n", "none (no such key)"],
    ["yaml", "a.b", "a:\n  b: true\n  b: off\n", "off (later duplicate key)"],
    ["yaml", "a.b", "base: &x\n  b: 7\na:\n  <<: *x\n", "7 (file)"],
    ["yaml", "a.b", "base: &x\n  b: 7\na: *x\n", "7 (file)"],
    ["yaml", "a", "a: [", "malformed"],
    ["toml", "s.k", "[s]\nk = true\n", "true (file)"],
    ["toml", "s.k", "[s]\nk = true\nk = false\n", "malformed"],
    ["toml", "s.k", "[s]\n# k = true\n", "none (no such key)"],
    ["ini", "Service.Restart", "[Service]\nRestart=no\n", "no (file)"],
    [
      "ini",
      "Service.Restart",
      "[Service]\nRestart=no\n;Restart=x\nRestart = always\n",
      "always (later duplicate key)",
    ],
    ["ini", "k", "k: v\n[s]\nk=w\n", "v (file)"],
    ["ini", "s.on", "[s]\non=yes\nOn=no\n", "no (a key that some loaders take for the same: s.On)"],
    ["env", "KEY", "export KEY='a b' # note\n", "a b (file)"],
    ["env", "KEY", "KEY=1\n#KEY=2\nKEY=3\n", "3 (later duplicate key)"],
    ["env", "KEY", "# KEY=1\n", "none (no such key)"],
  ];
  for (const [format, key, text, expected] of cases) {
    assert.equal(inForce(format, key, text), expected, `${format} ${key} ${text}`);
  }
  assert.deepEqual(valueIn(" 4\n", { format: "text" }), {
    found: true,
    value: "4",
    because: "file",
  });
});

test("a YAML bomb is not set off", () => {
  const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"];
  for (let i = 1; i < 12; i += 1) {
    const alias = `*a${i - 1}`;
    lines.push(`a${i}: &a${i} [${Array(9).fill(alias).join(", ")}]`);
  }
  const began = Date.now();
  const value = valueIn(`${lines.join("\n")}\n`, { format: "yaml", key: "a11" });
  assert.ok(Date.now() - began < 2000);
  assert.ok("malformed" in value || value.found, JSON.stringify(value).slice(0, 100));
});

async function seen(reading: ControlReading): Promise<SeenControl> {
  const census = await lookAt([], { assignment: { controls: [{ control: "stop", reading }] } });
  return census.controls[0]!;
}

function configuration(context: TestContext, text: string) {
  const folder = freshFolder(context);
  const path = join(folder, "flags.json");
  writeFileSync(path, text, { mode: 0o640 });
  return { folder, path, reading: { path, format: "json", key: "shutdown_enabled" } as const };
}

test("a control is told with its value, its owner and its mode", async (context) => {
  const { path, reading } = configuration(context, '{"shutdown_enabled":true}');
  const control = await seen(reading);
  assert.equal(control.state, "present");
  assert.equal(control.value, "true");
  assert.equal(control.mode, "0640");
  assert.equal(control.owner, process.getuid?.());
  assert.equal(control.symlink, false);
  chmodSync(path, 0o666);
  const after = await seen(reading);
  assert.equal(after.mode, "0666");
  assert.notEqual(after.changed, control.changed);
});

test("a removed key, a missing file, a folder in its place", async (context) => {
  const { path, folder, reading } = configuration(context, "{}");
  const removed = await seen(reading);
  assert.deepEqual([removed.state, removed.value], ["present", undefined]);
  const gone = await seen({ ...reading, path: join(folder, "none.json") });
  assert.deepEqual([gone.state, gone.value, gone.digest], ["missing", undefined, undefined]);
  renameSync(path, `${path}.old`);
  mkdirSync(path);
  assert.equal((await seen(reading)).state, "unreadable");
});

test("a symlink in the control's place is told, and what it leads to is read", async (context) => {
  const { path, folder, reading } = configuration(context, '{"shutdown_enabled":true}');
  writeFileSync(join(folder, "decoy"), '{"shutdown_enabled":false}');
  renameSync(path, `${path}.old`);
  symlinkSync("decoy", path);
  const linked = await seen(reading);
  assert.deepEqual([linked.symlink, linked.value], [true, "false"]);
  const through = join(freshFolder(context), "way");
  symlinkSync(folder, through);
  const indirect = await seen({ ...reading, path: join(through, "decoy") });
  assert.match(indirect.because ?? "", /linked folder/);
});

test("an environment variable of the service shadows the file", async (context) => {
  const { folder, reading } = configuration(context, '{"shutdown_enabled":true}');
  const environment = `STOP_${process.pid}`;
  const elsewhere = freshFolder(context);
  const start = async (cwd: string, value: string) => {
    const child = spawn("sh", ["-c", "echo ready; exec sleep 60"], {
      cwd,
      env: { ...process.env, [environment]: value },
      stdio: ["ignore", "pipe", "inherit"],
    });
    context.after(() => child.kill("SIGKILL"));
    await once(child.stdout, "data");
    return child.pid;
  };
  await start(elsewhere, "false");
  const untouched = await seen({ ...reading, environment });
  assert.equal(untouched.value, "true");
  await start(folder, "true");
  const pid = await start(folder, "false");
  const shadowed = await seen({ ...reading, environment });
  assert.equal(shadowed.value, "false");
  assert.equal(shadowed.because, `file; environment of pid ${pid}`);
});

test("release links and config lines are told, and so is their absence", async (context) => {
  const { folder, reading } = configuration(context, '{"shutdown_enabled":"v4.2"}');
  symlinkSync("releases/4.2", join(folder, "current"));
  const census = await lookAt([], {
    assignment: {
      links: [join(folder, "current"), join(folder, "previous"), join(folder, "flags.json")],
      lines: [reading, { ...reading, key: "other" }],
    },
  });
  assert.deepEqual(census.links, [
    { path: join(folder, "current"), target: "releases/4.2" },
    { path: join(folder, "previous") },
    { path: join(folder, "flags.json") },
    { path: reading.path, value: "v4.2" },
    { path: reading.path },
  ]);
  assert.deepEqual(coverageOf(census, "controls").gaps, []);
});
