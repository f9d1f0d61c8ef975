/**
 * A thread that writes to the journal's SQLite file, as its owner sees it. While it waits for a
 * disk, its owner judges, hashes and serves.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { SqliteWriter } from "./sqlite-writer.ts";

type Name = Exclude<keyof SqliteWriter, "rest">;

/** A call of the writer. */
export type Call = { readonly id: number; readonly name: Name; readonly parts: readonly unknown[] };
/** What became of it; of the opening, as call 0. */
export type Answer = { readonly id: number; readonly result?: unknown; readonly failure?: string };

type Waiting = {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
};

export class SqliteThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  /** Why there is no thread any more. */
  #ended: Error | undefined;

  private constructor(file: string) {
    this.#worker = new Worker(new URL("./sqlite-thread-main.ts", import.meta.url), {
      name: "journal",
      workerData: file,
    });
    this.#worker.on("message", (answer: Answer) => this.#take(answer));
    this.#worker.on("error", (error) => this.#end(error as Error));
    this.#worker.on("exit", () => this.#end(new Error("the journal's thread has ended")));
  }

  /** Starts the thread; rejects if it cannot open the file. */
  static async open(file: string): Promise<SqliteThread> {
    const thread = new SqliteThread(file);
    await new Promise((resolve, reject) => thread.#waiting.set(0, { resolve, reject }));
    thread.#worker.unref();
    return thread;
  }

  /** Calls the writer; `moved` are the buffers of `parts` that may be moved and not copied. */
  call<N extends Name>(
    name: N,
    parts: Parameters<SqliteWriter[N]>,
    moved: readonly ArrayBuffer[] = [],
  ): Promise<ReturnType<SqliteWriter[N]>> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    // Only what is under way keeps the process alive.
    if (this.#waiting.size === 0) this.#worker.ref();
    this.#lastId += 1;
    const call: Call = { id: this.#lastId, name, parts };
    this.#worker.postMessage(call, moved);
    return new Promise((resolve, reject) => {
      this.#waiting.set(call.id, { resolve: resolve as Waiting["resolve"], reject });
    });
  }

  /** Closes the file and ends the thread. */
  async close(): Promise<void> {
    const exit = once(this.#worker, "exit");
    await this.call("close", []);
    this.#worker.ref();
    await exit;
  }

  #take({ id, result, failure }: Answer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (failure === undefined) waiting?.resolve(result);
    else waiting?.reject(new Error(failure));
    if (this.#waiting.size === 0) this.#worker.unref();
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }
}
