import assert from "node:assert/strict";
import { test } from "node:test";
import { isRefused } from "@writ/core";
import { readOptions } from "./options.ts";

const estate = `sha256:${"a".repeat(64)}`;
const run = ["run", "--data", "d", "--server", "http://127.0.0.1:1", "--estate", estate];

test("flags and environment say the same, and flags come first", () => {
  const options = readOptions(run, { WRIT_EXECUTOR_DATA: "other" });
  assert.deepEqual(options, {
    command: "run",
    data: "d",
    server: "http://127.0.0.1:1",
    estate,
    pollMilliseconds: 250,
    exitOnDistrust: false,
  });
  const environment = {
    WRIT_EXECUTOR_DATA: "d",
    WRIT_EXECUTOR_SERVER: "http://127.0.0.1:1",
    WRIT_EXECUTOR_ESTATE: estate,
  };
  assert.deepEqual(readOptions(["run"], environment), options);
  assert.deepEqual(readOptions(["init", "--data", "d"], {}), { command: "init", data: "d" });
});

test("whatever would let it start without its pin, or astray, is refused", () => {
  const without = (flag: string) => run.filter((_, i) => run[i] !== flag && run[i - 1] !== flag);
  for (const args of [
    [],
    ["walk"],
    ["init"],
    without("--data"),
    without("--server"),
    without("--estate"),
    [...run, "--estate", "latest"],
    [...run, "--server", "file:///etc/passwd"],
    [...run, "--poll-milliseconds", "0"],
    [...run, "--poll-milliseconds", "often"],
    [...run, "--believe-everything"],
  ]) {
    assert.ok(isRefused(readOptions(args, {})), args.join(" "));
  }
});
