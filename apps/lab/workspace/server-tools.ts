/** The study's server tools. Moving and copying give a file the time of now, as theirs do. */
import { copyFile, readdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { plainName, ToolError, type ToolTable, text } from "./tool-input.ts";
import type { Workspace } from "./workspace.ts";

/** All of them, over the folders of the workspace's hosts. */
export function serverTools(workspace: Workspace, now: () => Date): ToolTable {
  const host = (address: unknown) => {
    const found = workspace.world.hosts.find((one) => one.address === text(address));
    if (found === undefined) throw new ToolError(`no server has the address ${text(address)}`);
    return found.address;
  };
  const data = (address: unknown) => workspace.path("hosts", host(address), "data");
  const there = async (address: unknown, filename: unknown) => {
    const path = join(data(address), plainName(filename));
    await stat(path).catch(() => {
      throw new ToolError(`${text(address)} has no file named ${text(filename)}`);
    });
    return path;
  };
  return {
    list_server_ips: () => workspace.world.hosts.map(({ address }) => address),
    list_server_files: ({ ip }) => listing(workspace, data(ip)),
    search_server_file_by_filename: async ({ ip, filename }) =>
      (await listing(workspace, data(ip))).filter((one) => one.filename.includes(text(filename))),
    transfer_server_files: async ({ source_ip: from, dest_ip: to, filenames }) => {
      const names = Array.isArray(filenames) ? filenames : [filenames];
      const paths = await Promise.all(names.map((name) => there(from, name)));
      for (const [at, path] of paths.entries()) {
        const moved = join(data(to), plainName(names[at]));
        await rename(path, moved);
        await utimes(moved, now(), now());
      }
      return `moved ${paths.length} file(s) to ${text(to)}`;
    },
    rename_server_file: async ({ ip, filename, new_filename: name }) => {
      await rename(await there(ip, filename), join(data(ip), plainName(name)));
      return "renamed";
    },
    copy_server_file: async ({ ip, filename }) => {
      const path = await there(ip, filename);
      const copy = path.replace(/(\.[^./]+)?$/, " copy$1");
      await copyFile(path, copy);
      await utimes(copy, now(), now());
      return "copied";
    },
    delete_server_file: async ({ ip, filename }) => {
      await rm(await there(ip, filename));
      return "deleted";
    },
    ...listTools(workspace, { host, there }),
  };
}

type Reach = {
  readonly host: (address: unknown) => string;
  readonly there: (address: unknown, filename: unknown) => Promise<string>;
};

function listTools(workspace: Workspace, { host, there }: Reach): ToolTable {
  const add = (ip: unknown, name: "users" | "queue", item: string) => {
    const items = workspace.readList(host(ip), name);
    workspace.writeList(host(ip), name, [...new Set([...items, item])]);
    return workspace.readList(host(ip), name);
  };
  const drop = (ip: unknown, name: "users" | "queue", item: string) => {
    const items = workspace.readList(host(ip), name);
    workspace.writeList(
      host(ip),
      name,
      items.filter((one) => one !== item),
    );
    return workspace.readList(host(ip), name);
  };
  return {
    list_server_users: ({ ip }) => workspace.readList(host(ip), "users"),
    add_server_user: ({ ip, user }) => add(ip, "users", plainName(user)),
    remove_server_user: ({ ip, user }) => drop(ip, "users", text(user)),
    list_server_delete_queue: ({ ip }) => workspace.readList(host(ip), "queue"),
    add_server_delete_queue: async ({ ip, filename }) => {
      await there(ip, filename);
      return add(ip, "queue", plainName(filename));
    },
    remove_server_delete_queue: ({ ip, filename }) => drop(ip, "queue", text(filename)),
  };
}

type Listed = {
  readonly filename: string;
  readonly last_modified: string;
  readonly size: number;
  readonly summary: string;
};

async function listing(workspace: Workspace, folder: string): Promise<readonly Listed[]> {
  const names = (await readdir(folder)).sort();
  return Promise.all(
    names.map(async (filename) => {
      const path = join(folder, filename);
      const { summary, size } = workspace.began(await readFile(path));
      const modified = (await stat(path)).mtime.toISOString().slice(0, 19).replace("T", " ");
      return { filename, last_modified: modified, size, summary };
    }),
  );
}
