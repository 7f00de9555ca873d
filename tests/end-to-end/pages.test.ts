import { existsSync } from "node:fs";
import { AxeBuilder } from "@axe-core/playwright";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Entry } from "../../src/model/feed.ts";
import { createServer, type WebServer } from "../../src/serve/server.ts";
import { addFeed, createFakeWire, entryOf, MORNING, safe, storyOf, urlOf } from "../support/fake-wire.ts";

const CHROMIUM = "/usr/bin/chromium";
const isThere = existsSync(CHROMIUM);
if (!isThere) console.warn(`pages.test.ts is skipped: there is no ${CHROMIUM} (Debian: apt-get install chromium)`);

const FERRY = "a".repeat(26);
const ARABIC = "b".repeat(26);
const LONG = "c".repeat(26);

const ENTRIES: readonly Entry[] = [
  storyOf(FERRY, {
    title: "Ferry returns to the old quay",
    url: urlOf("https://harbour.example/ferry"),
    summary: "Eleven weeks after the storm, the Solveig is back.",
    section: "Islands",
    contentHtml: safe(
      "<h2>What was repaired</h2><p>Forty metres of <a href='https://harbour.example/x'>piling</a>.</p>",
    ),
    authors: [{ name: "Ines Marlow", url: urlOf("https://harbour.example/marlow") }, { name: "Tom Reyes" }],
    images: [
      {
        url: urlOf("https://harbour.example/ferry.jpg"),
        alt: "A white ferry",
        caption: "The Solveig at the quay.",
        credit: "Photo: Ines Marlow",
        role: "lead",
      },
      { caption: "A map that was only in print.", credit: "Graphics desk", role: "inline" },
    ],
    enclosures: [{ url: urlOf("https://harbour.example/ferry.mp3"), type: "audio/mpeg", lengthBytes: 4_404_019 }],
    tags: ["ferries", "storm"],
    updatedAt: MORNING + 7_200_000,
    rights: "© The Harbour Post",
  }),
  storyOf(ARABIC, {
    title: "عودة العبّارة إلى الرصيف القديم",
    language: "ar",
    summary: "عادت «سولفيغ» إلى الرصيف القديم بعد أحد عشر أسبوعًا.",
    authors: [{ name: "ليلى منصور" }],
  }),
  storyOf(LONG, {
    title: `<script>document.title = "broken"</script>${"Donaudampfschifffahrt".repeat(20)}`,
    contentHtml: safe(
      `<p>${"word ".repeat(400)}</p><table><tbody><tr>${"<td>cell of a wide table</td>".repeat(30)}</tr></tbody></table>`,
    ),
  }),
].map((story) => entryOf(story));

const PAGES: readonly (readonly [name: string, path: string])[] = [
  ["the catalogue", "/"],
  ["a search that finds nothing", "/?q=zebra"],
  ["a feed", "/feeds/top"],
  ["a feed without stories", "/feeds/empty.html"],
  ["a story", `/stories/${FERRY}`],
  ["a story from right to left", `/stories/${ARABIC}`],
  ["a long story", `/stories/${LONG}`],
  ["a problem", "/feeds/nobody"],
];

let browser: Browser;
let server: WebServer;
let origin: string;

beforeAll(async () => {
  if (!isThere) return;
  const wire = createFakeWire();
  addFeed(wire, "top", { title: "Top stories", description: "What matters at the quay" }, ENTRIES);
  addFeed(wire, "arabic", { title: "الأخبار", description: "أخبار الميناء", language: "ar" }, ENTRIES.slice(1, 2));
  addFeed(wire, "empty", { title: "Quiet feed", language: "not a language" });
  server = createServer(wire, { log: console });
  origin = (await server.listen({ host: "127.0.0.1", port: 0 })).url;
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"],
  });
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** A page where nothing but our own server can be reached, and whatever the browser complains of is kept. */
async function openPage(context: BrowserContext): Promise<{ page: Page; complaints: string[] }> {
  const complaints: string[] = [];
  await context.route("**", (route) => (route.request().url().startsWith(origin) ? route.continue() : route.abort()));
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    // The pictures of other hosts, and the page that is meant to be missing, are no fault of the page.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      complaints.push(message.text());
  });
  return { page, complaints };
}

describe.skipIf(!isThere)("pages in a browser", () => {
  test.each(PAGES)("%s is accessible, light and dark, and fits a telephone", async (_name, path) => {
    const context = await browser.newContext({ colorScheme: "light", viewport: { width: 360, height: 740 } });
    const { page, complaints } = await openPage(context);
    await page.goto(origin + path);
    const light = await new AxeBuilder({ page }).analyze();
    await page.emulateMedia({ colorScheme: "dark" });
    const dark = await new AxeBuilder({ page }).withRules("color-contrast").analyze();
    const violations = [...light.violations, ...dark.violations];
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(360);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("a feed's page is read without JavaScript, and markup in titles stays text", async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const { page } = await openPage(context);
    await page.goto(`${origin}/feeds/top`);
    expect(await page.title()).toBe("Top stories – Harbour wire");
    expect(await page.locator("article h3").allTextContents()).toEqual(ENTRIES.map(({ story }) => story.title));
    expect(await page.getByText("https://wire.example/feeds/top.rss", { exact: true }).isVisible()).toBe(true);
    expect(await page.getByRole("button", { name: "Copy" }).count()).toBe(0);
    const captions = await page.locator("figcaption").allTextContents();
    expect(captions).toContain("The Solveig at the quay. Photo: Ines Marlow");
    await context.close();
  });

  test("an address is copied by its button", async () => {
    const context = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"] });
    const { page } = await openPage(context);
    await page.goto(`${origin}/feeds/top`);
    const button = page.getByRole("button").nth(1);
    await button.click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe("https://wire.example/feeds/top.atom");
    await context.close();
  });

  test("a picture that is gone leaves its words", async () => {
    const context = await browser.newContext();
    const { page } = await openPage(context);
    await page.goto(`${origin}/stories/${FERRY}`);
    await page.getByText("A white ferry").waitFor();
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.locator("figcaption").first().textContent()).toBe("The Solveig at the quay. Photo: Ines Marlow");
    await context.close();
  });

  test("a text from right to left stands on the right", async () => {
    const context = await browser.newContext();
    const { page } = await openPage(context);
    await page.goto(`${origin}/stories/${ARABIC}`);
    const direction = `(name) => getComputedStyle(document.querySelector(name)).direction`;
    for (const name of ["article", "h1", ".lead", ".meta"]) {
      expect([name, await page.evaluate(`(${direction})(${JSON.stringify(name)})`)]).toEqual([name, "rtl"]);
    }
    expect(await page.locator("article").getAttribute("lang")).toBe("ar");
    await page.goto(`${origin}/feeds/arabic.html`);
    for (const name of [".intro .lead", ".intro .meta", ".entry .summary"]) {
      expect([name, await page.evaluate(`(${direction})(${JSON.stringify(name)})`)]).toEqual([name, "rtl"]);
    }
    await context.close();
  });

  test("a keyboard reaches the content first", async () => {
    const context = await browser.newContext();
    const { page } = await openPage(context);
    await page.goto(`${origin}/feeds/top`);
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to content");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Copy");
    await context.close();
  });
});
