/**
 * Builds the console into `built/`, unless it was built from these very sources before:
 * `node apps/console/build.ts`. Says so on standard error only if there is something to do.
 */
import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const project = join(folder, "../..");
const built = join(folder, "built");

/** Everything that the result is made of. */
const sources = [
  "apps/console/**/*.{ts,tsx,css,html,svg,json}",
  "packages/core/**/*.ts",
  "package-lock.json",
];

function digestOfSources(): string {
  const hash = createHash("sha256");
  const paths = sources
    .flatMap((pattern) => globSync(pattern, { cwd: project }))
    .filter((path) => !/\/(built[^/]*|testing|node_modules)\/|\.test\.ts$/.test(path))
    .sort();
  for (const path of paths) hash.update(`${path}\0`).update(readFileSync(join(project, path)));
  return hash.digest("hex");
}

async function main(): Promise<void> {
  const digest = digestOfSources();
  const stamp = join(built, "sources.sha256");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return;
  process.stderr.write("writ: building the console (once)…\n");
  const { build } = await import("vite");
  const { default: react } = await import("@vitejs/plugin-react");
  // Built aside and moved into place: a server that starts meanwhile sees the one or the other.
  const fresh = join(folder, `built-${process.pid}`);
  await build({
    configFile: false,
    root: folder,
    logLevel: "warn",
    plugins: [react()],
    build: {
      outDir: fresh,
      emptyOutDir: true,
      target: "es2023",
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 700,
    },
  });
  writeFileSync(join(fresh, "sources.sha256"), digest);
  rmSync(built, { recursive: true, force: true });
  renameSync(fresh, built);
}

await main();
