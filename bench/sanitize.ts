/**
 * What sanitizing a feed's stories costs: 50 stories of 2.7 kB, as blogs, newspapers and aggregators mark them up, as
 * CPU time of this process, ours and sanitize-html's taking turns in one run; and the longest document a feed may be
 * (16 MiB), of a few hostile kinds, once each.
 *
 *     node bench/sanitize.ts [--json]
 *
 * Exit code 1 where a time is above its limit.
 */
import sanitizeHtml from "sanitize-html";
import { sanitize } from "../src/html/sanitize.ts";

const LIMIT_MS = 4;
const HOSTILE_LIMIT_MS = 2000;
const STORIES = 50;
const STORY_CHARACTERS = 2700;
const HOSTILE_CHARACTERS = 16 * 1024 * 1024;
const ROUNDS = 60;
const WARM_UP_ROUNDS = 30;
const BASE = { baseUrl: "https://gazette.example/stories/", profile: "feed" } as const;

/** One stretch of a story, as each kind of publisher writes it. */
const MARKUP: readonly ((place: number) => string)[] = [
  (place) =>
    `<p>On the quay people waited, <a href="/timetable?line=${place}&amp;day=2" class="link">timetable</a> in hand; “soon”, said ` +
    "the <strong>crew</strong>, and nobody &amp; nothing moved until the harbour master came out himself at last.</p>\n\n",
  (place) =>
    `<figure class="wp-block-image size-large"><img loading="lazy" decoding="async" width="1024" height="683" ` +
    `src="https://gazette.example/img/${place}-1024x683.jpg" alt="The ferry at dawn" class="wp-image-${place}" ` +
    `srcset="https://gazette.example/img/${place}-1024x683.jpg 1024w, https://gazette.example/img/${place}-300x200.jpg 300w" ` +
    'sizes="(max-width: 1024px) 100vw, 1024px" /><figcaption>The ferry at dawn. Picture: A. Quay</figcaption></figure>\n',
  (place) =>
    `<div class="md"><p>It&#39;s late again. <span style="color: #222; font-size: 13pt;">The <i>Heron</i> left at ${place}:05</span>` +
    `<br /><br />More at <a href="https://gazette.example/ferry/${place}" rel="nofollow noopener" target="_blank">the ferry page</a>.</p></div>`,
  () => "<ul>\n<li>Tickets stay valid</li>\n<li>Bicycles wait</li>\n</ul>\n<blockquote><p>“We sail”</p></blockquote>\n",
];

function writeStory(number: number): string {
  let html = "";
  for (let place = number; html.length < STORY_CHARACTERS; place++)
    html += MARKUP[place % MARKUP.length]?.(place) ?? "";
  return html.slice(0, STORY_CHARACTERS);
}

const HOSTILE: Readonly<Record<string, string>> = {
  "unclosed paragraphs": "<p>x",
  "unclosed tables": "<table><tr><td>",
  "unclosed frames": "<iframe><object>x",
  "nested inline": "<b><i></b>",
  "bare <": "<",
  "bare &": "&",
  "pictures without an address": "<img alt=x>",
  comments: "<!--",
};

function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

const stories = Array.from({ length: STORIES }, (_, number) => writeStory(number));
const sanitizers = {
  ours: (html: string) => sanitize(html, BASE).length,
  sanitizeHtml: (html: string) => sanitizeHtml(html).length,
} as const;

const times = { ours: [] as number[], sanitizeHtml: [] as number[] };
for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
  for (const name of ["ours", "sanitizeHtml"] as const) {
    const time = cpuMs(() => stories.forEach((story) => void sanitizers[name](story)));
    if (round >= WARM_UP_ROUNDS) times[name].push(time);
  }
}
const hostile = Object.entries(HOSTILE).map(([name, markup]) => {
  const html = markup.repeat(Math.floor(HOSTILE_CHARACTERS / markup.length));
  return { name, ms: cpuMs(() => void sanitize(html, BASE)) };
});
const ours = median(times.ours);
const theirs = median(times.sanitizeHtml);
const result = { oursMs: ours, sanitizeHtmlMs: theirs, ratio: ours / theirs, limitMs: LIMIT_MS, hostile };

if (process.argv.includes("--json")) process.stdout.write(`${JSON.stringify(result)}\n`);
else {
  process.stdout.write(`50 stories of 2.7 kB  ${ours.toFixed(2)} ms (sanitize-html ${theirs.toFixed(2)} ms)\n`);
  for (const { name, ms } of hostile) process.stdout.write(`16 MiB of ${name.padEnd(28)} ${ms.toFixed(0)} ms\n`);
}
process.exitCode = ours <= LIMIT_MS && hostile.every(({ ms }) => ms <= HOSTILE_LIMIT_MS) ? 0 : 1;
