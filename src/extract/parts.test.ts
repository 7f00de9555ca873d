import { describe, expect, test } from "vitest";
import { sanitize } from "../html/sanitize.ts";
import { bodyText } from "../html/text.ts";
import type { StoryContent } from "../model/story.ts";
import { resolveWebUrl } from "../model/url.ts";
import { extractDocument } from "./extract.ts";
import { partStep } from "./next-part.ts";
import { joinPart } from "./parts.ts";

const url = (address: string) => resolveWebUrl(address, "https://paper.example/") ?? expect.fail(address);

describe("partStep", () => {
  test.each([
    ["/2026/mill", "/2026/mill/2", 2, true],
    ["/2026/mill/", "/2026/mill/2/", 2, true],
    ["/2026/mill/", "/2026/mill/page/2/", 2, true],
    ["/2026/mill", "/2026/mill?page=2", 2, true],
    ["/2026/mill/", "/2026/mill?page=2", 2, true],
    ["/story?id=77", "/story?id=77&seite=2", 2, true],
    ["/story?id=77", "/story?page=2&id=77", 2, true],
    ["/2026/mill.html", "/2026/mill-2.html", 2, false],
    ["/2026/mill.html", "/2026/mill_page2.html", 2, true],
    ["/2026/mill,seite-1.html", "/2026/mill,seite-2.html", 2, true],
    ["/2026/mill?page=9", "/2026/mill?page=10", 10, true],
    ["/2026/mill/2/", "/2026/mill/3/", 3, false],
  ])("%s leads on to %s", (own, next, number, isMarked) => {
    expect(partStep(url(own), url(next))).toEqual({ number, isMarked });
  });

  test.each([
    ["the next story by number", "/story/1234", "/story/1235"],
    ["another story", "/2026/mill", "/2026/bridge"],
    ["a part that is not the next", "/2026/mill", "/2026/mill/3"],
    ["the part before", "/2026/mill/3", "/2026/mill/2"],
    ["the same part", "/2026/mill/2", "/2026/mill/2"],
    ["a number that belongs to a word", "/2026/mill1", "/2026/mill2"],
    ["another host", "/2026/mill", "https://other.example/2026/mill/2"],
    ["something that only begins so", "/2026/mill", "/2026/mill/2-years-on"],
  ])("%s is none", (_what, own, next) => {
    expect(partStep(url(own), url(next))).toBeNull();
  });
});

const paragraph = (number: number) =>
  `<p>Paragraph ${number}: the mill went round on Monday, and the miller, who had stopped it on Sunday, went round after it.</p>`;
const page = (pager: string, head = '<meta property="og:type" content="article">') =>
  `<html><head><title>The mill</title>${head}</head><body><article><h1>The mill goes round</h1>${[1, 2, 3, 4, 5].map(paragraph).join("")}${pager}</article></body></html>`;
const nextOf = (html: string, address = "https://paper.example/2026/mill") =>
  extractDocument(
    html,
    { url: address, contentType: "text/html", timeZone: "UTC", capturedAt: 0 },
    { kind: "page", more: false },
  ).nextUrl;

