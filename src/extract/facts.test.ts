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
