import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SafeHtml } from "../model/html.ts";
import type { ParsedFeed, ParsedItem } from "../model/parsed.ts";
import { resolveWebUrl } from "../model/url.ts";
import { contentDigest } from "./digest.ts";
import { normalizeFeed, normalizeItem, storyLimits } from "./normalize.ts";

const baseUrl = "https://gazette.example/feeds/news.xml";

function item(fields: Partial<ParsedItem>): ParsedItem {
  return { kind: "entry", title: "", authors: [], tags: [], images: [], enclosures: [], ...fields };
}

function feed(items: readonly ParsedItem[], facts: Partial<ParsedFeed["feed"]> = {}): ParsedFeed {
  return { format: "rss", feed: { authors: [], ...facts }, items, hints: {}, faults: [] };
}

const link = (path: string) => resolveWebUrl(path, baseUrl) ?? expect.fail(path);

describe("normalizeItem", () => {
  test("keeps what publishers write into summaries and contents, made safe and absolute", () => {
    const html = '<video src="/v.mp4" onplay="x()"></video><abbr title="A">B</abbr><script>x()</script>';
    const clean = '<video controls="" src="https://gazette.example/v.mp4"></video><abbr title="A">B</abbr>';
    const untrusted = { untrusted: html, baseUrl };
    expect(normalizeItem(item({ contentHtml: untrusted, summaryHtml: untrusted }))).toMatchObject({
      contentHtml: clean,
      summaryHtml: clean,
    });
  });

  test("leaves out a text of which nothing is left", () => {
    const content = normalizeItem(item({ contentHtml: { untrusted: "<script>x()</script>" } }));
    expect(content).not.toHaveProperty("contentHtml");
  });

  test("passes on what an extractor wrote", () => {
    // The cast stands for what html/sanitize.ts made.
    const contentHtml = "<p>safe</p>" as SafeHtml;
    expect(normalizeItem(item({ contentHtml })).contentHtml).toBe(contentHtml);
  });

  test("calls an author who gave no name by the address that was given", () => {
    const authors = [
      { name: " Ada  Quay ", email: "ada@gazette.example" },
      { name: "", email: "desk@gazette.example" },
      { name: "", url: link("/desk") },
      { name: "\u0001" },
    ];
    expect(normalizeItem(item({ authors })).authors).toEqual([
      { name: "Ada Quay", email: "ada@gazette.example" },
      { name: "desk@gazette.example", email: "desk@gazette.example" },
      { name: "https://gazette.example/desk", url: "https://gazette.example/desk" },
    ]);
  });

  test("keeps each tag once, and none that is empty", () => {
    expect(normalizeItem(item({ tags: ["Quay", " Quay", "", "Ferries\n"] })).tags).toEqual(["Quay", "Ferries"]);
  });

  test("cuts what is longer than its limit", () => {
    const content = normalizeItem(
      item({
        title: "t".repeat(storyLimits.titleMax + 1),
        tags: Array.from({ length: storyLimits.tagsMax + 1 }, (_, index) => `tag ${index}`),
        contentHtml: { untrusted: "<p>x</p>".repeat(storyLimits.contentMax / 4) },
        url: link(`/${"u".repeat(storyLimits.urlMax)}`),
      }),
    );
    expect(content.title).toHaveLength(storyLimits.titleMax);
    expect(content.tags).toHaveLength(storyLimits.tagsMax);
    expect(content.contentHtml?.length).toBeLessThanOrEqual(storyLimits.contentMax);
    expect(content).not.toHaveProperty("url");
  });

  test("gives no null, no empty text and no control character, whatever the item says", () => {
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("", " ", "<b>", "\u0000"));
    fc.assert(
      fc.property(text, text, text, (title, summary, untrusted) => {
        const content = normalizeItem(item({ title, summary, rights: summary, contentHtml: { untrusted } }));
        expect(JSON.stringify(content)).not.toMatch(/null|\\u00[01]|"(?:summary|rights|contentHtml)":""/);
        expect(JSON.stringify(content).isWellFormed()).toBe(true);
      }),
    );
  });
});

describe("normalizeFeed", () => {
  test("keeps the feed's own facts, its description made safe", () => {
    const facts = {
      title: " The  Gazette ",
      link: link("/"),
      description: 'News <em onclick="x()">daily</em>, <a href="about">more</a>',
      language: "en-GB",
      image: link("/logo.png"),
      authors: [{ name: "", email: "desk@gazette.example" }],
    };
    expect(normalizeFeed(feed([], facts)).feed).toEqual({
      ...facts,
      title: "The Gazette",
      description: 'News <em>daily</em>, <a href="https://gazette.example/about">more</a>',
      authors: [{ name: "desk@gazette.example", email: "desk@gazette.example" }],
    });
  });

  test("tells items with one guid for all by their own addresses, and by their texts", () => {
    const items = ["/1", "/2"].map((path) => item({ guid: "urn:gazette", url: link(path), title: `Story ${path}` }));
    const { candidates, faults } = normalizeFeed(feed(items));
    expect(candidates.map(({ keys }) => keys.map(({ kind }) => kind))).toEqual([["url"], ["url"]]);
    expect(faults).toEqual([]);
  });

  test("leaves out the second of two items that are one, and says so", () => {
    const twice = item({ guid: "urn:gazette:1", url: link("/1"), title: "Story" });
    const { candidates, faults } = normalizeFeed(feed([twice, { ...twice }]));
    expect(candidates).toHaveLength(1);
    expect(faults).toMatchObject([{ code: "repeated_item", item: 1 }]);
  });

  test("leaves known items unread", () => {
    const items = [item({ url: link("/1"), title: "Story", contentHtml: { untrusted: "<p>x</p>" } })];
    const [first] = normalizeFeed(feed(items)).candidates;
    const [again] = normalizeFeed(feed(items), new Set([first?.rawDigest ?? ""])).candidates;
    expect(first).toHaveProperty("content");
    expect(again).not.toHaveProperty("content");
  });
});

describe("contentDigest", () => {
  const digestOf = (html: string) =>
    contentDigest(normalizeItem(item({ title: "T", contentHtml: { untrusted: html } })));

  test("does not move with markup, white space and counters", () => {
    const plain = digestOf("<p>The ferry left late.</p><p>Nobody knew why.</p>");
    expect(
      digestOf(
        "<section><p>The <b>ferry</b> left\nlate.</p></section><header>12 comments</header><p>Nobody knew why.</p>",
      ),
    ).toBe(plain);
  });

  test("moves with the words", () => {
    expect(digestOf("<p>The ferry left late.</p>")).not.toBe(digestOf("<p>The ferry left early.</p>"));
  });
});
