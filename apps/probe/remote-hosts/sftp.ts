/**
 * Another host's files over SFTP: read-only, nothing is run there, and nobody is spoken to but the
 * host whose key was pinned. What it answers is that host's word: whoever rules it can lie.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { Client, type ConnectConfig, type SFTPWrapper } from "ssh2";
import type { StoreLook } from "../behind/behind.ts";
import { NotRead, type ReadRange } from "../behind/ranged-reader.ts";
import type { GapReason } from "../coverage.ts";

const connectMilliseconds = 15_000;
const answerMilliseconds = 30_000;

export type DistantFile = {
  readonly name: string;
  readonly kind: "file" | "folder" | "link" | "other";
  readonly size: number;
  readonly modified: number;
};

export type Sftp = {
  /** What is in a folder, or why that cannot be told. Names that are no UTF-8 come mangled. */
  list(folder: string): Promise<readonly DistantFile[] | GapReason>;
  stat(path: string): Promise<DistantFile | GapReason>;
  read(path: string): ReadRange;
  close(): void;
};

/** True if a host's key is one of those pinned: `SHA256:` and base64 without padding. */
export function isPinned(key: Buffer, pinned: readonly string[]): boolean {
  const digest = createHash("sha256").update(key).digest("base64").replace(/=+$/, "");
  const own = Buffer.from(`SHA256:${digest}`);
  return pinned.some((one) => {
    const other = Buffer.from(one.replace(/=+$/, ""));
    return other.length === own.length && timingSafeEqual(own, other);
  });
}

/** Connects; a gap if the host cannot be reached, is another one, or does not let the probe in. */
export async function openSftp(look: StoreLook): Promise<Sftp | GapReason> {
  const client = new Client();
  const end = () => void client.end();
  const sftp = await new Promise<SFTPWrapper | GapReason>((resolve) => {
    client.on("ready", () => {
      client.sftp((error, opened) => resolve(error === undefined ? opened : "not-supported"));
    });
    client.on("error", ({ level }: Error & { level?: string }) => {
      resolve(level === "client-authentication" ? "no-permission" : "unreadable");
    });
    client.on("close", () => resolve("unreadable"));
    try {
      client.connect(configOf(look));
    } catch {
      // A private key that cannot be read, or is none.
      resolve("no-permission");
    }
  });
  if (typeof sftp === "string") {
    end();
    return sftp;
  }
  return {
    list: (folder) => listOf(sftp, folder),
    stat: (path) =>
      answered((done) =>
        sftp.lstat(path, (error, attributes) =>
          done(error === undefined ? fileOf("", attributes) : whyOf(error)),
        ),
      ),
    read: (path) => readOf(sftp, path),
    close: end,
  };
}

function configOf({ store }: StoreLook): ConnectConfig {
  const { url, secret } = store;
  const { password, privateKey, passphrase, hostKeys } = secret;
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? 22 : Number(url.port),
    username: decodeURIComponent(url.username),
    readyTimeout: connectMilliseconds,
    hostVerifier: (key: Buffer) => isPinned(key, hostKeys),
    ...(password === undefined ? {} : { password }),
    ...(privateKey === undefined ? {} : { privateKey: readFileSync(privateKey) }),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
}

/** An answer in time; a host that keeps silent in the middle is not waited for. */
function answered<T>(ask: (done: (answer: T | GapReason) => void) => void): Promise<T | GapReason> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve("unreadable"), answerMilliseconds);
    ask((answer) => {
      clearTimeout(timer);
      resolve(answer);
    });
  });
}

type Attributes = {
  readonly mode: number;
  readonly size: number;
  readonly mtime: number;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
};

function fileOf(name: string, attributes: Attributes): DistantFile {
  const { size, mtime: modified } = attributes;
  const kind = attributes.isFile()
    ? "file"
    : attributes.isDirectory()
      ? "folder"
      : attributes.isSymbolicLink()
        ? "link"
        : "other";
  return { name, kind, size, modified };
}

function listOf(sftp: SFTPWrapper, folder: string): ReturnType<Sftp["list"]> {
  return answered((done) =>
    sftp.readdir(folder, (error, rows) =>
      done(
        error === undefined
          ? rows.map(({ filename, attrs }) => fileOf(filename, attrs as Attributes))
          : whyOf(error),
      ),
    ),
  );
}

/** SSH_FX codes (draft-ietf-secsh-filexfer-02, 7). */
function whyOf(error: Error & { code?: unknown }): GapReason {
  switch (error.code) {
    case 2:
      return "vanished-while-read";
    case 3:
      return "no-permission";
    case 8:
      return "not-supported";
    default:
      return "unreadable";
  }
}

function readOf(sftp: SFTPWrapper, path: string): ReadRange {
  return async (offset, length) => {
    const handle = await answered<Buffer>((done) =>
      sftp.open(path, "r", (error, opened) => done(error === undefined ? opened : whyOf(error))),
    );
    if (typeof handle === "string") throw new NotRead(handle);
    try {
      const bytes = Buffer.alloc(length);
      for (let at = 0; at < length; ) {
        const count = await answered<number>((done) =>
          sftp.read(handle, bytes, at, length - at, offset + at, (error, read) =>
            done(error === undefined ? read : whyOf(error)),
          ),
        );
        if (typeof count === "string") throw new NotRead(count);
        if (count === 0) throw new NotRead("changed-while-read");
        at += count;
      }
      return bytes;
    } finally {
      sftp.close(handle, () => undefined);
    }
  };
}
