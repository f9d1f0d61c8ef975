/** People are told of findings over real SMTP and HTTP, by a notifier that reads the journal. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { generateKeyPairSync, verify } from "node:crypto";
import { chmodSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { isRefused } from "@writ/core";
import { type Clock, Follower, httpJournalSource, openBundleCache, verifyNative } from "@writ/node";
import { openApi } from "@writ/node/api";
import { SMTPServer } from "smtp-server";
import { Webhook } from "standardwebhooks";
import {
  censusOf,
  chatbotRegister,
  mass,
  newWeights,
  strangeWeights,
} from "../../packages/core/testing/chatbot.ts";
import { EstateKit, testRootDocument } from "../../packages/core/testing/estate-kit.ts";
import { freshFolder } from "../../packages/node/testing/folder.ts";
import {
  type JournalServer,
  startJournalServer,
} from "../../packages/node/testing/journal-server.ts";
import { type Channel, readConfig } from "./config.ts";
import { Ledger } from "./ledger.ts";
import { testNotice } from "./notice.ts";
import { Notifier, send } from "./notifier.ts";
import { isQuiet } from "./quiet.ts";
import { openReceiver } from "./testing/receiver.ts";

const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const script = fileURLToPath(new URL("main.ts", import.meta.url));
const stray = mass("/srv/x/strange.gguf", strangeWeights);
const order = { action: "rollback", component: "chatbot", from: "4.2", to: "3.8" } as const;
const common = { least: "low", quiet: undefined } as const;
const hour = 3_600_000;

/** An estate with a stray model, served as a journal. */
async function estate(): Promise<{ kit: EstateKit; server: JournalServer }> {
  const server = await startJournalServer(new EstateKit());
  const { kit } = server;
  after(() => server.close());
  const acceptance = { group: "operators", daysMax: 30 };
  kit.found(testRootDocument({ acceptance, silenceSeconds: 31_536_000 }));
  kit.register(...chatbotRegister("h1"));
  await kit.witness();
  kit.sees(censusOf("h1", { files: [stray] }));
  await server.witnessed();
  return { kit, server };
}

type Rig = {
  readonly notifier: Notifier;
  readonly ledger: Ledger;
  readonly round: () => Promise<void>;
};

function rig(
  server: JournalServer,
  channels: readonly Channel[],
  { folder = freshFolder(), now = () => Date.now() } = {},
): Rig {
  const clock: Clock = { now, elapsed: now, sleep: async () => {} };
  const api = openApi(server.url);
  const follower = new Follower({
    source: httpJournalSource(`${server.url}/journal`),
    blob: (digest) => api.blob(digest),
    pin: server.kit.estate.id!,
    verify: verifyNative,
    cache: openBundleCache(join(folder, "journal")),
    onEntry: () => {},
  });
  const ledger = new Ledger(join(folder, "notices.sqlite"));
  const config = { channels, staleMilliseconds: 600_000 };
  const notifier = new Notifier({ follower, ledger, config, clock, log: () => {} });
  return { notifier, ledger, round: () => notifier.round() };
}

test("a webhook is told of a finding once, signed as Standard Webhooks, and of its end", async () => {
  const { kit, server } = await estate();
  const receiver = await openReceiver();
  const hook: Channel = { ...common, name: "hook", kind: "webhook", url: receiver.url, secret };
  const folder = freshFolder();
  const first = rig(server, [hook], { folder });
  await first.round();
  await first.round();
  assert.equal(receiver.received.length, 1);
  const [{ body, headers }] = receiver.received as [(typeof receiver.received)[number]];
  const told = new Webhook(secret).verify(body, headers as Record<string, string>) as {
    type: string;
    data: { title: string; finding: { rule: string } };
  };
  assert.equal(told.type, "finding.opened");
  assert.equal(told.data.finding.rule, "unregistered");
  assert.throws(() => new Webhook(secret).verify(`${body} `, headers as Record<string, string>));
  first.ledger.close();
  // Another process with the same ledger: nothing is told twice.
  const second = rig(server, [hook], { folder });
  await second.round();
  assert.equal(receiver.received.length, 1);
  kit.sees(censusOf("h1"));
  await server.witnessed();
  await second.round();
  assert.equal(receiver.received.length, 2);
  assert.match(receiver.received[1]!.body, /finding\.ended/);
  assert.notEqual(receiver.received[1]!.headers["webhook-id"], headers["webhook-id"]);
});

