import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSegments, parseSwaps } from "./unseen-memory.ts";

test("segments that no process has attached are told by the bytes in use", () => {
  const text =
    "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid" +
    "      atime      dtime      ctime                   rss                  swap\n" +
    "         0          3  1600               4194304  1201  1300      2     0     0     0     0" +
    " 1764072000          0 1764072000               4194304                     0\n" +
    " 305419896          7   600             268435456  2211     0      0  1001  1001  1001  1001" +
    "          0          0 1764072000             201326592               4096\n";
  assert.deepEqual(parseSegments(text), [{ id: "7", bytes: 201_330_688 }]);
  assert.deepEqual(parseSegments(""), []);
  assert.deepEqual(parseSegments("not a table\n1 2 3\n"), []);
});

test("swap is told by what is used of it", () => {
  const text =
    "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n" +
    "/dev/sda3                               partition\t8388604\t\t131072\t\t-2\n" +
    "/var/swap\\040file                       file\t\t1048572\t\t0\t\t-3\n";
  assert.deepEqual(parseSwaps(text), [
    { place: "/dev/sda3", bytes: 134_217_728 },
    { place: "/var/swap file", bytes: 0 },
  ]);
});
