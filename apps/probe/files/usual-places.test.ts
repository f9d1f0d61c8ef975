import assert from "node:assert/strict";
import { test } from "node:test";
import { isRefused } from "@writ/core";
import { readOptions } from "../options.ts";
import { usualPlaces } from "./usual-places.ts";

const pathsOf = (environment: Record<string, string>) =>
  usualPlaces(environment, "/home/ada").map(({ path }) => path);

test("a setting comes first, and never hides the place that was used before it", () => {
  const paths = pathsOf({ HF_HOME: "/data/hf/", OLLAMA_MODELS: "/data/ollama" });
  assert.deepEqual(paths.slice(0, 2), ["/data/hf/hub", "/data/ollama"]);
  assert.ok(paths.includes("/home/ada/.cache/huggingface"));
  assert.ok(paths.includes("/home/ada/.ollama/models"));
  assert.ok(paths.includes("/usr/share/ollama/.ollama/models"));
});

test("the hub's own order: the cache itself, then the home it lies in", () => {
  const paths = pathsOf({ HF_HOME: "/b", HF_HUB_CACHE: "/a", XDG_CACHE_HOME: "/c" });
  assert.deepEqual(paths.slice(0, 3), ["/a", "/b/hub", "/c/huggingface"]);
  assert.ok(paths.includes("/home/ada/.cache/huggingface"));
});

test("each place once; what is no absolute path is no place", () => {
  const paths = pathsOf({ HF_HUB_CACHE: "", OLLAMA_MODELS: "models", XDG_CACHE_HOME: "" });
  assert.equal(new Set(paths).size, paths.length);
  assert.ok(paths.every((path) => path.startsWith("/")));
});

test("usual places and engines are added only if asked for", () => {
  const args = ["--server", "http://x", "--data", "/d", "--host", "h", "--root", "/r"];
  const usual = { roots: () => ["/u"], engines: () => ["/e"] };
  const told = (more: string[]) => {
    const options = readOptions([...args, ...more], usual);
    return isRefused(options) ? options.detail : [options.roots, options.engines];
  };
  assert.deepEqual(told([]), [["/r"], []]);
  assert.deepEqual(told(["--engine", "/f"]), [["/r"], ["/f"]]);
  assert.deepEqual(told(["--usual"]), [["/r", "/u"], ["/e"]]);
  assert.match(String(told(["--engine", "relative"])), /absolute/);
});
