/**
 * The whole story in browsers: people enrol passkeys, one drafts an order, two approve it in two
 * browsers, and it is fulfilled before their eyes. Chromium's virtual authenticator is a program:
 * it counts as a key in software, and only because this estate admits those.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { PublicKey, TrustRootDocument } from "@writ/core";
import type { Browser, Page } from "playwright-core";
import { chromiumPath, openBrowser } from "./testing/browser.ts";
import { ConsoleEstate, must } from "./testing/console-estate.ts";

const patienceMilliseconds = 90_000;
const skip = chromiumPath === undefined ? "there is no chromium on this machine" : false;
const people = ["ada", "ben", "cleo"] as const;
type Person = (typeof people)[number];

let estate: ConsoleEstate;
let browser: Browser;
const pages = new Map<Person, Page>();

before(async () => {
  if (skip !== false) return;
  estate = await ConsoleEstate.open();
  browser = await openBrowser();
  await estate.registered();
  await estate.looks("h1");
  await estate.amends({
    passkeys: {
      relyingParty: "localhost",
      origins: [new URL(here("/")).origin],
      authenticators: [],
    },
  });
  for (const person of people) pages.set(person, await atDesk(person));
});
after(async () => {
  await browser?.close();
  await estate?.close();
});

/** Passkeys belong to a name, never to an address. */
function here(path: string): string {
  return new URL(path, estate.url.replace("127.0.0.1", "localhost")).href;
}

/** A browser of somebody's own, with an authenticator that is touched whenever it is asked. */
async function atDesk(person: Person): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1100, height: 800 } });
  context.setDefaultTimeout(patienceMilliseconds);
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      ...{ protocol: "ctap2", transport: "usb", hasUserVerification: true, hasResidentKey: true },
      ...{ isUserVerified: true, automaticPresenceSimulation: true },
    },
  });
  await page.goto(here("/trust"));
  await page.evaluate((name) => localStorage.setItem("writ.person", name), person);
  return page;
}

async function enrols(person: Person): Promise<PublicKey> {
  const page = pages.get(person)!;
  await page.goto(here("/trust"));
  const section = page.locator("section", { has: page.locator("#enrolment") });
  await section.getByRole("combobox").selectOption(person);
  const answer = page.waitForResponse(/\/enrolment$/);
  await section.getByRole("button", { name: "Make a passkey" }).click();
  const { key } = (await (await answer).json()) as { readonly key: PublicKey };
  await section.getByText("It counts as a key in software").waitFor();
  const saving = page.waitForEvent("download");
  await section.getByRole("button", { name: `Save ${person}.passkey.json` }).click();
  assert.equal((await saving).suggestedFilename(), `${person}.passkey.json`);
  return key;
}

test("passkeys are made in the browser, and count once the trust root names them", {
  skip,
}, async () => {
  const keys = new Map<string, PublicKey>();
  for (const person of people) keys.set(person, await enrols(person));
  const { document } = must(await estate.rig.api.trustRoot());
  const principals = document.principals.map((principal): TrustRootDocument["principals"][0] => {
    const key = keys.get(principal.name);
    return key === undefined ? principal : { ...principal, keys: [...principal.keys, key] };
  });
  await estate.amends({ principals });
  const page = pages.get("ada")!;
  await page.goto(here("/trust"));
  await page.getByText("ed25519, webauthn").first().waitFor();
});

test("another person's browser cannot sign for one, and says so; nothing is said", {
  skip,
}, async () => {
  const digest = await estate.proposes();
  const page = pages.get("cleo")!;
  await page.goto(here(`/writs/${digest}`));
  await page.getByLabel("I am").selectOption("ben");
  await page.getByLabel(/I have read the order whole/).check();
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByText("Not signed: ben did not sign").waitFor();
  assert.equal(must(await estate.rig.api.writ(digest)).approvals.length, 0);
  await page.getByLabel("I am").selectOption("cleo");
  await page.getByRole("button", { name: "Deny" }).click();
  await page.locator(".state-large", { hasText: "denied" }).waitFor();
});

test("an order is drafted, proposed and approved by touch, and fulfilled before their eyes", {
  skip,
}, async () => {
  const ada = pages.get("ada")!;
  await ada.goto(here("/writs/new"));
  await ada.locator("select[name=from]").selectOption("4.2");
  await ada.locator("select[name=to]").selectOption("3.8");
  await ada.getByLabel("Reason").fill("bias found in audit 17; it's grave");
  await ada.getByRole("button", { name: "Draw it" }).click();
  await ada.getByText("The order, as it would be signed").waitFor();
  await ada.getByText("--reason 'bias found in audit 17; it'\\''s grave' --as ada").waitFor();
  const propose = ada.getByRole("button", { name: "Propose" });
  assert.ok(await propose.isDisabled(), "nobody signs what they have not read");
  await ada.getByLabel("I have read the order whole.").check();
  await propose.click();
  await ada.waitForURL(/\/writs\/sha256/);
  const path = new URL(ada.url()).pathname;
  const phrase = await ada.locator(".phrase").textContent();

  for (const person of ["ben", "cleo"] as const) {
    const page = pages.get(person)!;
    await page.goto(here(path));
    await page.locator(".phrase").waitFor();
    assert.equal(await page.locator(".phrase").textContent(), phrase, "the same on every screen");
    assert.deepEqual(
      (await page.getByLabel("I am").locator("option").allTextContents()).includes("ada"),
      false,
      "whoever proposes has no vote",
    );
    await page.getByLabel("I am").selectOption(person);
    await page.getByLabel(/I have read the order whole/).check();
    await page.getByRole("button", { name: "Approve" }).click();
    await page.getByText(new RegExp(`^Approved by .*${person} `)).waitFor();
  }
  const armed = ada.locator(".state-large", { hasText: "armed" });
  await armed.waitFor();
  const digest = decodeURIComponent(path.split("/").at(-1)!) as `sha256:${string}`;
  const { approvals } = must(await estate.rig.api.writ(digest));
  assert.deepEqual(
    approvals.map(({ person, custody }) => [person, custody]),
    [
      ["ben", "software"],
      ["cleo", "software"],
    ],
  );
  await estate.executes(digest, { runs: "3.8" });
  await ada.locator(".state-large", { hasText: "fulfilled" }).waitFor();
});
