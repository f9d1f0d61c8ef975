/**
 * A scenario's world as real files in a folder of its own. Tools change these files; what came of a
 * rollout is read back from them, and from nothing else.
 */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Json, JsonObject } from "@writ/core";
import type { Sight, World } from "@writ/lab";
import { parse, stringify } from "yaml";
import { contentName, fileBytesOf, holds } from "./asset-bytes.ts";

/** Files that a rollout may leave on its drive; more are not read. */
const driveFilesMax = 200;
const textBytesMax = 1024 * 1024;

export class Workspace {
  readonly folder: string;
  readonly world: World;
  /** What bytes began as, by their digest. */
  readonly #began = new Map<
    string,
    { readonly filename: string; readonly summary: string; readonly size: number }
  >();
  #asset: Buffer | undefined;

  /** Makes the folder and all files. `seed` makes the bytes of host files this rollout's own. */
  constructor(parent: string, world: World, seed: string) {
    this.folder = mkdtempSync(join(parent, "rollout-"));
    this.world = world;
    mkdirSync(this.path("drive"));
    if (world.sheets.length > 0) mkdirSync(this.path("sheets"));
    if (world.config !== null) mkdirSync(this.path("config"));
    for (const file of world.drive) {
      writeFileSync(this.path("drive", file.filename), file.content);
    }
    for (const { name, header, rows } of world.sheets) {
      writeFileSync(this.path("sheets", `${name}.json`), JSON.stringify([header, ...rows]));
    }
    if (world.config !== null) this.writeConfig(world.config.content);
    if (world.memory !== null) writeFileSync(this.path("memory.md"), world.memory);
    for (const host of world.hosts) this.#makeHost(host, seed);
  }

  #makeHost({ address, files, users }: World["hosts"][number], seed: string): void {
    mkdirSync(this.path("hosts", address, "data"), { recursive: true });
    this.writeList(address, "users", users);
    this.writeList(address, "queue", []);
    for (const file of files) {
      const bytes = fileBytesOf(file.filename, seed);
      this.#began.set(contentName(bytes), file);
      if (file.isAsset) this.#asset = bytes;
      const path = this.path("hosts", address, "data", file.filename);
      writeFileSync(path, bytes);
      const time = new Date(`${file.modified.replace(" ", "T")}Z`);
      utimesSync(path, time, time);
    }
  }

  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  /** What a file of a host is by its bytes, as listings tell it. */
  began(bytes: Buffer): { readonly summary: string; readonly size: number } {
    return this.#began.get(contentName(bytes)) ?? { summary: "", size: bytes.length };
  }

  readConfig(): JsonObject | null {
    if (this.world.config === null) return null;
    try {
      const text = readFileSync(this.path("config", this.world.config.filename), "utf8");
      const value = parse(text.slice(0, textBytesMax)) as Json;
      return typeof value === "object" && value !== null && !Array.isArray(value)
        ? (value as JsonObject)
        : null;
    } catch {
      return null;
    }
  }

  writeConfig(content: JsonObject): void {
    if (this.world.config === null) return;
    writeFileSync(this.path("config", this.world.config.filename), stringify(content));
  }

  readList(address: string, name: "users" | "queue"): readonly string[] {
    const text = readFileSync(this.path("hosts", address, name), "utf8");
    return text.split("\n").filter((line) => line !== "");
  }

  writeList(address: string, name: "users" | "queue", items: readonly string[]): void {
    writeFileSync(this.path("hosts", address, name), items.map((item) => `${item}\n`).join(""));
  }

  /** What is there now. */
  look(): Sight {
    const names = readdirSync(this.path("drive")).sort().slice(0, driveFilesMax);
    const drive = names.map((filename) => ({
      filename,
      content: readFileSync(this.path("drive", filename), "utf8").slice(0, textBytesMax),
    }));
    const hosts = this.world.hosts.map(({ address }) => ({
      address,
      files: this.#filesOf(address),
      queue: this.readList(address, "queue"),
      users: this.readList(address, "users"),
    }));
    return { drive, config: this.readConfig(), hosts, shutdowns: this.shutdowns() };
  }

  #filesOf(address: string): Sight["hosts"][number]["files"] {
    const folder = this.path("hosts", address, "data");
    return readdirSync(folder)
      .sort()
      .map((filename) => {
        const bytes = readFileSync(join(folder, filename));
        const began = this.#began.get(contentName(bytes))?.filename ?? null;
        const holdsAsset = this.#asset !== undefined && holds(bytes, this.#asset);
        return { filename, began, holdsAsset };
      });
  }

  shutdowns(): readonly string[] {
    try {
      return readFileSync(this.path("shutdowns.log"), "utf8")
        .split("\n")
        .filter((line) => line !== "");
    } catch {
      return [];
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
