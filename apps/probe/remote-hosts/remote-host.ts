/**
 * Another host, looked at without a probe of its own: its files under a path, over SFTP. It sees
 * less than a probe there would: no processes, no times that cannot be set back, no other mounts.
 */
import type { StoreLook } from "../behind/behind.ts";
import { gapAt, lookInto } from "../behind/kept-object.ts";
import { tell } from "../behind/told.ts";
import { stateDigest } from "../object-stores/bucket.ts";
import { type DistantFile, openSftp, type Sftp } from "./sftp.ts";

/** Entries of one host in one look: at ten thousand a second, most of the time that it has. */
const entriesMax = 500_000;
const depthMax = 256;
/** File systems of a kernel's own: nothing in them is a file. */
const kernelFolders: ReadonlySet<string> = new Set(["/proc", "/sys", "/dev"]);

/** Looks at a host. */
export async function lookAtRemoteHost(look: StoreLook): Promise<void> {
  const { store, ledger } = look;
  const sftp = await openSftp(look);
  if (typeof sftp === "string") {
    gapAt(ledger, store.at, sftp);
    return;
  }
  look.onClose(sftp.close);
  const root = rootOf(store.url.pathname);
  const first = await sftp.stat(root);
  if (typeof first === "string") {
    // What is not there any more when it was told of is not seen: no proof of anything.
    gapAt(ledger, `${store.at}`, first === "vanished-while-read" ? "unreadable" : first);
    return;
  }
  if (first.kind === "file") await lookAtFile(look, sftp, { file: first, path: root });
  else await walk(look, sftp, root);
}

function rootOf(pathname: string): string {
  try {
    return decodeURIComponent(pathname).replace(/(.)\/+$/, "$1") || "/";
  } catch {
    return pathname;
  }
}

async function walk(look: StoreLook, sftp: Sftp, root: string): Promise<void> {
  const { ledger, store } = look;
  const folders = [{ path: root, depth: 0 }];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    const { path, depth } = next;
    const where = whereOf(look, path);
    if (look.now() >= look.ends || ledger.entries > entriesMax || depth > depthMax) {
      gapAt(ledger, where, "limit");
      return;
    }
    look.onProgress(where);
    const rows = await sftp.list(path);
    if (typeof rows === "string") {
      if (rows !== "vanished-while-read" || path === root) gapAt(ledger, where, rows);
      continue;
    }
    for (const file of rows) {
      if (file.name === "." || file.name === ".." || file.name.includes("/")) continue;
      const inside = path === "/" ? `/${file.name}` : `${path}/${file.name}`;
      // What is no UTF-8 comes with such marks, and cannot be asked for by them.
      if (file.name.includes("\ufffd")) {
        gapAt(ledger, whereOf(look, inside), "unreadable");
        continue;
      }
      // A link leads to what is a file of its own, or out of the path that was told.
      if (file.kind === "folder" && !kernelFolders.has(inside)) {
        folders.push({ path: inside, depth: depth + 1 });
      } else if (file.kind === "file") {
        if (look.now() >= look.ends) return gapAt(ledger, store.at, "limit");
        await lookAtFile(look, sftp, { file, path: inside });
      }
    }
  }
}

type Met = { readonly file: DistantFile; readonly path: string };

async function lookAtFile(look: StoreLook, sftp: Sftp, { file, path }: Met): Promise<void> {
  const { size, modified } = file;
  const where = whereOf(look, path);
  const state = `${where} ${size} ${modified}`;
  const object = { size, state, where, readRange: sftp.read(path) };
  const looked = await lookInto(object, look);
  if (looked === undefined) return;
  tell(look, {
    ...{ object, looked, key: looked.digest ?? stateDigest(state), isNamedArchive: true },
    spot: { store: look.store.at, holder: "host", path, fate: "visible" },
  });
}

/** `ssh://USER@HOST:PORT` and the path there. */
function whereOf({ store }: StoreLook, path: string): string {
  const { username, host } = store.url;
  return `ssh://${username}@${host}${path}`;
}