test("a webhook with an Ed25519 key is signed v1a", async () => {
  const receiver = await openReceiver();
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const seed = privateKey.export({ format: "der", type: "pkcs8" }).subarray(-32);
  const hook: Channel = {
    ...{ ...common, name: "hook", kind: "webhook", url: receiver.url },
    secret: `whsk_${seed.toString("base64")}`,
  };
  assert.equal(await send(hook, [testNotice(1)], { id: "a", now: 5000 }), undefined);
  const { headers, body } = receiver.received[0]!;
  const signature = String(headers["webhook-signature"]);
  assert.match(signature, /^v1a,/);
  const bytes = Buffer.from(signature.slice(4), "base64");
  assert.ok(verify(null, Buffer.from(`a.5.${body}`), publicKey, bytes));
});

test("PagerDuty: a finding triggers, its acceptance resolves, its expiry triggers again", async () => {
  const { kit, server } = await estate();
  const receiver = await openReceiver();
  const pager: Channel = {
    ...common,
    name: "pager",
    kind: "pagerduty",
    url: receiver.url,
    key: "k",
  };
  const { round } = rig(server, [pager]);
  await round();
  const [opened] = kitFindings(receiver);
  assert.equal(opened!.event_action, "trigger");
  assert.equal(opened!.routing_key, "k");
  assert.equal(opened!.payload.severity, "warning");
  assert.ok(opened!.payload.summary && opened!.payload.source && opened!.dedup_key);
  const until = new Date(kit.estate.time + 2 * hour).toISOString();
  const finding = opened!.dedup_key as `sha256:${string}`;
  const about = { kind: "disposition", finding, rule: "unregistered", host: "h1" } as const;
  kit.say("cleo", { ...about, says: "accept", reason: "test set", owner: "ada", until });
  await server.witnessed();
  await round();
  await server.witnessed(3 * hour);
  await round();
  const events = kitFindings(receiver);
  assert.deepEqual(
    events.map((one) => [one.event_action, one.dedup_key === finding]),
    [
      ["trigger", true],
      ["resolve", true],
      ["trigger", true],
    ],
  );
});

type PagerEvent = {
  readonly event_action: string;
  readonly routing_key: string;
  readonly dedup_key: string;
  readonly payload: {
    readonly severity: string;
    readonly summary: string;
    readonly source: string;
  };
};

function kitFindings({ received }: { readonly received: readonly { body: string }[] }) {
  return received.map(({ body }) => JSON.parse(body) as PagerEvent);
}

test("Slack gets text in which nothing of the estate is a link or calls anybody", async () => {
  const { kit, server } = await estate();
  const receiver = await openReceiver();
  kit.sees(censusOf("h1", { files: [mass("/srv/<!channel>&x.gguf", strangeWeights)] }));
  await server.witnessed();
  await rig(server, [{ ...common, name: "s", kind: "slack", url: receiver.url }]).round();
  const { text } = JSON.parse(receiver.received[0]!.body) as { text: string };
  assert.match(text, /&lt;!channel&gt;&amp;x/);
  assert.doesNotMatch(text, /<!/);
});

test("mail goes by a real SMTP server; in quiet hours all is held but a defied order, then told at once", async () => {
  const { kit, server } = await estate();
  const mails: string[] = [];
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onData: (stream, _, done) => {
      const parts: Buffer[] = [];
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("end", () => {
        mails.push(Buffer.concat(parts).toString());
        done();
      });
    },
  });
  await new Promise<void>((resolve) => smtp.listen(0, "127.0.0.1", resolve));
  after(() => smtp.close());
  const { port } = smtp.server.address() as AddressInfo;
  const quiet = { zone: "Europe/Amsterdam", from: 22 * 60, to: 7 * 60 };
  const mail: Channel = {
    ...{ name: "mail", kind: "email", host: "127.0.0.1", port, tls: false, least: "low", quiet },
    ...{ from: "writ@example.org", to: ["ops@example.org"], user: undefined, password: undefined },
  };
  let now = Date.parse("2026-07-01T00:30:00.000Z"); // 02:30 there
  const { round, ledger } = rig(server, [mail], { now: () => now });
  await round();
  assert.deepEqual(mails, []);
  assert.equal(ledger.list()[0]!.state, "held");
  await kit.carriedOut(order);
  kit.sees(censusOf("h1", { files: [stray, mass("/srv/tmp/a.log", newWeights)] }));
  await server.witnessed();
  await round();
  assert.equal(mails.length, 1);
  assert.match(mails[0]!, /Subject: \[writ\] critical defied/);
  now = Date.parse("2026-07-01T05:01:00.000Z"); // 07:01 there
  await round();
  assert.equal(mails.length, 2);
  assert.match(mails[1]!, /notices of the quiet hours/);
  assert.match(mails[1]!, /unregistered/);
  await round();
  assert.equal(mails.length, 2);
});

