import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sanitize } from "../html/sanitize.ts";
import { type ExtractOptions, extractDocument } from "./extract.ts";

const context = { url: "https://paper.example/x", timeZone: "UTC", capturedAt: Date.UTC(2026, 1, 5) };
const html = { ...context, contentType: "text/html" };
const paragraph =
  "<p>The council met on Monday and agreed, after some hours, on what it had agreed the year before.</p>";
const extract = (text: string, options: Partial<ExtractOptions> = {}, given: typeof html = html) =>
  extractDocument(text, given, { kind: "auto", more: false, ...options });

const story = (name: string) =>
  `<li><a href="/2026/${name}">A story about the ${name} and what became of it</a> <time>Jan 4, 2026</time></li>`;
const list = `<h2>Latest</h2><ul>${["bridge", "harbour", "school", "orchard", "lighthouse"].map(story).join("")}</ul>`;

describe("extractDocument", () => {
  const refusals: readonly (readonly [code: string, text: string, kind: ExtractOptions["kind"]])[] = [
    ["empty", "  \n ", "auto"],
    ["empty", "<html><body><script>x()</script></body></html>", "auto"],
    ["not_an_article", "<h1>Welcome</h1><p>Hello.</p>", "page"],
    ["no_listing", paragraph, "listing"],
    ["error_page", "<title>404 Not Found</title><h1>Not found</h1><p>There is no such page on this site.</p>", "page"],
    ["wall", "<title>One moment</title><p>Please verify you are human by completing the captcha below.</p>", "auto"],
    ["wall", "<h1>Subscribers</h1><form><input type=password></form><p>Please log in to read this story.</p>", "page"],
    ["too_deep", "<div>".repeat(5000), "auto"],
    ["too_many_elements", "<b></b>".repeat(100_000), "auto"],
    ["too_large", "x".repeat(10_000_000), "auto"],
  ];
  test.each(refusals)("refuses with %s what is no story: %.40s", (code, text, kind) => {
    expect(() => extract(text, { kind })).toThrow(expect.objectContaining({ code }));
  });

  test("an article page yields its article, and its listed stories only when more is asked for", () => {
    const page = `<article><h1>What the council said</h1>${paragraph.repeat(6)}</article>${list}`;
    expect(extract(page).items.map((item) => item.kind)).toEqual(["article"]);
    expect(extract(page, { more: true }).items.map((item) => item.kind)).toEqual([
      "article",
      ...Array(5).fill("listed"),
    ]);
    expect(extract(page, { kind: "listing" }).items).toHaveLength(5);
  });

  test("a page of stories is a listing, not an article", () => {
    const teasers = ["bridge", "harbour", "school", "orchard", "lighthouse", "mill"].map(
      (name) =>
        `<div class="t"><h2><a href="/2026/${name}">A story about the ${name} and what became of it</a></h2><p>What is to be said of the ${name} in one line.</p></div>`,
    );
    expect(extract(teasers.join("")).format).toBe("listing");
  });

  test("plain text is read as lines, markup without a content type as a page", () => {
    const { contentType: _contentType, ...untyped } = html;
    expect(
      extractDocument("A title\n\nA paragraph that goes on for a while.", untyped, { kind: "page", more: false })
        .format,
    ).toBe("text");
    expect(
      extractDocument(`<h1>A title</h1>${paragraph.repeat(6)}`, untyped, { kind: "page", more: false }).format,
    ).toBe("article");
  });

  test("a front whose text is the teasers of its stories is no article, an article that links to stories is", () => {
    const subjects = ["mayor opens the market hall", "storm closes three schools", "ferry strike ends at last"];
    const teasers = subjects.map((subject, index) => {
      const title = `Why the ${subject} today`;
      return `<div class=row><h3><a href=/news/${subject.replaceAll(" ", "-")}>${title}</a></h3><p>${`It was ${subject} that people spoke of in week ${index}. `.repeat(4)}</p></div>`;
    });
    const front = `<title>Town</title><main>${teasers.join("")}</main>`;
    expect(extract(front).items.map((item) => item.kind)).toEqual(["listed", "listed", "listed"]);
    const captions = `<div class=player>${paragraph.repeat(5)}</div>`;
    const site = `<meta property=og:type content=website><h1>Town</h1>${captions}<ul>${subjects.map((subject) => `<li><h3><a href=/news/${subject.replaceAll(" ", "-")}>Why the ${subject} today</a></h3>`).join("")}</ul>`;
    expect(extract(site).items.map((item) => item.kind)).toEqual(["listed", "listed", "listed"]);
    const links = subjects.map(
      (subject) => `<li><a href=/news/${subject.replaceAll(" ", "-")}>Why the ${subject} today</a></li>`,
    );
    const article = `<title>Town</title><h1>What the council said</h1>${paragraph.repeat(12)}<ul>${links.join("")}</ul>`;
    expect(extract(article).items[0]?.kind).toBe("article");
  });

  test("every field tells who said it", () => {
    const [item] = extract(
      `<title>x</title><meta name=author content="Ann Orr"><h1>What the council said</h1>${paragraph.repeat(6)}`,
    ).items;
    expect(item?.origins).toMatchObject({ title: "h1", authors: "meta" });
  });

  test("what it writes is sanitized already, whatever the page holds", () => {
    const tag = fc.constantFrom(
      ..."p div h1 h2 ul li a img figure figcaption table tr td blockquote pre span b em br article aside iframe noscript time".split(
        " ",
      ),
    );
    const piece = fc.oneof(
      fc.constantFrom(
        paragraph,
        "words, more words. ",
        "By Ann Orr",
        "<img src=/a.jpg>",
        "(Photo: A B)",
        "<script>x</script>",
        list,
      ),
      tag.map((name) => `<${name} class="caption author date" href="javascript:x" src="/i.png" onclick=x>`),
      tag.map((name) => `</${name}>`),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const page = `<h1>What the council said</h1>${paragraph.repeat(4)}${pieces.join("")}`;
        const { items } = extract(page, { kind: "page" });
        const content = String(items[0]?.contentHtml);
        expect(sanitize(content, {})).toBe(content);
        expect(content).not.toMatch(/javascript:|onclick|<script/);
      }),
      { numRuns: 200 },
    );
  });

  test("hostile pages take linear time", () => {
    const hostile = [
      `<figure>${"<img src=/a.jpg><p>text".repeat(15_000)}</figure>`,
      `${paragraph.repeat(50)}<figure>${Array.from({ length: 10_000 }, (_, index) => `<img src=/${index}.jpg><p>text`).join("")}</figure>`,
      "<p>text <img src=/a.jpg> (Photo: x)</p>".repeat(15_000),
      `<title>${"a | ".repeat(300_000)}</title><h1>b</h1>`,
      `<p class=byline>${"By A and ".repeat(100_000)}</p>`,
      `<script type="application/ld+json">${"[".repeat(400_000)}</script><p>x`,
      "<time>2 days ago</time>".repeat(20_000),
      `<div class="${"aB-".repeat(300_000)}"><p>x</div>`,
      `<figure><img src=/a.jpg><figcaption>${"(".repeat(300_000)}</figcaption></figure>${paragraph}`,
      `<p>${" ".repeat(2_000_000)}x</p>`,
    ];
    for (const page of hostile) {
      const started = process.cpuUsage();
      try {
        extract(page, { kind: "page" });
      } catch {
        // A coded error is an answer too.
      }
      const { user, system } = process.cpuUsage(started);
      expect((user + system) / 1000, page.slice(0, 60)).toBeLessThan(3000);
    }
  });
});
