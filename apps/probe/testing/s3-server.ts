/** A real S3 server for tests, which checks signatures: s3rver, in this process. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AwsClient } from "aws4fetch";
import type { Cleaning } from "./oci-registry.ts";

export const s3Secret = { accessKey: "S3RVER", secretKey: "S3RVER" };

type Server = { run(): Promise<{ port: number }>; close(): Promise<void> };

/** Starts one with an empty bucket. */
export async function openS3(context: Cleaning, bucket: string) {
  // It brings no types of its own.
  const library: string = "@20minutes/s3rver";
  const { default: S3rver } = (await import(library)) as { default: new (o: object) => Server };
  const directory = mkdtempSync(join(tmpdir(), "writ-s3-"));
  const server = new S3rver({
    ...{ port: 0, address: "127.0.0.1", silent: true, directory },
    configureBuckets: [{ name: bucket, configs: [] }],
  });
  const { port } = await server.run();
  context.after(async () => {
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const url = `http://127.0.0.1:${port}/${bucket}`;
  const { accessKey: accessKeyId, secretKey: secretAccessKey } = s3Secret;
  const client = new AwsClient({ accessKeyId, secretAccessKey, service: "s3" });
  return {
    url,
    async put(key: string, bytes: Uint8Array): Promise<void> {
      const path = key.split("/").map(encodeURIComponent).join("/");
      const body = bytes as Uint8Array<ArrayBuffer>;
      const done = await client.fetch(`${url}/${path}`, { method: "PUT", body });
      if (done.status !== 200) throw new Error(`put: ${done.status} ${await done.text()}`);
    },
  };
}
