import { AxeBuilder } from "@axe-core/playwright";
import jsqrModule from "jsqr";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Entry } from "../../src/model/feed.ts";
import { type FeedRequest, requestPath } from "../../src/select/feed-request.ts";
import { parseReaderQuery } from "../../src/select/reader-query.ts";
import type { Api } from "../../src/serve/api/operations.ts";
import { createServer, type WebServer } from "../../src/serve/server.ts";
import { CHROMIUM_MISSING, isChromiumThere, launchChromium } from "../support/browser.ts";
import {
  addFeed,
  createFakeWire,
  entryOf,
  type FakeWire,
  MORNING,
  safe,
  slugOf,
  storyOf,
  urlOf,
} from "../support/fake-wire.ts";

if (!isChromiumThere) console.warn(`pages.test.ts is skipped: ${CHROMIUM_MISSING}`);

// The package says `export default` and ships CommonJS: Node's import gives the module, its types the function.
const { default: readCode } = jsqrModule as unknown as { readonly default: typeof jsqrModule.default };

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

/** Kept as it was when it still said something else. */
const CHANGED = "d".repeat(26);
const WITHDRAWN = "e".repeat(26);

const SINGLE: readonly Entry[] = [
  storyOf(CHANGED, { title: "A tide table that was wrong", revision: 3, contentHtml: safe("<p>It is right now.</p>") }),
  storyOf(WITHDRAWN, { title: "A rumour", withdrawnAt: MORNING, contentHtml: safe("<p>It was none.</p>") }),
].map((story) => entryOf(story));

const PAGES: readonly (readonly [name: string, path: string])[] = [
  ["the catalogue", "/"],
  ["a catalogue in which nothing is found", "/?q=zebra"],
  ["a search", "/search.html?q=ferry"],
  ["a search that finds nothing", "/search.html?q=zebra"],
  ["a feed", "/feeds/top"],
  ["a feed without stories", "/feeds/empty.html"],
  ["a story", `/stories/${FERRY}`],
  ["a story from right to left", `/stories/${ARABIC}`],
  ["a long story", `/stories/${LONG}`],
  ["a story that changed", `/stories/${CHANGED}`],
  ["a story that was withdrawn", `/stories/${WITHDRAWN}`],
  ["a feed that nobody knows", "/feeds/nobody"],
  ["the reference of the API", "/api/v1/"],
];

/** The query of whoever asks for nothing. */
const PLAIN = parseReaderQuery(new URLSearchParams());

let browser: Browser;
let server: WebServer;
let origin: string;

