/**
 * `npm run bench:stalls`: how long the thread that serves is kept from its readers while 200 feeds of 50 entries
 * (~200 kB each) are rendered for the first time. Exits with 1 where a turn of its event loop takes more than 50 ms of CPU
 * time; the delays by the clock also tell how busy the machine is.
 *
 *     node bench/stalls.ts
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createRenderer } from "../src/app/renderer.ts";
import type { FormatName } from "../src/model/feed.ts";
import { createShelf } from "../src/publish/shelf.ts";
import { storeFeeds } from "../tests/support/stored-feeds.ts";
import { aFeed, aSource, numberedItem } from "../tests/support/stories.ts";

const FEEDS = 200;
const ENTRIES = 50;
const STALL_MS = 50;

const prose = (seed: number) =>
  Array.from({ length: 400 }, (_, word) => `word${(word * 7919 + seed * 31) % 9973}`).join(" ");
const feeds = Array.from({ length: FEEDS }, (_, index) => aFeed({ slug: `feed-${index}` }));
await using stored = await storeFeeds([aSource()], feeds, () =>
  Array.from({ length: ENTRIES }, (_, number) =>
    numberedItem(number, { contentHtml: { untrusted: `<p>${prose(number)}</p>` } }),
  ),
);
await using renderer = createRenderer(stored.configuration);
const shelf = createShelf({
  store: stored.store,
  make: (head, format) => renderer.ask({ kind: "feed", slug: head.slug, format, head }),
  bytesMax: 128 * 1024 * 1024,
  onProblem: ({ slug, findings }) => {
    throw new Error(`${slug}: ${JSON.stringify(findings[0])}`);
  },
});
await shelf.refresh();

/** The longest turn of the event loop meanwhile, in CPU milliseconds. */
async function measure(name: string, work: () => Promise<unknown>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let longest = 0;
  let before = process.threadCpuUsage();
  const timer = setInterval(() => {
    const { user, system } = process.threadCpuUsage(before);
    longest = Math.max(longest, (user + system) / 1000);
    before = process.threadCpuUsage();
  }, 1);
  const begun = performance.now();
  delay.enable();
  await work();
  delay.disable();
  clearInterval(timer);
  const figures = [performance.now() - begun, longest, delay.max / 1e6, delay.percentile(99) / 1e6];
  console.log(`${name.padEnd(24)}${figures.map((figure) => figure.toFixed(1).padStart(10)).join("")}`);
  return longest;
}

const render = (format: FormatName) => () => Promise.all(feeds.map(({ slug }) => shelf.find(slug, format)));
console.log(`${"ms".padEnd(24)}     whole turn, CPU delay max delay p99`);
const turns = [
  await measure("nothing to do", () => new Promise((resolve) => setTimeout(resolve, 2_000))),
  await measure("start of the worker", () => shelf.find(feeds[0]?.slug ?? aFeed().slug, "rss")),
  await measure(`${FEEDS} RSS documents`, render("rss")),
  await measure(`${FEEDS} Atom documents`, render("atom")),
];
process.exitCode = Math.max(...turns) > STALL_MS ? 1 : 0;
