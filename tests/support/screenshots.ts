/**
 * Makes the pictures of README.md again, from the sample newsroom: `npm run screenshots`. The sample's publisher does not
 * exist, and neither do its photographs: flat landscapes stand in for them.
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { CHROMIUM_MISSING, isChromiumThere, launchChromium } from "./browser.ts";
import { createWorkplace } from "./service.ts";

const ROOT = join(import.meta.dirname, "../..");
const IMAGES = join(ROOT, "docs/images");
const BYTES_MAX = 150_000;

interface Shot {
  readonly name: string;
  readonly path: string;
  readonly scheme: "light" | "dark";
  readonly width: number;
  readonly height: number;
}

const WIDE = { width: 1040, height: 1080 };
const SHOTS: readonly Shot[] = [
  { name: "catalogue", path: "/", scheme: "light", width: 1040, height: 720 },
  { name: "catalogue-dark", path: "/", scheme: "dark", width: 1040, height: 720 },
  { name: "feed", path: "/feeds/top", scheme: "light", ...WIDE },
  { name: "feed-dark", path: "/feeds/top", scheme: "dark", ...WIDE },
];

/** A river between hills; each name has its own. */
function landscape(name: string): string {
  const seed = [...name].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) % 9973, 7);
  const hue = [28, 45, 95, 140, 165, 205][seed % 6] ?? 0;
  const height = (step: number, from: number) => from + ((seed >> step) % 7) * 12;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 400" width="600" height="400">
<rect width="600" height="400" fill="hsl(${hue},45%,82%)"/><circle cx="${90 + (seed % 420)}" cy="95" r="42" fill="hsl(${hue},75%,94%)"/>
<path fill="hsl(${hue + 20},28%,62%)" d="M0 ${height(1, 180)}Q150 ${height(2, 100)} 300 ${height(3, 170)}T600 ${height(4, 150)}V400H0z"/>
<path fill="hsl(${hue + 30},30%,44%)" d="M0 ${height(5, 250)}Q180 ${height(3, 170)} 340 ${height(2, 250)}T600 ${height(1, 220)}V400H0z"/>
<path fill="hsl(205,38%,74%)" d="M260 400Q330 340 300 300T380 262L396 262Q360 300 420 330T520 400z"/></svg>`;
}

async function take(browser: Browser, origin: string, { name, path, scheme, width, height }: Shot): Promise<void> {
  const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height } });
  await context.route("**", (route) => {
    const { pathname, origin: asked } = new URL(route.request().url());
    if (asked === origin) return route.continue();
    return pathname.startsWith("/img/")
      ? route.fulfill({ contentType: "image/svg+xml", body: landscape(pathname) })
      : route.abort();
  });
  const page = await context.newPage();
  await page.goto(origin + path, { waitUntil: "networkidle" });
  const file = join(IMAGES, `${name}.png`);
  await page.screenshot({ path: file });
  await context.close();
  const { size } = statSync(file);
  console.log(`docs/images/${name}.png: ${size} bytes`);
  if (size > BYTES_MAX) throw new Error(`Cannot keep ${name}.png: it has ${size} bytes; wanted: at most ${BYTES_MAX}`);
}

if (!isChromiumThere) throw new Error(`Cannot take screenshots: ${CHROMIUM_MISSING}`);
using workplace = createWorkplace(
  {},
  {
    STORYWIRE_CONFIG: join(ROOT, "config"),
    STORYWIRE_FEEDS: join(ROOT, "feeds"),
    STORYWIRE_BASE_URL: "https://wire.example",
  },
);
const service = await workplace.serve();
await service.ready();
await using browser = await launchChromium();
for (const shot of SHOTS) await take(browser, service.origin, shot);
await service.end("SIGTERM");
