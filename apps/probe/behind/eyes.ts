/** Who looks at which kind of store; loaded when one is told of, since most probes have none. */
import type { BehindParts } from "./behind.ts";

export const eyes: BehindParts["eyes"] = {
  registry: async (look) => (await import("../registries/registry.ts")).lookAtRegistry(look),
  hub: async (look) => (await import("../registries/hub.ts")).lookAtHub(look),
  mlflow: async (look) => (await import("../registries/mlflow.ts")).lookAtMlflow(look),
  bucket: async (look) => (await import("../object-stores/bucket.ts")).lookAtBucket(look),
  ssh: async (look) => (await import("../remote-hosts/remote-host.ts")).lookAtRemoteHost(look),
};
