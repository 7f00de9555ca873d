import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { entryOf, MORNING, safe, slugOf, storyOf, urlOf } from "../../../tests/support/fake-wire.ts";
import type { SourceId } from "../../model/source.ts";
import type { Image, Story } from "../../model/story.ts";
import type { FeedRequest } from "../../select/feed-request.ts";
import { parseReaderQuery } from "../../select/reader-query.ts";
import { addressesOf } from "../addresses.ts";
import { problemOf } from "../problem.ts";
import type { FeedOverview, StoryChange } from "../wire.ts";
import { loadAssets } from "./assets.ts";
import { renderCatalogue } from "./catalogue.ts";
import { renderFeedPage } from "./feed-page.ts";
import { blockAttributes, dayElement, textAttributes, timeElement } from "./layout.ts";
import { renderProblemPage } from "./problem-page.ts";
import { renderStoryPage } from "./story-page.ts";
import { excerptOf, headlineOf, pictureView } from "./story-parts.ts";

const ID = "k7m2qd5xw3ztb4nfyhc6pja2ue";
const CONTEXT = {
  site: { title: "Harbour wire", baseUrl: "https://wire.example", language: "en" },
  addresses: addressesOf("https://wire.example"),
  assets: loadAssets(),
};

function overview(slug: string, parts: Partial<FeedOverview> = {}): FeedOverview {
  return { slug: slugOf(slug), title: `Feed ${slug}`, description: "", language: "en", entries: 0, ...parts };
}

/** The page of a story that nobody changed. */
function storyPage(story: Story, changes: readonly StoryChange[] = []) {
  return renderStoryPage(CONTEXT, { entry: entryOf(story), changes });
}

