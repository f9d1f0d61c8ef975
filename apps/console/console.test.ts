/** The console in a real Chromium, on a real server with real witnesses; and with a lying server. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { type Digest, phraseOf } from "@writ/core";
import axe from "axe-core";
import type { Browser, BrowserContext, Page, Route } from "playwright-core";
import { mass, newWeights } from "../../packages/core/testing/chatbot.ts";
import { chromiumPath, openBrowser } from "./testing/browser.ts";
import { ConsoleEstate, must } from "./testing/console-estate.ts";

/** Two cores that others use: a page may take its time, and is waited for. */
const patienceMilliseconds = 90_000;
/** Gzipped script and style of any page; the palette comes later. See docs/benchmarks.md. */
const firstLookBytesMax = 200_000;
const skip = chromiumPath === undefined ? "there is no chromium on this machine" : false;

let estate: ConsoleEstate;
let browser: Browser;
let writ: Digest;

before(async () => {
  if (skip !== false) return;
  estate = await ConsoleEstate.open();
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await estate?.close();
});

async function visit(
  path: string,
  options: { readonly context?: BrowserContext; readonly width?: number } = {},
): Promise<Page> {
  const context =
    options.context ??
    (await browser.newContext({ viewport: { width: options.width ?? 1100, height: 800 } }));
  context.setDefaultTimeout(patienceMilliseconds);
  const page = await context.newPage();
  await page.goto(estate.url + path);
  return page;
}

const verified = (page: Page) => page.getByText("Verified in this browser").waitFor();
const chatbot = "/components/chatbot";
const headed = (page: Page, name: string | RegExp) =>
  page.getByRole("heading", { level: 1, name }).waitFor();
const leave = (page: Page) => page.context().close();

