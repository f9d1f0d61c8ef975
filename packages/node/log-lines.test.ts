import assert from "node:assert/strict";
import { it } from "node:test";
import { systemClock } from "./clock.ts";
import { logLines } from "./log-lines.ts";

it("writes one line of JSON for each event, whatever the facts hold", () => {
  const written: string[] = [];
  const log = logLines("server", { ...systemClock, now: () => 0 }, (line) => written.push(line));
  log("warning", "entry refused", {
    detail: 'a\n{"level":"info"}',
    level: "info",
    long: "x".repeat(5000),
  });
  assert.equal(written.length, 1);
  assert.equal(written[0]!.indexOf("\n"), written[0]!.length - 1);
  const line = JSON.parse(written[0]!);
  assert.equal(line.level, "warning", "a fact cannot take the place of what the line says itself");
  assert.equal(line.time, "1970-01-01T00:00:00.000Z");
  assert.equal(line.detail, 'a\n{"level":"info"}');
  assert.equal(line.long.length, 1001);
});
