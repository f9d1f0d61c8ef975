/**
 * Sessions: files in `sessions/` that read like a terminal. `$ writ …` runs the real program in a
 * folder of its own; the lines below are what it must say. `<…>` stands for text that differs at
 * each run, `...` for any lines, `&` leaves it running, `until TEXT` repeats it until it says TEXT.
 * `$ tool KEYFILE NAME ARGUMENTS` is what an agent does through `writ mcp`, with the official client.
 * `$ edit FILE 'THIS' 'THAT'` is what a person does in an editor.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { digestOf } from "@writ/core";
import { freshFolder } from "../../packages/node/testing/folder.ts";
import { certificateFixture } from "./testing/certificate-fixture.ts";

const sessions = fileURLToPath(new URL("sessions/", import.meta.url));
const script = fileURLToPath(new URL("main.ts", import.meta.url));
/** A file smaller than 64 bytes holds no model, to the probe. */
const weightsBytes = 1016;
const patienceMilliseconds = 120_000;

type Step = {
  readonly line: number;
  readonly command: string;
  readonly expected: readonly string[];
};

/** Steps of a session's text. */
function stepsOf(text: string): readonly Step[] {
  const steps: { line: number; command: string; expected: string[] }[] = [];
  for (const [at, line] of text.split("\n").entries()) {
    if (line.startsWith("$ ")) steps.push({ line: at + 1, command: line.slice(2), expected: [] });
    else if (!line.startsWith("#")) steps.at(-1)?.expected.push(line);
  }
  for (const step of steps) while (step.expected.at(-1) === "") step.expected.pop();
  return steps;
}

const placeholders: { readonly [name: string]: string } = {
  "...": ".*",
  digest: "sha256:[0-9a-f]{64}",
  short: "[0-9a-f]{12}",
  key: "[0-9a-f]{32}",
  n: "[0-9][0-9,]*",
  time: "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d",
  instant: "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z",
  rule: "[─ ]+",
};

/** The expression that a line of a session stands for. */
function patternOf(line: string): string {
  return line
    .split(/(<[^<> ]+>)/)
    .map((part) => {
      const [, variable, name] = /^<(?:([A-Z]+)=)?([^<> ]+)>$/.exec(part) ?? [];
      const placeholder = name === undefined ? undefined : placeholders[name];
      if (placeholder === undefined) {
        // Columns are as wide as what stands in them.
        return part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/ {2,}/g, " {2,}");
      }
      return variable === undefined ? placeholder : `(?<${variable}>${placeholder})`;
    })
    .join("");
}

function matches(expected: readonly string[], got: readonly string[]): RegExpExecArray | null {
  const lines = expected.map((line) => (line === "..." ? "(?:.*\\n)*" : `${patternOf(line)} *\\n`));
  return new RegExp(`^${lines.join("")}$`).exec(got.map((line) => `${line}\n`).join(""));
}

type Ended = { readonly lines: readonly string[]; readonly child: ChildProcess };

class Session {
  readonly #folder = freshFolder();
  readonly #variables = new Map<string, string>();
  readonly #running: ChildProcess[] = [];

