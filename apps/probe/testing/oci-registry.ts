/** A real OCI registry for tests (Debian's docker-registry), and what is pushed to it. */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What has things cleaned up when it is over: a test, or an estate of the bench. */
export type Cleaning = { after(clean: () => unknown): unknown };

/** Why a registry cannot run here; `undefined` if it can. */
export function lackOfRegistry(): string | undefined {
  const asked = spawnSync("docker-registry", ["--version"], { encoding: "utf8" });
  return asked.status === 0 ? undefined : "docker-registry is not installed";
}

/** Starts one with its own folder; `users` is an htpasswd text that it then asks for. */
export async function openOciRegistry(context: Cleaning, users?: string): Promise<OciRegistry> {
  const folder = mkdtempSync(join(tmpdir(), "writ-registry-"));
  const port = await freePort();
  writeFileSync(join(folder, "users"), users ?? "");
  const auth =
    users === undefined ? "" : `auth: {htpasswd: {realm: test, path: ${join(folder, "users")}}}\n`;
  writeFileSync(
    join(folder, "config.yml"),
    `version: 0.1\nlog: {level: error}\nhttp: {addr: "127.0.0.1:${port}", secret: s}\n${auth}` +
      `storage:\n  filesystem: {rootdirectory: ${folder}}\n  delete: {enabled: true}\n`,
  );
  const child = spawn("docker-registry", ["serve", join(folder, "config.yml")], {
    stdio: "ignore",
  });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  context.after(async () => {
    child.kill("SIGKILL");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  const url = `http://127.0.0.1:${port}`;
  const end = Date.now() + 60_000;
  while (Date.now() < end && child.exitCode === null) {
    const reply = await fetch(`${url}/v2/`).catch(() => undefined);
    if (reply !== undefined) return pusherTo(url);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("no registry answers");
}

export type OciRegistry = ReturnType<typeof pusherTo>;

export type Layer = { readonly type: string; readonly bytes: Uint8Array; readonly title?: string };

function pusherTo(url: string, authorization?: string) {
  const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
  const pushBlob = async (repository: string, bytes: Uint8Array) => {
    const begun = await fetch(`${url}/v2/${repository}/blobs/uploads/`, {
      method: "POST",
      headers,
    });
    const to = new URL(begun.headers.get("location")!, url);
    to.searchParams.set("digest", digestOf(bytes));
    const done = await fetch(to, {
      method: "PUT",
      headers: { ...headers, "content-type": "application/octet-stream" },
      body: bytes as Uint8Array<ArrayBuffer>,
    });
    if (done.status !== 201) throw new Error(`blob: ${done.status}`);
    return { digest: digestOf(bytes), size: bytes.length };
  };
  const pushManifest = async (repository: string, reference: string, document: object) => {
    const body = JSON.stringify(document);
    const done = await fetch(`${url}/v2/${repository}/manifests/${reference}`, {
      method: "PUT",
      headers: { ...headers, "content-type": (document as { mediaType: string }).mediaType },
      body,
    });
    if (done.status !== 201) throw new Error(`manifest: ${done.status} ${await done.text()}`);
    return digestOf(Buffer.from(body));
  };
  return {
    url,
    pushBlob,
    pushManifest,
    as: (user: string, password: string) =>
      pusherTo(url, `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`),
    /** Pushes layers as one image or artefact; gives the manifest's digest. */
    async push(repository: string, tag: string, layers: readonly Layer[]): Promise<string> {
      const config = await pushBlob(repository, Buffer.from("{}"));
      const rows = [];
      for (const { type, bytes, title } of layers) {
        const annotations =
          title === undefined ? {} : { annotations: { "org.opencontainers.image.title": title } };
        const row = { mediaType: type, ...(await pushBlob(repository, bytes)), ...annotations };
        rows.push(row);
      }
      return pushManifest(repository, tag, {
        schemaVersion: 2,
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        config: { mediaType: "application/vnd.oci.image.config.v1+json", ...config },
        layers: rows,
      });
    },
    async deleteManifest(repository: string, digest: string): Promise<void> {
      const done = await fetch(`${url}/v2/${repository}/manifests/${digest}`, {
        method: "DELETE",
        headers,
      });
      if (done.status !== 202) throw new Error(`delete: ${done.status}`);
    },
  };
}

export function digestOf(bytes: Uint8Array): `sha256:${string}` {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