beforeAll(async () => {
  if (!isChromiumThere) return;
  const wire = createFakeWire();
  addFeed(wire, "top", { title: "Top stories", description: "What matters at the quay" }, ENTRIES);
  addFeed(wire, "arabic", { title: "الأخبار", description: "أخبار الميناء", language: "ar" }, ENTRIES.slice(1, 2));
  addFeed(wire, "empty", { title: "Quiet feed", language: "not a language" });
  addSearch(wire, "ferry", ENTRIES.slice(0, 1));
  addSearch(wire, "zebra", []);
  for (const entry of SINGLE) wire.stories.set(entry.story.id, entry);
  wire.changes = [
    { at: MORNING + 3_600_000, changed: ["title"] },
    { at: MORNING + 7_200_000, changed: ["summary", "contentHtml"] },
  ];
  // The reference asks nothing of the API behind it.
  server = createServer(wire, { log: console, api: { token: "t" } as Api });
  origin = (await server.listen({ host: "127.0.0.1", port: 0 })).url;
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** What a search for the words finds. */
function addSearch(wire: FakeWire, words: string, entries: readonly Entry[]): void {
  const request: FeedRequest = { origin: { kind: "search", words }, query: PLAIN };
  wire.pages.set(requestPath(request, "html"), {
    feed: { slug: slugOf(""), title: `“${words}”`, description: "", language: "en", entries: entries.length, request },
    entries,
  });
}

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

/** What a scanner reads in a PNG: decoded by the browser, so that it is the pixels which count. */
async function scan(png: Buffer): Promise<string | undefined> {
  const page = await browser.newPage();
  const pixels = (await page.evaluate(`(async () => {
    const image = new Image();
    image.src = "data:image/png;base64,${png.toString("base64")}";
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width, image.height];
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    return { width: image.width, height: image.height, data: [...context.getImageData(0, 0, image.width, image.height).data] };
  })()`)) as { readonly width: number; readonly height: number; readonly data: readonly number[] };
  await page.close();
  return readCode(Uint8ClampedArray.from(pixels.data), pixels.width, pixels.height)?.data;
}

describe.skipIf(!isChromiumThere)("pages in a browser", () => {
  test.each(PAGES)(
    "%s is accessible, light on a telephone and dark on a wide screen",
    async (_name, path) => {
      const context = await browser.newContext({ colorScheme: "light", viewport: { width: 320, height: 740 } });
      const { page, complaints } = await openPage(context);
      await page.goto(origin + path);
      // Without frames there is nothing to merge in a window of its own, which is what the legacy mode spares.
      const axe = () => new AxeBuilder({ page }).setLegacyMode(true);
      const light = await axe().analyze();
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(320);
      await page.setViewportSize({ width: 1280, height: 900 });
      await page.emulateMedia({ colorScheme: "dark" });
      const dark = await axe().withRules(["color-contrast", "target-size"]).analyze();
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(1280);
      const violations = [...light.violations, ...dark.violations];
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
      expect(complaints).toEqual([]);
      await context.close();
      // The long reference takes seconds to be judged.
    },
    60_000,
  );

  test("a feed's code leads to the feed, on a dark page too, and needs no script", async () => {
    const context = await browser.newContext({ colorScheme: "dark", javaScriptEnabled: false });
    const { page } = await openPage(context);
    await page.goto(`${origin}/feeds/top`);
    const picture = await page.getByRole("img", { name: "QR code" }).screenshot();
    await context.close();
    expect(await scan(picture)).toBe("https://wire.example/feeds/top");
  });

  test("a search of the catalogue finds stories, and can be subscribed to", async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const { page } = await openPage(context);
    await page.goto(origin);
    await page.getByRole("searchbox").fill("ferry");
    await page.getByRole("button", { name: "Search" }).click();
    expect(new URL(page.url()).pathname).toBe("/search.html");
    expect(await page.locator("article h3").allTextContents()).toEqual(["Ferry returns to the old quay"]);
    const address = page.getByLabel("Atom", { exact: true });
    expect(await address.isVisible()).toBe(false);
    await page.getByText("Subscribe to this search").click();
    expect(await address.isVisible()).toBe(true);
    expect(await address.inputValue()).toBe("https://wire.example/search.atom?q=ferry");
    await context.close();
  });

  test("a feed's page is read without JavaScript, and markup in titles stays text", async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const { page } = await openPage(context);
    await page.goto(`${origin}/feeds/top`);
    expect(await page.title()).toBe("Top stories – Harbour wire");
    expect(await page.locator("article h3").allTextContents()).toEqual(ENTRIES.map(({ story }) => story.title));
    expect(await page.getByLabel("RSS", { exact: true }).inputValue()).toBe("https://wire.example/feeds/top.rss");
    expect(await page.getByRole("button", { name: "Copy" }).count()).toBe(0);
    const captions = await page.locator("figcaption").allTextContents();
    expect(captions).toContain("The Solveig at the quay. Photo: Ines Marlow");
    await context.close();
  });

  test("an address is copied by its button", async () => {
    const context = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"] });
    const { page } = await openPage(context);
    await page.goto(`${origin}/feeds/top`);
    const button = page.getByRole("button", { name: "Copy" }).nth(1);
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
    expect(await page.evaluate("document.activeElement.textContent")).toBe("The Harbour Post");
    await context.close();
  });
});
