/** Who looks at which kind of store. */
import { lookAtBucket } from "../object-stores/bucket.ts";
import { lookAtRegistry } from "../registries/registry.ts";
import { lookAtRemoteHost } from "../remote-hosts/remote-host.ts";
import type { BehindParts } from "./behind.ts";

export const eyes: BehindParts["eyes"] = {
  registry: lookAtRegistry,
  bucket: lookAtBucket,
  ssh: lookAtRemoteHost,
};
