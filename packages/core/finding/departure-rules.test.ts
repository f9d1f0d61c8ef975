/** Weights that leave a host: what is told, what looks alike and is not, and how it ends. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { RegisterDocument } from "../register/document.ts";
import type { Carried, Flow, Party } from "../sight/flow.ts";
import {
  censusOf,
  chatbotRegister,
  newWeights,
  strangeWeights,
  weightsSize,
} from "../testing/chatbot.ts";
import { EstateKit } from "../testing/estate-kit.ts";
import { findings } from "./findings.ts";

const party = (pid: number, how: Party["how"], command: string): Party => ({
  ...{ pid, how, command, started: 100 + pid, user: 1000 },
});
const open = (pid: number, more: Partial<Carried> = {}): Carried => ({
  ...{ pid, how: "open", path: "/srv/chatbot/4.2/model.gguf" },
  ...{ size: weightsSize, digest: newWeights, position: weightsSize, ...more },
});
const flow = (more: Partial<Flow> = {}): Flow => ({
  ...{ protocol: "tcp", local: "10.0.0.2:40000", remote: "203.0.113.7:22" },
  ...{ accepted: false, open: true, sent: 6_000_000, received: 4000 },
  seen: "2026-01-01T00:00:00.000Z",
  parties: [party(901, "itself", "ssh far"), party(900, "pipe", "tar c m")],
  carried: [open(900)],
  ...more,
});

async function estate(): Promise<EstateKit> {
  const kit = new EstateKit();
  kit.found();
  kit.register(...chatbotRegister("h1"));
  await kit.witness();
  kit.sees(censusOf("h1"));
  await kit.witness();
  return kit;
}
const seeing = (...flows: readonly Flow[]) => ({ ...censusOf("h1"), flows });
const raised = (kit: EstateKit) => findings(kit.estate).map(({ rule }) => rule);

test("registered weights in the hands of what feeds a sender are told with both sides", async () => {
  const kit = await estate();
  kit.sees(seeing(flow()));
  const [found] = findings(kit.estate);
  assert.equal(found?.rule, "weights-leaving");
  assert.equal(`${found?.component}@${found?.release}`, "chatbot@4.2");
  assert.match(found!.where, /^pid 901 \(ssh far\) of user 1000 to 203\.0\.113\.7:22$/);
  assert.match(found!.left.says, /^chatbot@4\.2 belongs to h1/);
  assert.match(found!.right.says, /6000000 bytes .* fed by a pipe from pid 900 .* read to 100 %/);
});

test("it stays told after the flow has ended, as the same finding, until an outlet is registered", async () => {
  const kit = await estate();
  kit.sees(seeing(flow()));
  const [before] = findings(kit.estate);
  kit.sees(seeing(flow({ open: false, sent: 8_000_000 })));
  kit.sees(censusOf("h1"));
  const [after] = findings(kit.estate);
  assert.equal(after?.digest, before?.digest);
  assert.equal(after?.since.index, before?.since.index);
  assert.match(after!.right.says, /^8000000 bytes went out to 203\.0\.113\.7:22 \(ended\)/);
  const outlet = { component: "chatbot", release: "4.2" };
  const host = (to: string): RegisterDocument => ({
    ...{ document: "host", host: "h1", owner: "operations", blindSpots: [] },
    outlets: [{ to, ...outlet }],
  });
  kit.register(host("203.0.113.9:*"));
  assert.deepEqual(raised(kit), ["weights-leaving"]);
  kit.register(host("203.0.113.7:*"));
  assert.deepEqual(raised(kit), []);
});

test("many flows of one sender are one transfer, as uploads in parts are", async () => {
  const kit = await estate();
  const part = (port: number) =>
    flow({
      ...{ local: `10.0.0.2:${port}`, remote: "203.0.113.7:443", sent: 1_000_000 },
      parties: [party(901, "itself", "aws s3 cp")],
      carried: [open(901)],
    });
  kit.sees(seeing(part(1), part(2), part(3)));
  assert.deepEqual(raised(kit), []);
  kit.sees(seeing(part(1), part(2), part(3), part(4)));
  assert.deepEqual(raised(kit), ["weights-leaving"]);
});

test("what came in, what is small, what was not read, and bytes of nobody raise nothing", async () => {
  const kit = await estate();
  kit.sees(
    seeing(
      flow({ sent: 4000, received: 8_000_000 }),
      flow({ remote: "203.0.113.8:22", sent: 300_000 }),
      flow({ remote: "203.0.113.9:22", carried: [open(900, { position: 0 })] }),
      flow({ remote: "203.0.113.10:22", carried: [] }),
      flow({ remote: "203.0.113.11:22", carried: [open(900, { digest: strangeWeights })] }),
    ),
  );
  assert.deepEqual(raised(kit), []);
});

test("answers of a server are none: small for what was asked, or on a registered port", async () => {
  const kit = await estate();
  const [running] = censusOf("h1").processes;
  const port = running?.listens[0] ?? 8080;
  const serving = (local: string, more: Partial<Flow>) =>
    flow({
      ...{ local, remote: "198.51.100.4:50000", accepted: true },
      parties: [party(901, "itself", "server")],
      carried: [open(901)],
      ...more,
    });
  kit.sees(seeing(serving("10.0.0.2:9000", { received: 2_000_000 })));
  assert.deepEqual(raised(kit), []);
  kit.sees(seeing(serving(`10.0.0.2:${port}`, {})));
  assert.deepEqual(raised(kit), []);
  // A web server before the model's own.
  const behind = { parties: [party(5, "itself", "nginx"), party(running!.pid, "loopback", "s")] };
  kit.sees(seeing(serving("10.0.0.2:443", { ...behind, carried: [open(running!.pid)] })));
  assert.deepEqual(raised(kit), []);
  kit.sees(seeing(serving("10.0.0.2:9000", {})));
  assert.deepEqual(raised(kit), ["weights-leaving"]);
});