  constructor(name: string) {
    furnish(this.#folder, this.#variables);
    after(() => {
      for (const child of this.#running) child.kill("SIGTERM");
    });
    assert.ok(name.endsWith(".txt"));
  }

  async step({ line, command, expected }: Step): Promise<void> {
    if (command.startsWith("edit ")) return this.#edit(wordsOf(command).slice(1));
    if (command.startsWith("tool ")) return this.#tool({ line, command, expected });
    const [, words, until, background] = /^writ (.*?)(?: until (.*?))?( &)?$/.exec(command)!;
    const deadline = Date.now() + patienceMilliseconds;
    const wanted = expected.map((text) => this.#filled(text));
    for (;;) {
      const { lines } = await this.#run(wordsOf(this.#filled(words!)), background !== undefined);
      const whole = lines.join("\n");
      if (until !== undefined && !whole.includes(until) && Date.now() < deadline) continue;
      const found = matches(wanted, lines);
      assert.ok(
        found,
        `line ${line}: $ ${command}\nexpected:\n${wanted.join("\n")}\ngot:\n${whole}`,
      );
      for (const [name, value] of Object.entries(found.groups ?? {})) {
        this.#variables.set(name, value);
      }
      return;
    }
  }

  #edit([file, before, after]: readonly string[]): void {
    const path = join(this.#folder, file!);
    const text = readFileSync(path, "utf8");
    assert.ok(text.includes(before!), `${file} has no ${before}`);
    writeFileSync(path, text.replace(before!, after!));
  }

  async #tool({ line, command, expected }: Step): Promise<void> {
    const [, keyFile, name, text] = /^tool (\S+) (\S+)(?: (.*))?$/.exec(this.#filled(command))!;
    const args = ["mcp", "--as-agent", join(this.#folder, keyFile!)];
    const { PATH = "" } = process.env;
    const env = { PATH, HOME: this.#folder, WRIT_HOME: join(this.#folder, "home") };
    const client = new Client({ name: "session", version: "1" });
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [flag, script, ...args],
      env,
      stderr: "ignore",
    });
    await client.connect(transport);
    const answer =
      name === "list"
        ? (await client.listTools()).tools.map((tool) => tool.name)
        : await client.callTool({ name: name!, arguments: JSON.parse(text ?? "{}") });
    await client.close();
    const content = Array.isArray(answer) ? answer : (answer.content as { text: string }[]);
    const lines = content.map((part) => (typeof part === "string" ? part : part.text));
    const wanted = expected.map((one) => this.#filled(one));
    assert.ok(matches(wanted, lines), `line ${line}: $ ${command}\ngot:\n${lines.join("\n")}`);
  }

  #filled(text: string): string {
    return text.replace(/\$([A-Z]+)/g, (whole, name: string) => this.#variables.get(name) ?? whole);
  }

  /** Standard output's lines, then those of standard error with `! `, then `? code` if not 0. */
  #run(words: readonly string[], background: boolean): Promise<Ended> {
    const home = join(this.#folder, "home");
    const child = spawn(process.execPath, [flag, script, ...words], {
      cwd: this.#folder,
      env: { ...process.env, HOME: this.#folder, WRIT_HOME: home, TZ: "UTC" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let out = "";
    let errors = "";
    return new Promise((resolve) => {
      child.stderr.setEncoding("utf8").on("data", (part: string) => {
        errors += part;
      });
      child.stdout.setEncoding("utf8").on("data", (part: string) => {
        out += part;
        if (!background || !out.includes("^C stops everything")) return;
        this.#running.push(child);
        resolve({ lines: linesOf(out), child });
      });
      child.on("close", (code) => {
        const told = linesOf(errors).map((text) => `! ${text}`);
        const ended = code === 0 ? [] : [`? ${code}`];
        resolve({ lines: [...linesOf(out), ...told, ...ended], child });
      });
    });
  }
}

/** Words of a command line; single quotes keep spaces together. */
function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word);
}

const flag = "--disable-warning=ExperimentalWarning";

function linesOf(text: string): readonly string[] {
  const lines = text.split("\n");
  while (lines.at(-1) === "") lines.pop();
  return lines;
}

/** What lies in a session's folder. */
function furnish(folder: string, variables: Map<string, string>): void {
  const { file, estate } = certificate;
  writeFileSync(join(folder, "certificate.json"), file);
  const changed = file.slice();
  changed[changed.length >> 1]! ^= 1;
  writeFileSync(join(folder, "changed.json"), changed);
  variables.set("ESTATE", estate);
  writeFileSync(join(folder, "evil.log"), "hello\n");
  mkdirSync(join(folder, "broken data"));
  for (const name of ["estate.json", "up.json"]) {
    writeFileSync(join(folder, "broken data", name), "{");
  }
  const leaf = Buffer.alloc(32, 7).toString("base64");
  const proof = { leafIdx: 0, treeSize: 1, root: leaf, leafHash: leaf, proof: null };
  writeFileSync(join(folder, "inclusion.json"), JSON.stringify(proof));
  writeFileSync(join(folder, "bad.json"), JSON.stringify({ ...proof, treeSize: 2 }));
  const models = join(folder, "models");
  const register: object[] = [
    { document: "component", component: "chatbot", kind: "model", owner: "support team" },
  ];
  for (const [at, release] of ["4.2", "3.8"].entries()) {
    const path = join(models, release, "model.gguf");
    mkdirSync(join(models, release), { recursive: true });
    const bytes = Buffer.concat([Buffer.from("GGUF\u0003\0\0\0"), Buffer.alloc(weightsBytes)]);
    bytes[8] = at;
    writeFileSync(path, bytes);
    const artefact = { name: "model.gguf", digest: digestOf(bytes), size: bytes.length };
    const lifecycle = at === 0 ? "active" : "approved";
    const of = { component: "chatbot", release };
    register.push({ document: "release", ...of, artefacts: [artefact], lifecycle });
    const place = { placement: `file-${release}`, host: "here", path, artefact: "model.gguf" };
    register.push({ document: "file", ...of, ...place });
  }
  copyFileSync(join(models, "4.2", "model.gguf"), join(folder, "model.gguf"));
  symlinkSync("4.2", join(models, "current"));
  writeFileSync(
    join(folder, "broken.yaml"),
    "- {document: release, component: chatbot, release: 4.2}\n",
  );
  furnishRegister(folder, models, register);
  const bill = new URL(
    "../../vectors/bill/cyclonedx/valid-machine-learning-1.6.json",
    import.meta.url,
  );
  copyFileSync(bill, join(folder, "model.cdx.json"));
}

function furnishRegister(folder: string, models: string, register: readonly object[]): void {
  const targets = ["4.2", "3.8"].map((release) => ({ release, target: release }));
  const link = {
    document: "link",
    placement: "current",
    host: "here",
    path: join(models, "current"),
  };
  // Other programs of this machine that the probe may not look into are none of this session's.
  const blindSpots = [
    "no-permission",
    "changed-while-read",
    "too-large",
    "unreadable",
    "limit",
  ].map((why) => ({ vantage: "processes", where: "/proc/*", why }));
  const whole = [
    ...register,
    { ...link, component: "chatbot", release: "4.2", targets },
    { document: "host", host: "here", owner: "ops", blindSpots },
  ];
  writeFileSync(join(folder, "register.yaml"), JSON.stringify(whole));
}

const certificate = await certificateFixture();

for (const name of readdirSync(sessions).filter((file) => file.endsWith(".txt"))) {
  test(`session ${name}`, { timeout: 600_000 }, async () => {
    const session = new Session(name);
    const text = readFileSync(join(sessions, name), "utf8");
    for (const step of stepsOf(text)) await session.step(step);
  });
}

test("a session that says something else fails", () => {
  assert.ok(matches(["a  <n>", "...", "c"], ["a   12", "x", "y", "c"]));
  assert.ok(matches(["...", "c"], ["c"]));
  assert.equal(matches(["a <n>"], ["a b"]), null);
  assert.equal(matches(["a"], ["a", "b"]), null);
  assert.equal(matches(["a.c"], ["abc"]), null);
  assert.equal(matches(["<WRIT=short>"], ["0123456789ab"])?.groups?.WRIT, "0123456789ab");
});
