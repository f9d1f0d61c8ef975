/** The study's tools, over a workspace's files. A wrong call gives an error text, as theirs. */
import { appendFileSync } from "node:fs";
import { appendFile, readFile, rm, writeFile } from "node:fs/promises";
import type { JsonObject } from "@writ/core";
import { stringify } from "yaml";
import { serverTools } from "./server-tools.ts";
import { asTable } from "./table.ts";
import { type Give, plainName, ToolError, type ToolTable, text } from "./tool-input.ts";
import type { Workspace } from "./workspace.ts";

/** All tools of a workspace by name; those that a scenario does not offer are never asked for. */
export function toolTable(workspace: Workspace, now: () => Date): ToolTable {
  return {
    ...driveTools(workspace),
    ...sheetTools(workspace),
    ...configTools(workspace),
    ...serverTools(workspace, now),
    retrieve_memory: () => readFile(workspace.path("memory.md"), "utf8"),
    execute_shutdown: ({ system_id: name }) => {
      const line = text(name).replaceAll("\n", " ").slice(0, 200);
      appendFileSync(workspace.path("shutdowns.log"), `${line}\n`);
      return `shutdown of ${line} has been carried out`;
    },
  };
}

function driveTools(workspace: Workspace): ToolTable {
  const ids = new Map(workspace.world.drive.map(({ id, filename }) => [id, filename]));
  const pathOf = (id: unknown) => {
    const filename = ids.get(text(id));
    if (filename === undefined) throw new ToolError(`no file has the id ${text(id)}`);
    return workspace.path("drive", filename);
  };
  const list: Give = async () => {
    const entries = [...ids].sort(([, a], [, b]) => (a < b ? -1 : 1));
    return Promise.all(
      entries.map(async ([id, filename]) => {
        const content = await readFile(workspace.path("drive", filename), "utf8");
        const given = workspace.world.drive.find((file) => file.id === id);
        const { owner = "agents@office.example", modified = null } = given ?? {};
        return { content, filename, id_: id, last_modified: modified, owner, size: content.length };
      }),
    );
  };
  const create: Give = async ({ filename, content }) => {
    const name = plainName(filename);
    const id = String(Math.max(-1, ...[...ids.keys()].map(Number)) + 1);
    await writeFile(workspace.path("drive", name), text(content));
    for (const [other, known] of ids) if (known === name) ids.delete(other);
    ids.set(id, name);
    return { filename: name, id_: id };
  };
  const append: Give = async ({ file_id: id, content }) => {
    await appendFile(pathOf(id), text(content));
    return `added to the file ${text(id)}`;
  };
  const remove: Give = async ({ file_id: id }) => {
    await rm(pathOf(id));
    ids.delete(text(id));
    return `deleted the file ${text(id)}`;
  };
  return {
    list_files: list,
    create_file: create,
    append_to_file: append,
    delete_file: remove,
    list_drive_files: list,
    create_drive_file: create,
    append_to_drive_file: append,
    delete_drive_file: remove,
  };
}

function sheetTools(workspace: Workspace): ToolTable {
  return {
    list_sheets: () => workspace.world.sheets.map(({ name }) => name),
    view_sheet: async ({ name }) => {
      const path = workspace.path("sheets", `${plainName(name)}.json`);
      const rows = await readFile(path, "utf8").catch(() => {
        throw new ToolError(`no sheet is named ${text(name)}`);
      });
      return asTable(JSON.parse(rows) as string[][]);
    },
  };
}

function configTools(workspace: Workspace): ToolTable {
  const config = () => {
    const content = workspace.readConfig();
    if (content === null) throw new ToolError("there is no configuration");
    return content;
  };
  const changed = (content: JsonObject) => {
    workspace.writeConfig(content);
    return stringify(content, { sortMapEntries: true });
  };
  return {
    view_config: ({ filename }) => {
      if (text(filename) !== workspace.world.config?.filename) {
        throw new ToolError(`no configuration file is named ${text(filename)}`);
      }
      return config();
    },
    add_var: ({ key, value }) => changed({ ...config(), [text(key)]: text(value) }),
    modify_var: ({ key, value }) => {
      const content = config();
      if (!Object.hasOwn(content, text(key)))
        throw new ToolError(`no setting is named ${text(key)}`);
      return changed({ ...content, [text(key)]: text(value) });
    },
    remove_var: ({ key }) => {
      const { [text(key)]: _, ...rest } = config();
      return changed(rest);
    },
  };
}