describe("the next part that a page names", () => {
  const second = "https://paper.example/2026/mill/2";
  test.each([
    ["by rel=next", '<a rel="next" href="/2026/mill/2">on</a>'],
    ["in its head", '<link rel="next" href="/2026/mill/2">'],
    ["by its figure", '<ul class="pager"><li>1</li><li><a href="/2026/mill/2">2</a></li></ul>'],
    ["by words", '<div><a href="/2026/mill/2">Continue to page 2 »</a></div>'],
    ["by words of another language", '<div><a href="/2026/mill/2">Weiter auf Seite 2</a></div>'],
    ["by a label", '<div><a href="/2026/mill/2" aria-label="Next page"><img src="/arrow.svg"></a></div>'],
  ])("is found %s", (_how, pager) => {
    expect(nextOf(page(pager))).toBe(second);
  });

  test.each([
    ["the next story of a blog", '<a rel="next" href="/2026/bridge">Next</a>'],
    ["a story of the same name", '<a rel="next" href="/2026/mill-2">The mill, once more</a>'],
    ["pages of comments", '<div class="comments-pager"><a href="/2026/mill/2">2</a></div>'],
    ["pages of comments by their address", '<a href="/2026/mill?page=2#comments">2</a>'],
    ["an address that nothing calls a part", '<p>See <a href="/2026/mill/2">our second look</a> too.</p>'],
  ])("is not %s", (_what, pager) => {
    expect(nextOf(page(pager))).toBeUndefined();
  });

  test("is no matter of a blog's front, which has a next page too", () => {
    const front = page(
      '<a rel="next" href="/blog/page/2/">Older posts</a>',
      '<meta property="og:type" content="blog">',
    );
    expect(nextOf(front, "https://paper.example/blog/")).toBeUndefined();
  });
});

describe("joinPart", () => {
  const content = (html: string, more: Partial<StoryContent> = {}): StoryContent => ({
    kind: "article",
    title: "The mill goes round",
    authors: [],
    tags: [],
    images: [],
    enclosures: [],
    contentHtml: sanitize(html, { baseUrl: "https://paper.example/" }),
    ...more,
  });
  const joined = (first: StoryContent, part: StoryContent) => joinPart(first, part)?.contentHtml;
  const lead = '<figure><img src="/mill.jpg" alt="a mill"><figcaption>The mill (A. Orr)</figcaption></figure>';

  test("puts the part behind, without title, standfirst and pictures once more", () => {
    const first = content(lead + paragraph(1), {
      summary: "A mill was seen to move.",
      images: [{ url: url("/mill.jpg"), role: "lead" }],
    });
    const part = content(
      `<h2>The mill goes round - Page 2</h2><p>A mill was seen to move.</p>${lead}<h2>Why</h2>${paragraph(2)}<figure><img src="/wheel.jpg" alt=""></figure>`,
      {
        images: [
          { url: url("/mill.jpg"), role: "lead" },
          { url: url("/wheel.jpg"), role: "inline" },
        ],
      },
    );
    const whole = joinPart(first, part);
    expect(bodyText(whole?.contentHtml ?? "").split("\n")).toEqual([
      bodyText(paragraph(1)),
      "Why",
      bodyText(paragraph(2)),
    ]);
    expect(whole?.images.map((image) => [image.url, image.role])).toEqual([
      [url("/mill.jpg"), "lead"],
      [url("/wheel.jpg"), "inline"],
    ]);
    expect(sanitize(String(whole?.contentHtml), {})).toBe(whole?.contentHtml);
  });

  test("keeps lists, tables and quotes whole", () => {
    const blocks = `<ul><li>one<ul><li>two</li></ul></li></ul><table><tbody><tr><td>a</td><td>b</td></tr></tbody></table><blockquote><p>round</p></blockquote>`;
    expect(joined(content(paragraph(1)), content(paragraph(2) + blocks))).toBe(
      content(paragraph(1) + paragraph(2) + blocks).contentHtml,
    );
  });

  test("takes no part of another article, none that adds nothing, and none beyond the limit", () => {
    expect(joined(content(paragraph(1)), content(paragraph(2), { title: "The bridge falls" }))).toBeUndefined();
    expect(joined(content(paragraph(1) + paragraph(2)), content(paragraph(2)))).toBeUndefined();
    const long = `<p>${"the mill went round ".repeat(80_000)}</p>`;
    expect(joined(content(paragraph(1)), content(long))).toBeUndefined();
  });

  test("takes a part under another title whose canonical address is the article's", () => {
    const canonicalUrl = url("/2026/mill");
    const first = content(paragraph(1), { canonicalUrl });
    expect(joined(first, content(paragraph(2), { title: "Why it does", canonicalUrl }))).toContain("Paragraph 2");
  });
});
