import assert from "node:assert/strict";
import { test } from "node:test";
import { parseContainer } from "./proc.ts";

const id = "4823aa80f206bae7145168ebc6917421dfdb6a1b716c862f9e45a3be875fd011";

test("a container is named by the control group, as each engine writes it", () => {
  const groups = [
    `9:name=systemd:/libpod_parent/libpod-${id}\n0::/libpod_parent/libpod-${id}\n`,
    `0::/machine.slice/libpod-${id}.scope/container\n`,
    `0::/system.slice/docker-${id}.scope\n`,
    `12:pids:/docker/${id}\n0::/\n`,
    `0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-${id}.scope\n`,
    `0::/kubepods.slice/crio-${id}.scope\n`,
  ];
  for (const group of groups) assert.equal(parseContainer(group), id, group);
});

test("what is no container is named none", () => {
  const groups = [
    "0::/user.slice/user-0.slice/session-1.scope\n",
    "",
    `0::/x${id}0\n`,
    `0::/${id}ff`,
  ];
  for (const group of groups) assert.equal(parseContainer(group), undefined, group);
});
