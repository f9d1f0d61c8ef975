/** Disarming the controls by which humans stop a component. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ControlReading, RegisterDocument } from "@writ/core";
import type { Site } from "../component.ts";
import type { Row, Seen } from "../row.ts";
import type { Stage } from "../stage.ts";

/**
 * A control file: in force as registered, the same in another dress, and disarmed in these ways.
 */
type Case = {
  readonly name: string;
  readonly format: ControlReading["format"];
  readonly key: string;
  readonly armed: string;
  readonly sameInOtherWords: string;
  readonly disarmed: string;
};

const key = "safety.shutdown_enabled";
const armedJson = '{"safety": {"shutdown_enabled": true, "grace": 5}}\n';
const armedYaml = "safety:\n  shutdown_enabled: true\n  grace: 5\n";
const armedToml = "[safety]\nshutdown_enabled = true\ngrace = 5\n";
const armedIni = "[safety]\nshutdown_enabled = true\ngrace = 5\n";
const json = {
  format: "json",
  key,
  armed: armedJson,
  sameInOtherWords:
    '{\n  "safety": {\n    "grace": 5,\n    "shutdown_enabled": true\n  },\n' +
    '  "note": "reviewed"\n}\n',
} as const;
const yaml = {
  format: "yaml",
  key,
  armed: armedYaml,
  sameInOtherWords: "# reviewed in audit 17\nsafety: { grace: 5, shutdown_enabled: true }\n",
} as const;
const toml = {
  format: "toml",
  key,
  armed: armedToml,
  sameInOtherWords: "# reviewed\nsafety.grace = 5\nsafety.shutdown_enabled = true # stays\n",
} as const;
const ini = {
  format: "ini",
  key,
  armed: armedIni,
  sameInOtherWords: "; reviewed\n[safety]\ngrace=5\n; stays\nshutdown_enabled=true\n",
} as const;
const env = {
  format: "env",
  key: "SHUTDOWN_ENABLED",
  armed: "SHUTDOWN_ENABLED=true\nGRACE=5\n",
  sameInOtherWords: "# reviewed\nGRACE=5\nexport SHUTDOWN_ENABLED='true' # stays\n",
} as const;

const cases: readonly Case[] = [
  { name: "json-false", ...json, disarmed: armedJson.replace("true", "false") },
  { name: "json-off", ...json, disarmed: armedJson.replace("true", '"off"') },
  { name: "json-removed", ...json, disarmed: '{"safety": {"grace": 5}}\n' },
  {
    name: "json-duplicate",
    ...json,
    disarmed: armedJson.replace('"grace": 5', '"grace": 5, "shutdown_enabled": false'),
  },
  {
    name: "yaml-commented",
    ...yaml,
    disarmed: armedYaml.replace("  shutdown", "  # shutdown"),
  },
  { name: "yaml-duplicate", ...yaml, disarmed: `${armedYaml}  shutdown_enabled: false\n` },
  { name: "yaml-off", ...yaml, disarmed: armedYaml.replace("true", "off") },
  { name: "toml-false", ...toml, disarmed: armedToml.replace("true", "false") },
  { name: "toml-commented", ...toml, disarmed: armedToml.replace("shutdown", "# shutdown") },
  { name: "ini-commented", ...ini, disarmed: armedIni.replace("shutdown", ";shutdown") },
  { name: "ini-duplicate", ...ini, disarmed: `${armedIni}shutdown_enabled = no\n` },
  { name: "ini-section", ...ini, disarmed: armedIni.replace("[safety]", "[safety.old]") },
  { name: "env-duplicate", ...env, disarmed: `${env.armed}SHUTDOWN_ENABLED=0\n` },
  { name: "env-removed", ...env, disarmed: "GRACE=5\n" },
];

/** Its file is never touched: a process overrides it. */
const overridden = "overridden";
const variable = "BUTLER_SHUTDOWN_ENABLED";

function pathOf(site: Site, name: string): string {
  return join(site.home, `${name}.conf`);
}

function controlOf(site: Site, { name, format, key }: Case): RegisterDocument {
  return {
    document: "control",
    control: `${site.component}-${name}`,
    host: site.host.name,
    component: site.component,
    reading: { path: pathOf(site, name), format, key },
    expected: "true",
  };
}

/** Registers every case's control, in force. */
async function arm(stage: Stage): Promise<void> {
  const site = stage.site();
  const all = [...cases, { ...env, name: overridden, disarmed: env.armed }];
  for (const { name, armed } of all) await writeFile(pathOf(site, name), armed);
  const documents = all.map((one) => {
    const document = controlOf(site, one) as Extract<RegisterDocument, { document: "control" }>;
    if (one.name !== overridden) return document;
    return { ...document, reading: { ...document.reading, environment: variable } };
  });
  await stage.estate.register(documents);
  await stage.looked();
}

async function runsWith(site: Site, value: string): Promise<number> {
  const running = await site.host.start({
    command: ["sleep", "3600"],
    directory: site.home,
    environment: { [variable]: value },
  });
  return running.pid;
}

export const c01: Row = {
  id: "C01",
  must: "control-altered by effective value",
  hosts: ["h1"],
  twin: {
    name: "re-formatted, re-ordered, comments added; the environment says the same",
    play: async (stage) => {
      await arm(stage);
      const site = stage.site();
      for (const { name, sameInOtherWords } of cases) {
        await writeFile(pathOf(site, name), sameInOtherWords);
      }
      const pid = await runsWith(site, "true");
      await stage.looked();
      await site.host.signal(pid, "SIGKILL");
    },
  },
  acts: [
    ...cases.map(({ name, disarmed }) => ({
      name,
      play: async (stage: Stage): Promise<readonly Seen[]> => {
        const path = pathOf(stage.site(), name);
        await writeFile(path, disarmed);
        return [await stage.sees({ rule: "control-altered", where: path }, Date.now())];
      },
    })),
    {
      name: "overridden by the environment of a process",
      play: async (stage) => {
        await runsWith(stage.site(), "false");
        const where = pathOf(stage.site(), overridden);
        return [await stage.sees({ rule: "control-altered", where }, Date.now())];
      },
    },
  ],
};