/** No violation of axe's rules, in light and in dark. */
async function accessible(page: Page, path: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.evaluate(axe.source);
    const found = await page.evaluate(async () => {
      const { axe: checker } = globalThis as unknown as { axe: typeof import("axe-core") };
      const { violations } = await checker.run();
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html)[0]}`);
    });
    assert.deepEqual(found, [], `${path} in ${colorScheme}`);
  }
}

test("the page is the server's own, in nobody's frame, with no inline script", {
  skip,
}, async () => {
  const response = await fetch(`${estate.url}/writs`);
  assert.equal(response.status, 200);
  const policy = response.headers.get("content-security-policy") ?? "";
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.doesNotMatch(policy, /unsafe|https?:/);
  assert.doesNotMatch(await response.text(), /<script(?![^>]*\bsrc=)/);
  const missing = await fetch(`${estate.url}/api/nothing`);
  assert.equal(missing.status, 404, "the API's refusals stay as they are");
});

test("what a first look loads stays within its budget", { skip }, async () => {
  const page = await (await fetch(estate.url)).text();
  const paths = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((match) => match[1]!);
  assert.ok(paths.length >= 2, "a script and a style sheet");
  let bytes = 0;
  for (const path of paths) {
    bytes += gzipSync(await (await fetch(estate.url + path)).bytes()).length;
  }
  assert.ok(bytes < firstLookBytesMax, `${bytes} bytes`);
});

test("an empty estate says so, and a registered and seen one is calm", { skip }, async () => {
  await estate.registered();
  const page = await visit("/");
  await headed(page, "Nobody has looked yet.");
  await verified(page);
  // The same page, not loaded again: the server's news reach it.
  await estate.looks("h1");
  await headed(page, "We are in command.");
  await page.getByText("5 of 5 places as registered").waitFor();
  await accessible(page, "/ when calm");
  await leave(page);
});

test("a writ is shown as it will be signed, with its phrase", { skip }, async () => {
  writ = await estate.proposes();
  const page = await visit(`/writs/${writ}`);
  await page.getByText("The order, as it is signed").waitFor();
  const shown = await page.locator(".phrase").textContent();
  assert.deepEqual(shown?.trim().split(/\s+/), phraseOf(writ));
  await page.getByText("./writ approve").waitFor();
  await accessible(page, "a drafted writ");
  await leave(page);
});

test("a kept copy is drawn as two sides that do not meet, on every page's terms", {
  skip,
}, async () => {
  const copy = mass("/var/cache/keep.bin", newWeights);
  await estate.carriesOut(writ, { runs: "3.8", files: [copy] });
  const page = await visit("/");
  await headed(page, /contradictions\.$/);
  const [first] = await page.locator(".contradiction").all();
  assert.match((await first!.locator(".side").first().textContent()) ?? "", /writ/);
  assert.match((await first!.locator(".side").last().textContent()) ?? "", /observation/);
  await first!.getByText("in the journal, signed by probe-h1").waitFor();
  await accessible(page, "/ when defied");
  for (const [path, says] of [
    ["/findings", "preserved-copy"],
    ["/writs", "defied"],
    [`/writs/${writ}`, "Ordered, and seen"],
    ["/estate", "h1-file-4.2"],
    ["/components/chatbot", "What was ordered"],
    ["/journal", "proven"],
    ["/journal/0", "proven to stand at this place"],
    ["/trust", "Quorums"],
  ] as const) {
    await page.goto(estate.url + path);
    await page.getByText(says).first().waitFor();
    await verified(page);
    await accessible(page, path);
  }
  await leave(page);
});

test("on a phone nothing is wider than the screen", { skip }, async () => {
  const page = await visit("/", { width: 360 });
  for (const path of [
    "/",
    "/findings",
    `/writs/${writ}`,
    "/journal",
    "/trust",
    "/estate",
    chatbot,
  ]) {
    await page.goto(estate.url + path);
    await verified(page);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 360, `${path} is ${width} wide`);
  }
  await leave(page);
});

test("by keyboard: search finds a row, and the table walks", { skip }, async () => {
  const page = await visit("/");
  await verified(page);
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByRole("dialog").waitFor();
  await page.getByRole("searchbox").fill("h1-file-4.2");
  await page.getByRole("option").first().click();
  await headed(page, "Estate");
  await page.getByText("1 of 8 rows").waitFor();
  const grid = page.getByRole("grid");
  await grid.focus();
  await page.keyboard.press("Enter");
  await headed(page, /^Entry/);
  await leave(page);
});

describe("a server that lies is caught in the browser", { skip }, () => {
  const title = "Do not believe this server.";

  /** The page with one answer changed on its way. */
  async function deceived(
    path: string,
    pattern: string | RegExp,
    change: (body: Buffer, route: Route) => Buffer,
  ): Promise<Page> {
    const context = await browser.newContext();
    await context.route(pattern, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: change(await response.body(), route) });
    });
    return visit(path, { context });
  }

  test("an entry was exchanged for another", async () => {
    const other = must(await estate.rig.api.entry(2));
    const page = await deceived("/journal", /\/api\/entries\/5$/, () =>
      Buffer.from(JSON.stringify({ ...other, index: 5 })),
    );
    await page.getByRole("heading", { name: title }).waitFor();
    await page.getByText("An entry or a proof was changed.").waitFor();
    await page.goto(`${estate.url}/`);
    await leave(page);
  });

  test("a tile was changed", async () => {
    const page = await deceived("/", /\/journal\/tile\/0\//, (body) => {
      body[5] = body[5]! ^ 1;
      return body;
    });
    await page.getByRole("heading", { name: title }).waitFor();
    await headed(page, "Do not believe this.");
    await leave(page);
  });

  test("a checkpoint of another root, with the signatures of this one", async () => {
    const page = await deceived("/", /\/journal\/checkpoint$/, (body) => {
      const lines = body.toString().split("\n");
      lines[2] = Buffer.alloc(32, 7).toString("base64");
      return Buffer.from(lines.join("\n"));
    });
    await page.getByRole("heading", { name: title }).waitFor();
    await page.getByText("A signature is false.").waitFor();
    await leave(page);
  });

  test("the journal was rolled back to a checkpoint that witnesses once signed", async () => {
    const old = Buffer.from(must(await estate.rig.api.checkpoint()));
    const context = await browser.newContext();
    const page = await visit("/", { context });
    await verified(page);
    const index = await estate.looks("h1", { runs: "3.8" });
    await page.goto(`${estate.url}/journal/${index}`);
    await page.getByText("proven to stand at this place").waitFor();
    await context.route(/\/journal\/checkpoint$/, (route) => route.fulfill({ body: old }));
    await page.goto(`${estate.url}/`);
    await page.getByText("The journal was rolled back.").waitFor();
    await leave(page);
  });

  test("a server that is away is said to be", async () => {
    const context = await browser.newContext();
    await context.route(/\/(api|journal)\//, (route) => route.abort());
    const page = await visit("/", { context });
    await page.getByRole("heading", { name: "No answer" }).waitFor();
    await page.getByText("Offline").waitFor();
    await leave(page);
  });
});