describe("catalogue", () => {
  const many = Array.from({ length: 401 }, (_, index) => overview(`feed-${index}`));

  test("shows many feeds page by page, and the last page for any number beyond", () => {
    const first = renderCatalogue(CONTEXT, many, { query: "", page: 1 }).toString();
    expect(first.match(/<li class="card"/g)).toHaveLength(200);
    expect(first).toContain('<a rel="next" href="/?page=2">');
    expect(first).not.toContain('rel="prev"');
    const last = renderCatalogue(CONTEXT, many, { query: "feed", page: 999 }).toString();
    expect(last.match(/<li class="card"/g)).toHaveLength(1);
    expect(last).toContain('<a rel="prev" href="/?q=feed&amp;page=2">');
    expect(last).not.toContain('rel="next"');
  });

  test("finds feeds that hold every word, whatever the case", () => {
    const feeds = [
      overview("a", { title: "Harbour Sport" }),
      overview("b", { description: "Sport inland" }),
      overview("c"),
    ];
    const found = (query: string) =>
      [
        ...renderCatalogue(CONTEXT, feeds, { query, page: 1 })
          .toString()
          .matchAll(/class="headline" href="\/feeds\/(\w)/g),
      ].map(([, slug]) => slug);
    expect(found(" SPORT ")).toEqual(["a", "b"]);
    expect(found("sport harbour")).toEqual(["a"]);
    expect(found("")).toEqual(["a", "b", "c"]);
  });

  test("says so when there is nothing to show", () => {
    expect(renderCatalogue(CONTEXT, [], { query: "", page: 1 }).toString()).toContain("No feed is published yet.");
    expect(renderCatalogue(CONTEXT, many, { query: "<b>", page: 1 }).toString()).toContain("“<bdi>&lt;b&gt;</bdi>”");
  });
});

describe("story page", () => {
  const shown: Image = { url: urlOf("https://a.example/1.jpg?x=1&y=2"), role: "inline", alt: "shown" };
  const hidden: Image = { url: urlOf("https://a.example/2.jpg"), role: "inline", alt: "hidden", width: 6, height: 4 };
  const contentHtml = safe('<p>Words</p><img src="https://a.example/1.jpg?x=1&amp;y=2" alt="shown">');

  test("shows each picture once, wherever it stands", () => {
    const page = storyPage(storyOf(ID, { contentHtml, images: [shown, hidden] })).toString();
    expect(page.match(/1\.jpg/g)).toHaveLength(1);
    expect(page).toContain('<img src="https://a.example/2.jpg" alt="hidden" width="6" height="4"');
  });

  test("names the publisher's page as the original, and itself where there is none", () => {
    const url = urlOf("https://harbour.example/ferry");
    expect(storyPage(storyOf(ID, { url })).toString()).toContain(`<link rel="canonical" href="${url}">`);
    const own = storyPage(storyOf(ID)).toString();
    expect(own).toContain(`<link rel="canonical" href="https://wire.example/stories/${ID}">`);
    expect(own).not.toContain("where it was published");
  });

  test("never links to a file of the operator's", () => {
    const story = storyOf(ID, {
      url: urlOf("file:///srv/news/page.html"),
      enclosures: [{ url: urlOf("file:///srv/a.mp3") }],
    });
    const entry = entryOf(story);
    const pages = [
      renderStoryPage(CONTEXT, { entry, changes: [] }),
      renderFeedPage(CONTEXT, { feed: overview("top"), entries: [entry] }),
    ];
    for (const page of pages) expect(page.toString()).not.toContain("file:");
  });

  test("keeps hostile text of every field as text", () => {
    const evil = `"'><script>alert(1)</script><img src=x onerror=alert(1)>`;
    const story = storyOf(ID, {
      title: evil,
      summary: evil,
      description: evil,
      section: evil,
      tags: [evil],
      language: evil,
      rights: evil,
      authors: [{ name: evil, url: urlOf("javascript:alert(1)") }],
      images: [
        { url: urlOf(`https://a.example/${encodeURI(evil)}`), alt: evil, caption: evil, credit: evil, role: "lead" },
      ],
      enclosures: [{ url: urlOf("javascript:alert(1)"), type: evil }],
    });
    const entry = { ...entryOf(story), source: { ...entryOf(story).source, title: evil } };
    const feed = overview("top", { title: evil, description: evil, language: evil });
    const pages = [
      renderStoryPage(CONTEXT, { entry, changes: [] }),
      renderFeedPage({ ...CONTEXT, site: { ...CONTEXT.site, title: evil } }, { feed, entries: [entry] }),
      renderCatalogue(CONTEXT, [feed], { query: evil, page: 1 }),
    ];
    for (const page of pages) {
      expect(page.toString()).not.toMatch(/<script>|<img src=x|javascript:/);
      expect(
        page.toString().replace(/<script src="\/assets\/page-\w+\.js" type="module"><\/script>/, ""),
      ).not.toContain("<script");
    }
  });
});

describe("parts of a story", () => {
  test("an excerpt is the first words, without tags, whole words and whole references", () => {
    expect(excerptOf(safe("<p>One <b>two</b></p><p>three &amp; four</p>"))).toBe("One two three &amp; four");
    expect(excerptOf(safe('<p><a href="https://a.example/?a>b" title="x > y">link</a> text</p>'))).toBe("link text");
    const long = excerptOf(safe(`<p>${"words &amp; ".repeat(100)}</p>`));
    expect(long).toMatch(/^(words &amp; )+words( &amp;)?…$/);
    expect(excerptOf(safe(""))).toBe("");
  });

  test("an excerpt takes nothing of a tag for text, even of one that its limit cuts off", () => {
    for (let padding = 2400; padding < 2600; padding += 1) {
      const start = `<img alt="${"-".repeat(padding)}">`;
      expect(excerptOf(safe(`<p>word</p>${start}<a title="x > y" href="https://a.example/">link</a>`))).toMatch(
        /^word( l(i(nk?)?)?)?…?$/,
      );
    }
  });

  test("an excerpt holds no tag and no broken reference, whatever is cut off", () => {
    const piece = fc.constantFrom(
      "<p>",
      "</p>",
      '<a href="https://a.example/&quot;>">',
      "</a>",
      "word ",
      "&amp;",
      "&#39;",
      "x".repeat(50),
      " ",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => {
        const excerpt = excerptOf(safe(pieces.join("")));
        expect(excerpt).not.toMatch(/[<>]/);
        expect(excerpt.replaceAll(/&(?:amp|#39|quot);/g, "")).not.toContain("&");
        expect(excerpt.length).toBeLessThanOrEqual(321);
      }),
    );
  });

  test("a story without a title is called by its first words", () => {
    expect(headlineOf(storyOf(ID))).toBe("Ferry returns to the old quay");
    expect(headlineOf(storyOf(ID, { title: "", summary: "A note." }))).toBe("A note.");
    expect(headlineOf(storyOf(ID, { title: "", summary: "many words ".repeat(20) }))).toMatch(
      /^(many words )+many words…$/,
    );
    expect(headlineOf(storyOf(ID, { title: "" }))).toBe("");
  });

  test("a picture that a page may not load still tells its caption and credit", () => {
    const image: Image = {
      url: urlOf("http://a.example/1.jpg"),
      caption: "A quay.",
      credit: "Tom Reyes",
      role: "lead",
    };
    expect(String(pictureView(image))).toContain('A quay. <span class="credit" dir="auto">Tom Reyes</span>');
    expect(String(pictureView(image))).not.toContain("<img");
    expect(pictureView({ role: "lead" })).toBe(false);
  });

  test("times are as sharp as they are known", () => {
    expect(String(timeElement(MORNING))).toBe(
      '<time datetime="2026-03-09T08:30:00.000Z">9 March 2026 at 08:30 UTC</time>',
    );
    expect(String(dayElement("2026-03-09"))).toBe('<time datetime="2026-03-09">9 March 2026</time>');
  });

  test("a text stands on the side of its first letter, in its language where that is one", () => {
    expect(String(blockAttributes("12 عودة", "ar"))).toBe('dir="rtl" lang="ar"');
    expect(String(blockAttributes("שלום world"))).toBe('dir="rtl"');
    expect(String(blockAttributes("“Ferry” عودة", "en-GB"))).toBe('dir="ltr" lang="en-GB"');
    expect(String(textAttributes('x" onload="'))).toBe('dir="auto"');
  });
});

describe("feed page", () => {
  const entries = Array.from({ length: 10 }, (_, index) => {
    const entry = entryOf(storyOf(`${index}`.padEnd(26, "a"), { section: "Islands" }));
    return { ...entry, source: { ...entry.source, id: `source-${index}` as SourceId, title: `Source ${index}` } };
  });

  test("names whose stories it shows, with the feed of each, and the section of each story", () => {
    const page = renderFeedPage(CONTEXT, { feed: overview("top"), entries }).toString();
    expect(page).toContain('From <a href="/sources/source-0.html"><bdi>Source 0</bdi></a>, ');
    expect(page).toContain("<bdi>Source 7</bdi></a> and 2 more");
    expect(page.match(/class="desk">Islands/g)).toHaveLength(10);
  });

  test("behind a token leads to no feed of its sources", () => {
    const page = renderFeedPage(CONTEXT, { feed: overview("top", { token: "t0k3n" }), entries }).toString();
    expect(page).toContain("<bdi>Source 0</bdi>");
    expect(page).not.toContain("/sources/");
    expect(page).toContain("QR code of https://wire.example/feeds/top?token=t0k3n");
  });

  test("is for search engines where an operator named it, and only there", () => {
    const request: FeedRequest = {
      origin: { kind: "search", words: "quay" },
      query: parseReaderQuery(new URLSearchParams()),
    };
    const pageOf = (parts: Partial<FeedOverview>) =>
      renderFeedPage(CONTEXT, { feed: overview("top", parts), entries: [] }).toString();
    expect(pageOf({ request })).toContain('<meta name="robots" content="noindex">');
    expect(pageOf({})).not.toContain("noindex");
  });

  test("says what filters it, and leads to the whole feed", () => {
    const query = parseReaderQuery(new URLSearchParams({ filter: "quay & <b>", limit: "3" }));
    const request: FeedRequest = { origin: { kind: "feed", slug: slugOf("top") }, query };
    const page = renderFeedPage(CONTEXT, { feed: overview("top", { request, token: "t0" }), entries: [] }).toString();
    expect(page).toContain("Asked for with <code>filter=quay &amp; &lt;b&gt;</code>, <code>limit=3</code>.");
    expect(page).toContain('<a href="/feeds/top.html?token=t0">Show the whole feed</a>');
    expect(page).toContain("No story passes the filter now.");
    expect(renderFeedPage(CONTEXT, { feed: overview("top"), entries: [] }).toString()).not.toContain("Asked for with");
  });

  test("says so where its addresses lead nowhere but to this computer", () => {
    const pageAt = (baseUrl: string) =>
      renderFeedPage(
        { ...CONTEXT, site: { ...CONTEXT.site, baseUrl }, addresses: addressesOf(baseUrl) },
        { feed: overview("top"), entries: [] },
      ).toString();
    for (const host of ["127.0.0.1:8080", "localhost", "[::1]:80"]) {
      expect(pageAt(`http://${host}/`)).toContain("work on this computer only");
    }
    for (const host of ["wire.example", "127.0.0.1.example", "10.0.0.1"]) {
      expect(pageAt(`http://${host}/`)).not.toContain("work on this computer only");
    }
  });
});

describe("problem page", () => {
  test("says in plain words what happened and what can be done", () => {
    const pageOf = (status: number, headers = {}) =>
      renderProblemPage(CONTEXT, problemOf(status, "code", "There is <nothing>", headers)).toString();
    expect(pageOf(404)).toContain("<h1>Nothing here</h1>");
    expect(pageOf(404)).toContain('action="/search.html"');
    expect(pageOf(404)).toContain("There is &lt;nothing&gt;.");
    expect(pageOf(410)).toContain("Readers may unsubscribe");
    expect(pageOf(429, { "Retry-After": "10" })).toContain("Please try again in 10 seconds.");
    expect(pageOf(429)).not.toContain("try again in");
    expect(pageOf(406)).toContain("<h1>Not Acceptable</h1>");
  });
});
