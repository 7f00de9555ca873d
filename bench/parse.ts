/**
 * What reading a feed costs, bytes to parsed items (sanitizing apart), against plain rss-parser on the same bytes: the
 * two take turns in one run, in CPU time of this process; the memory of each is the peak of a process of its own.
 *
 *     node bench/parse.ts [--json]
 *
 * Exit code 1 where a ratio is above the limit.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import Parser from "rss-parser";
import { parseFeed } from "../src/parse/parse.ts";
import { decode } from "../src/text/decode.ts";

const RATIO_MAX = 1.2;

interface Size {
  readonly name: string;
  readonly bytes: number;
  readonly items: number;
  /** How often each reads the document in one round, so that a round takes long enough to be measured. */
  readonly repeats: number;
}

const SIZES: readonly Size[] = [
  { name: "10 kB, 10 items", bytes: 10_000, items: 10, repeats: 200 },
  { name: "200 kB, 50 items", bytes: 200_000, items: 50, repeats: 20 },
  { name: "5 MB, 1000 items", bytes: 5_000_000, items: 1000, repeats: 1 },
];
const ROUNDS = 15;
const WARM_UP_ROUNDS = 5;

/** A feed as blogs write it: escaped summaries, full texts in CDATA, several namespaces. */
function writeFeed({ bytes, items }: Size): Buffer {
  const head =
    '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" ' +
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/">\n' +
    "<channel>\n<title>The Harbour Gazette</title>\n<link>https://gazette.example/</link>\n<description>News of the harbour</description>\n" +
    '<atom:link href="https://gazette.example/feed.xml" rel="self" type="application/rss+xml"/>\n<language>en-GB</language>\n';
  const share = Math.floor((bytes - head.length) / items);
  const texts = Array.from({ length: items }, (_, index) => writeItem(index, share));
  return Buffer.from(`${head}${texts.join("")}</channel>\n</rss>\n`);
}

function writeItem(index: number, bytes: number): string {
  const day = new Date(Date.UTC(2026, 0, 1) + index * 3_600_000).toUTCString();
  const url = `https://gazette.example/stories/${index}?from=feed&amp;n=${index}`;
  const head =
    `<item>\n<title>Ferry no. ${index} &amp; its crew are “late” again</title>\n<link>${url}</link>\n<guid isPermaLink="false">gazette-${index}</guid>\n` +
    `<pubDate>${day}</pubDate>\n<dc:creator>Ada Quay</dc:creator>\n<category>Harbour</category>\n<category>Ferries</category>\n` +
    `<media:thumbnail url="https://gazette.example/img/${index}.jpg" width="240" height="160"/>\n`;
  const left = Math.max(200, bytes - head.length - 120);
  const summary = fill(
    "&lt;p&gt;The ferry &lt;b&gt;left late&lt;/b&gt; &amp;amp; nobody knew why.&lt;/p&gt; ",
    left * 0.2,
  );
  const content = fill(
    '<p>On the quay people waited, <a href="/timetable">timetable</a> in hand; “soon”, said the crew.</p>\n',
    left * 0.8,
  );
  return `${head}<description>${summary}</description>\n<content:encoded><![CDATA[${content}]]></content:encoded>\n</item>\n`;
}

function fill(text: string, length: number): string {
  return text.repeat(Math.max(1, Math.round(length / text.length)));
}

const readers = {
  async ours(bytes: Buffer): Promise<number> {
    const { text } = decode(bytes, { contentType: "application/rss+xml", markup: "xml" });
    return parseFeed(text, { url: "https://gazette.example/feed.xml", timeZone: "UTC", capturedAt: 0 }).items.length;
  },
  async theirs(bytes: Buffer): Promise<number> {
    return (await new Parser().parseString(bytes.toString("utf8"))).items.length;
  },
} as const;
type Reader = keyof typeof readers;

async function cpuMs(reader: Reader, bytes: Buffer, size: Size): Promise<number> {
  const before = process.cpuUsage();
  for (let repeat = 0; repeat < size.repeats; repeat++) {
    const items = await readers[reader](bytes);
    if (items !== size.items) throw new Error(`${reader} read ${items} items of ${size.items}`);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / size.repeats;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

async function measureTime(size: Size): Promise<{ readonly ours: number; readonly theirs: number }> {
  const bytes = writeFeed(size);
  const times: Record<Reader, number[]> = { ours: [], theirs: [] };
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
    for (const reader of round % 2 === 0 ? (["ours", "theirs"] as const) : (["theirs", "ours"] as const)) {
      const time = await cpuMs(reader, bytes, size);
      if (round >= WARM_UP_ROUNDS) times[reader].push(time);
    }
  }
  return { ours: median(times.ours), theirs: median(times.theirs) };
}

/** Peak memory in MB of a process that reads the largest document three times with one of the two. */
function measureMemory(reader: Reader): number {
  const child = spawnSync(process.execPath, [fileURLToPath(import.meta.url), "--memory", reader], { encoding: "utf8" });
  return Number(child.stdout);
}

const memoryOf = process.argv[process.argv.indexOf("--memory") + 1];
if (memoryOf === "ours" || memoryOf === "theirs") {
  const largest = SIZES[SIZES.length - 1];
  if (largest !== undefined) await cpuMs(memoryOf, writeFeed(largest), { ...largest, repeats: 3 });
  process.stdout.write(String(process.resourceUsage().maxRSS / 1024));
} else {
  const rows = [];
  for (const size of SIZES) rows.push({ name: size.name, unit: "ms", ...(await measureTime(size)) });
  const memory = (reader: Reader) => median([1, 2, 3].map(() => measureMemory(reader)));
  rows.push({ name: "5 MB, memory", unit: "MB", ours: memory("ours"), theirs: memory("theirs") });
  const results = rows.map((row) => ({ ...row, ratio: row.ours / row.theirs }));
  if (process.argv.includes("--json")) process.stdout.write(`${JSON.stringify(results)}\n`);
  else {
    for (const { name, unit, ours, theirs, ratio } of results) {
      const values = `ours ${ours.toFixed(2)} ${unit}, rss-parser ${theirs.toFixed(2)} ${unit}`;
      process.stdout.write(`${name.padEnd(18)} ${ratio.toFixed(2)}x  (${values})\n`);
    }
  }
  process.exitCode = results.every(({ ratio }) => ratio <= RATIO_MAX) ? 0 : 1;
}
