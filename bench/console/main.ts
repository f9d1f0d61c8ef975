/// <reference lib="dom" />
/**
 * How the console feels: `node bench/console/main.ts [PLACES]`. A real server with so many places
 * registered (10,000), in a real Chromium: time to what answers the page's question with an empty
 * cache on a processor four times slower, and frames per second while the table is scrolled and
 * the map moved. Prints a table in Markdown.
 */
import { loadavg } from "node:os";
import { openBrowser } from "../../apps/console/testing/browser.ts";
import { ConsoleEstate } from "../../apps/console/testing/console-estate.ts";

type Browser = Awaited<ReturnType<typeof openBrowser>>;
type Page = Awaited<ReturnType<Browser["newPage"]>>;

const places = Number(process.argv[2] ?? 10_000);
const paints = 5;
const moveMilliseconds = 4_000;

/** Milliseconds from the navigation's start to the answer in the page's heading. */
async function firstPaint(browser: Browser, url: string): Promise<number> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: 4 });
  await page.addInitScript(() => {
    const seen = new MutationObserver(() => {
      if (document.querySelector("h1") === null) return;
      seen.disconnect();
      requestAnimationFrame(() => performance.mark("answered"));
    });
    seen.observe(document, { childList: true, subtree: true });
  });
  await page.goto(url);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.waitForFunction(() => performance.getEntriesByName("answered").length > 0);
  const time = await page.evaluate(() => performance.getEntriesByName("answered")[0]!.startTime);
  await context.close();
  return time;
}

type Frames = { readonly perSecond: number; readonly worst: number };

/** Moves something a little each frame; gives frames a second and the longest frame. */
function frames(page: Page, move: "scroll" | "pan"): Promise<Frames> {
  return page.evaluate(
    ([how, length]) =>
      new Promise<Frames>((resolve) => {
        const table = document.querySelector(".row-table")!;
        const map = document.querySelector(".map canvas")!;
        const began = performance.now();
        let last = began;
        let worst = 0;
        let count = 0;
        const step = (now: number) => {
          worst = Math.max(worst, now - last);
          last = now;
          count += 1;
          const gone = now - began;
          if (how === "scroll") table.scrollTop = (gone * 40) % table.scrollHeight;
          else {
            const place = { clientX: 500, clientY: 400, bubbles: true, cancelable: true };
            const deltaY = Math.floor(gone / 800) % 2 === 0 ? -20 : 20;
            map.dispatchEvent(new WheelEvent("wheel", { ...place, deltaY }));
          }
          if (gone < length) requestAnimationFrame(step);
          else resolve({ perSecond: (count * 1000) / gone, worst });
        };
        requestAnimationFrame(step);
      }),
    [move, moveMilliseconds] as const,
  );
}

const estate = await ConsoleEstate.open();
const browser = await openBrowser();
try {
  await estate.registered();
  await estate.looks("h1");
  const small: number[] = [];
  for (let at = 0; at < paints; at += 1) small.push(await firstPaint(browser, estate.url));
  process.stderr.write(`registering ${places} places…\n`);
  await estate.grows(places);
  const large: number[] = [];
  for (let at = 0; at < paints; at += 1) large.push(await firstPaint(browser, estate.url));
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  await page.goto(`${estate.url}/estate`);
  await page.locator(".map canvas").waitFor({ timeout: 60_000 });
  await page.waitForTimeout(2_000);
  const scrolled = await frames(page, "scroll");
  const panned = await frames(page, "pan");
  const middle = (times: number[]) => times.sort((a, b) => a - b)[Math.floor(paints / 2)]!;
  const rows = [
    ["first answer, a small estate, median of 5", `${middle(small).toFixed(0)} ms`],
    [`first answer, ${places} places, median of 5`, `${middle(large).toFixed(0)} ms`],
    ["table scrolled", `${scrolled.perSecond.toFixed(1)} frames/s`],
    ["longest frame of it", `${scrolled.worst.toFixed(0)} ms`],
    ["map zoomed", `${panned.perSecond.toFixed(1)} frames/s`],
    ["longest frame of it", `${panned.worst.toFixed(0)} ms`],
    ["load", loadavg()[0]!.toFixed(1)],
  ];
  process.stdout.write("| measured | figure |\n| --- | --- |\n");
  for (const [what, figure] of rows) process.stdout.write(`| ${what} | ${figure} |\n`);
} finally {
  await browser.close();
  await estate.close();
}
