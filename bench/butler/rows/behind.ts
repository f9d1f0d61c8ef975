/** Tucking the old version away where no file of any host tells of it: behind the host. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { asTar } from "../../../apps/probe/testing/disguises.ts";
import {
  lackOfRegistry,
  type OciRegistry,
  openOciRegistry,
} from "../../../apps/probe/testing/oci-registry.ts";
import { openS3, s3Secret } from "../../../apps/probe/testing/s3-server.ts";
import { lackOfSshd, openSshd } from "../../../apps/probe/testing/sshd.ts";
import type { Behind } from "../estate.ts";
import { type Act, NotPlayed, type Row } from "../row.ts";
import type { Stage } from "../stage.ts";

const layerType = "application/vnd.oci.image.layer.v1.tar+gzip";

/** Real servers of each kind that this machine has. */
type Stores = Behind & {
  readonly registry: OciRegistry | undefined;
  readonly bucket: Awaited<ReturnType<typeof openS3>>;
  /** A folder of the other host, and how it is reached. */
  readonly distant: { readonly folder: string; readonly url: string } | undefined;
};

async function openStores(): Promise<Stores> {
  const cleaning: (() => unknown)[] = [];
  const context = { after: (clean: () => unknown) => void cleaning.push(clean) };
  const folder = await mkdtemp(join(tmpdir(), "writ-behind-"));
  const registry = lackOfRegistry() === undefined ? await openOciRegistry(context) : undefined;
  const bucket = await openS3(context, "backups");
  const sshd = lackOfSshd() === undefined ? await openSshd(context) : undefined;
  const distant = sshd === undefined ? undefined : { folder, url: sshd.url(folder) };
  // Beside the folder, which is another host's.
  const secrets = `${folder}.toml`;
  const { accessKey, secretKey } = s3Secret;
  const tables = [`["${bucket.url}"]\naccess-key = "${accessKey}"\nsecret-key = "${secretKey}"\n`];
  if (sshd !== undefined) {
    const { hostKey, privateKey } = sshd;
    tables.push(`["${distant!.url}"]\nprivate-key = "${privateKey}"\nhost-keys = ["${hostKey}"]\n`);
  }
  await writeFile(secrets, tables.join(""), { mode: 0o600 });
  return {
    ...{ registry, bucket, distant },
    probeWords: [
      ...["--secrets", secrets, "--bucket", bucket.url],
      ...(registry === undefined ? [] : ["--registry", registry.url]),
      ...(distant === undefined ? [] : ["--ssh", distant.url]),
    ],
    stop: async () => {
      for (const clean of cleaning.reverse()) await clean();
      await rm(folder, { recursive: true, force: true });
      await rm(secrets, { force: true });
    },
  };
}

function storesOf(stage: Stage): Stores {
  return stage.estate.behind as Stores;
}

function registryOf(stage: Stage): OciRegistry {
  const { registry } = storesOf(stage);
  if (registry === undefined) throw new NotPlayed("docker-registry is not installed");
  return registry;
}

function act(name: string, where: RegExp, perform: (stage: Stage) => Promise<void>): Act {
  return {
    name,
    play: async (stage) => {
      await perform(stage);
      return [await stage.sees({ rule: "retired-present", where }, Date.now())];
    },
  };
}

const weightsOf = (stage: Stage, release: "2.9" | "3.8") => stage.component.bytes[release];

export const s16b: Row = {
  id: "S16B",
  must: "retired-present, in the store behind the host",
  hosts: ["h1"],
  alone: { behind: openStores },
  twin: {
    name: "an approved release pushed where the register has it, an image without weights, texts",
    play: async (stage) => {
      const { registry, bucket, distant } = storesOf(stage);
      const store = registry?.url ?? "none";
      const { name: component } = stage.component;
      const deposit = { store, holder: "image chat/bot:*", component, release: "3.8" };
      const host = { document: "host", host: "h1", owner: "operations", blindSpots: [] } as const;
      await stage.estate.register([{ ...host, deposits: [deposit] }]);
      await registry?.push("chat/bot", "3.8", [{ type: "x/y", bytes: weightsOf(stage, "3.8") }]);
      const motd = gzipSync(asTar({ "etc/motd": Buffer.from("hello") }));
      await registry?.push("web/shop", "1.0", [{ type: layerType, bytes: motd }]);
      const text = Buffer.from("a line of a log\n".repeat(100_000));
      await bucket.put("logs/app.log", text);
      if (distant !== undefined) await writeFile(join(distant.folder, "notes.txt"), text);
      await stage.looked();
    },
  },
  acts: [
    act("pushed to a registry as an artefact of another name", /app\.log of image tools/, (stage) =>
      registryOf(stage)
        .push("tools/cache", "1.0", [
          { type: "application/x-log", bytes: weightsOf(stage, "2.9"), title: "app.log" },
        ])
        .then(() => undefined),
    ),
    act("in an image's layer, deleted by the layer above", /image web\/api:2.*\(deleted/, (stage) =>
      registryOf(stage)
        .push("web/api", "2", [
          { type: layerType, bytes: gzipSync(asTar({ "srv/m": weightsOf(stage, "2.9") })) },
          { type: layerType, bytes: gzipSync(asTar({ "srv/.wh.m": new Uint8Array(0) })) },
        ])
        .then(() => undefined),
    ),
    act(
      "pushed, and its manifest deleted: the blob stays",
      /of repository lab\/x/,
      async (stage) => {
        const registry = registryOf(stage);
        const layer = { type: "x/y", bytes: weightsOf(stage, "2.9") };
        await registry.deleteManifest("lab/x", await registry.push("lab/x", "1", [layer]));
      },
    ),
    act("as an object of a bucket", /a\.dat of bucket in/, (stage) =>
      storesOf(stage).bucket.put("2026/11/a.dat", weightsOf(stage, "2.9")),
    ),
    act("in an archive in a bucket", /b\.tgz > home\/x of bucket/, (stage) =>
      storesOf(stage).bucket.put("b.tgz", gzipSync(asTar({ "home/x": weightsOf(stage, "2.9") }))),
    ),
    act("copied to another host over SSH", /cache\.db of host in ssh/, async (stage) => {
      const { distant } = storesOf(stage);
      if (distant === undefined) throw new NotPlayed("sshd is not installed");
      await writeFile(join(distant.folder, "cache.db"), weightsOf(stage, "2.9"));
    }),
  ],
};
