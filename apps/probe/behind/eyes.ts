/** Who looks at which kind of store. */
import { lookAtBucket } from "../object-stores/bucket.ts";
import { lookAtHub } from "../registries/hub.ts";
import { lookAtMlflow } from "../registries/mlflow.ts";
import { lookAtRegistry } from "../registries/registry.ts";
import { lookAtRemoteHost } from "../remote-hosts/remote-host.ts";
import type { BehindParts } from "./behind.ts";

export const eyes: BehindParts["eyes"] = {
  registry: lookAtRegistry,
  hub: lookAtHub,
  mlflow: lookAtMlflow,
  bucket: lookAtBucket,
  ssh: lookAtRemoteHost,
};