test("quiet hours are those of the zone, over midnight and in summer", () => {
  const hours = { zone: "Europe/Amsterdam", from: 22 * 60, to: 7 * 60 };
  assert.ok(isQuiet(hours, Date.parse("2026-01-01T21:00:00Z")));
  assert.ok(!isQuiet(hours, Date.parse("2026-01-01T20:59:00Z")));
  assert.ok(isQuiet(hours, Date.parse("2026-07-01T20:00:00Z")));
  assert.ok(!isQuiet(hours, Date.parse("2026-07-01T05:00:00Z")));
});

test("a server that shows another past, or nothing new, is told of as such", async () => {
  const { kit, server } = await estate();
  const receiver = await openReceiver();
  const slack: Channel = { ...common, name: "s", kind: "slack", url: receiver.url };
  let now = Date.now();
  const { round } = rig(server, [slack], { now: () => now });
  await round();
  now += 11 * 60_000;
  await round();
  assert.match(receiver.received.at(-1)!.body, /no witness vouched for anything newer/);
  await server.witnessed(11 * 60_000);
  await round();
  assert.match(receiver.received.at(-1)!.body, /read again/);
  const old = server.checkpoint;
  kit.sees(censusOf("h1"));
  await server.witnessed();
  await round();
  server.checkpoint = old;
  now += 1000;
  await round();
  assert.match(receiver.received.at(-1)!.body, /rollback-of-history/);
});

test("killed while the receiver fails, it tells the same notice after its restart, under the same id", async () => {
  const { server } = await estate();
  const receiver = await openReceiver();
  receiver.status = 500;
  const folder = freshFolder();
  const config = join(folder, "notify.yaml");
  writeFileSync(
    config,
    `channels:\n  - { name: hook, kind: webhook, least: low, url: "${receiver.url}", secret: { env: HOOK } }\n`,
  );
  const flags = ["--data", folder, "--config", config, "--server", server.url];
  const start = () =>
    spawn(process.execPath, [script, "run", ...flags, "--estate", server.kit.estate.id!], {
      env: { ...process.env, HOOK: secret },
      stdio: "ignore",
    });
  const first = start();
  await receiver.count(1);
  first.kill("SIGKILL");
  await new Promise((resolve) => first.once("exit", resolve));
  receiver.status = 200;
  const before = receiver.received.length;
  const second = start();
  await receiver.count(before + 1);
  const ended = new Promise((resolve) => second.once("exit", resolve));
  second.kill("SIGTERM");
  await ended;
  const ids = new Set(receiver.received.map(({ headers }) => headers["webhook-id"]));
  assert.equal(ids.size, 1);
});

test("a secret that others can read, that is not set, or that stands in the file is refused", async () => {
  const folder = freshFolder();
  const file = join(folder, "notify.yaml");
  const read = async (secretText: string) => {
    const hook = `{ name: h, kind: webhook, least: low, url: "http://x", secret: ${secretText} }`;
    writeFileSync(file, `channels: [${hook}]\n`);
    const config = await readConfig(file, { SET: "whsec_x" });
    return isRefused(config) ? config.refused : "read";
  };
  writeFileSync(join(folder, "key"), secret);
  chmodSync(join(folder, "key"), 0o644);
  assert.equal(await read("{ file: key }"), "exposed-key");
  chmodSync(join(folder, "key"), 0o600);
  assert.equal(await read("{ file: key }"), "read");
  assert.equal(await read("{ env: SET }"), "read");
  assert.equal(await read("{ env: UNSET }"), "unavailable");
  assert.equal(await read("whsec_plain"), "malformed");
  assert.equal(await read("{}"), "malformed");
});
