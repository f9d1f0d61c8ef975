/**
 * Takes the pictures of docs/images from a real estate: `node apps/console/testing/pictures.ts`.
 * Given names, only those.
 */
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { mass, newWeights } from "../../../packages/core/testing/chatbot.ts";
import { openBrowser } from "./browser.ts";
import { ConsoleEstate } from "./console-estate.ts";

const folder = fileURLToPath(new URL("../../../docs/images/", import.meta.url));
const wide = { width: 1100, height: 760 };
const phone = { width: 360, height: 720 };
const wanted = new Set(process.argv.slice(2));

mkdirSync(folder, { recursive: true });
const estate = await ConsoleEstate.open();
const browser = await openBrowser();

type Look = {
  readonly scheme?: "dark";
  readonly size?: typeof phone;
  readonly lies?: RegExp;
  /** What to show at the top of the picture. */
  readonly scrollTo?: string;
};

async function picture(name: string, path: string, look: Look = {}): Promise<void> {
  if (wanted.size > 0 && !wanted.has(name)) return;
  const context = await browser.newContext({
    viewport: look.size ?? wide,
    colorScheme: look.scheme ?? "light",
    reducedMotion: "reduce",
  });
  if (look.lies !== undefined) {
    await context.route(look.lies, async (route) => {
      const response = await route.fetch();
      const body = await response.body();
      body[5] = body[5]! ^ 1;
      await route.fulfill({ response, body });
    });
  }
  const page = await context.newPage();
  await page.goto(estate.url + path);
  await page.locator(".standing-good, .standing-bad").first().waitFor();
  await page.locator(".proven-waiting").first().waitFor({ state: "detached" });
  await page.getByText("being checked…").first().waitFor({ state: "detached" });
  if (look.scrollTo !== undefined) {
    const part = page.locator(look.scrollTo);
    await part.waitFor();
    await part.evaluate((element) => element.scrollIntoView());
    await page.waitForTimeout(500);
  }
  await page.screenshot({ path: `${folder}console-${name}.png` });
  await context.close();
}

try {
  await estate.registered();
  await picture("now-empty", "/");
  await estate.looks("h1");
  await picture("now-calm", "/");
  await picture("now-calm-dark", "/", { scheme: "dark" });
  await picture("now-calm-phone", "/", { size: phone });
  const writ = await estate.proposes();
  await picture("writ-drafted", `/writs/${writ}`);
  const copy = mass("/var/cache/keep.bin", newWeights);
  await estate.carriesOut(writ, { runs: "3.8", files: [copy] });
  await picture("now-defied", "/");
  await picture("findings", "/findings");
  await picture("findings-dark", "/findings", { scheme: "dark" });
  await picture("findings-phone-dark", "/findings", { size: phone, scheme: "dark" });
  await picture("writ-defied", `/writs/${writ}`);
  await picture("writ-phone", `/writs/${writ}`, { size: phone });
  await picture("estate", "/estate");
  await picture("component", "/components/chatbot");
  await picture("component-phone-dark", "/components/chatbot", { size: phone, scheme: "dark" });
  await picture("journal-dark", "/journal", { scheme: "dark" });
  await picture("trust", "/trust");
  await picture("new-order", "/writs/new");
  await picture("new-order-phone-dark", "/writs/new", { size: phone, scheme: "dark" });
  await picture("caught", "/", { lies: /\/journal\/tile\/0\// });
  if (wanted.size === 0 || [...wanted].some((name) => name.startsWith("map"))) {
    await estate.grows(10_000);
    await picture("map", "/estate", { scrollTo: ".map" });
    await picture("map-dark", "/estate", { scrollTo: ".map", scheme: "dark" });
    await picture("map-phone", "/estate", { scrollTo: ".map", size: phone });
  }
} finally {
  await browser.close();
  await estate.close();
}
