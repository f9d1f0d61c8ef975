/**
 * One probe to a data folder: two would seal two entries into one place of a chain. The lock is a
 * socket in Linux's abstract namespace (unix(7)), which the kernel frees at any death.
 */
import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { type Refused, refused } from "@writ/core";

/** Holds the folder until the server is closed, or refuses. */
export function holdAlone(data: string): Promise<Server | Refused> {
  const name = createHash("sha256").update(realpathSync(data)).digest("hex").slice(0, 32);
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve) => {
    server.once("error", () =>
      resolve(refused("unavailable", "another probe has this data folder in use")),
    );
    server.listen({ path: `\0writ-probe-${name}` }, () => resolve(server));
  });
}
