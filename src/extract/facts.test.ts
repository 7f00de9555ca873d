import { globSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { DateInterval } from "../model/date.ts";
import { intervalJson } from "../model/story-json.ts";
import { extractDocument } from "./extract.ts";

/** Each page beside the facts that must come out of it. UPDATE_GOLDEN=1 writes what comes out now: read it before you keep it. */
const folder = "tests/golden/facts";
const context = {
  url: "https://paper.example/news/page",
  contentType: "text/html",
  timeZone: "UTC",
  capturedAt: Date.UTC(2026, 1, 5, 12),
};

/** Everything that is known of the article but its text and pictures. */
function factsOf(html: string): unknown {
  const [item] = extractDocument(html, context, { kind: "page", more: false }).items;
  if (item === undefined) return null;
  const {
    contentHtml: _text,
    images: _images,
    enclosures: _enclosures,
    url: _url,
    published,
    updated,
    ...facts
  } = item;
  const json = (date: DateInterval | undefined) => (date === undefined ? undefined : intervalJson(date));
  return JSON.parse(JSON.stringify({ ...facts, published: json(published), updated: json(updated) }));
}

describe("the facts of golden pages", () => {
  test.each(globSync(`${folder}/*.html`).toSorted())("%s", (path) => {
    const actual = factsOf(readFileSync(path, "utf8"));
    const expectedPath = path.replace(/\.html$/, ".json");
    if (process.env.UPDATE_GOLDEN !== undefined) writeFileSync(expectedPath, `${JSON.stringify(actual, null, 2)}\n`);
    expect(actual).toEqual(JSON.parse(readFileSync(expectedPath, "utf8")));
  });
});

describe("the facts of hostile pages", () => {
  const words = "word ".repeat(400_000);
  const paragraphs = `<p>${"The ferry runs twice a day, the harbour office said on Monday. ".repeat(8)}</p>`.repeat(5);
  test.each([
    ["names of facts around names of facts", `${'<div class="date byline">'.repeat(200)}${words}`],
    ["dates in one long link", `<a href=/x>${"<time>4 March 2025</time>".repeat(400)}${words}</a>`],
    ["boxes in boxes", `${"<div>".repeat(200)}${words}`],
    ["portraits in one long box", `<div>${'<b><img alt="Ada Holm"></b>'.repeat(400)}${words}</div>`],
    ["labels without names", `<p>Author:</p><p>${"A b ".repeat(14)}</p>`.repeat(8_000)],
    ["cards that lead to the page", '<a href="/news/page"><div>x 2025 y</div></a>'.repeat(9_000)],
    ["a heading of many parts", `<h1>${"<b>a</b> - ".repeat(9_000)}</h1>`],
  ])("%s are read in linear time", (_name, markup) => {
    const page = `<!doctype html><title>A title of it</title><body><h1>A title of it</h1>${markup}${paragraphs}`;
    const started = process.cpuUsage();
    factsOf(page);
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1000).toBeLessThan(1500);
  });
});
