import { describe, expect, it } from "vitest";
import { extractDocument } from "./extract.ts";

const SENTENCE = "The council met on Tuesday to discuss the old bridge over the river, and voted to keep it. ";
const PARAGRAPH = SENTENCE.repeat(4).trim();
const TITLE = "Council keeps the old bridge over the river";

/** A page that shows nothing: its program draws it from these data. */
function page(data: unknown, { head = "", script = "" } = {}): string {
  const json = JSON.stringify(data).replaceAll("<", "\\u003c");
  const state = script === "" ? `<script id="__NEXT_DATA__" type="application/json">${json}</script>` : script;
  return `<!doctype html><html lang="en"><head><title>${TITLE} | Riverton Post</title>${head}</head><body><div id="root"></div>${state}</body></html>`;
}

function extract(html: string, kind: "auto" | "page" = "auto") {
  const context = { url: "https://riverton.example/news/bridge", timeZone: "UTC", capturedAt: Date.UTC(2025, 5, 1) };
  return extractDocument(html, { ...context, contentType: "text/html" }, { kind, more: true });
}

const text = (value: string) => ({ type: "text", text: value });

/** The same story as editors and content systems hold it. */
const BODIES: Readonly<Record<string, object>> = {
  "a string of HTML": { body: `<p>${PARAGRAPH}</p><h2>What comes next</h2><ul><li>paint</li></ul><p>${PARAGRAPH}</p>` },
  "HTML that is rendered": {
    content: { rendered: `<p>${PARAGRAPH}</p><h2>What comes next</h2><ul><li>paint</li></ul><p>${PARAGRAPH}</p>` },
  },
  "a document of nodes with marks": {
    body: {
      type: "doc",
      content: [
        { type: "paragraph", content: [text(PARAGRAPH)] },
        { type: "heading", attrs: { level: 2 }, content: [text("What comes next")] },
        {
          type: "bulletList",
          content: [{ type: "listItem", content: [{ type: "paragraph", content: [text("paint")] }] }],
        },
        {
          type: "paragraph",
          content: [text(SENTENCE), { ...text(SENTENCE.repeat(3).trim()), marks: [{ type: "bold" }] }],
        },
      ],
    },
  },
  "blocks of spans": {
    body: [
      { _type: "block", style: "normal", children: [{ _type: "span", text: PARAGRAPH }] },
      { _type: "block", style: "h2", children: [{ _type: "span", text: "What comes next" }] },
      { _type: "bullet-list", children: [{ _type: "list-item", children: [{ _type: "span", text: "paint" }] }] },
      { _type: "block", style: "normal", children: [{ _type: "span", text: PARAGRAPH }] },
    ],
  },
  "rich text with node types": {
    body: {
      nodeType: "document",
      content: [
        { nodeType: "paragraph", content: [{ nodeType: "text", value: PARAGRAPH }] },
        { nodeType: "heading-2", content: [{ nodeType: "text", value: "What comes next" }] },
        {
          nodeType: "unordered-list",
          content: [{ nodeType: "list-item", content: [{ nodeType: "text", value: "paint" }] }],
        },
        { nodeType: "paragraph", content: [{ nodeType: "text", value: PARAGRAPH }] },
      ],
    },
  },
  "a flat list of elements": {
    content_elements: [
      { type: "text", content: PARAGRAPH },
      { type: "header", level: 2, content: "What comes next" },
      { type: "list", items: [{ type: "text", content: "paint" }] },
      { type: "interstitial_link", content: "Read about our other bridges" },
      { type: "text", content: PARAGRAPH },
    ],
  },
  "an editor's blocks with data": {
    content: {
      blocks: [
        { type: "paragraph", data: { text: PARAGRAPH } },
        { type: "header", data: { text: "What comes next", level: 2 } },
        { type: "list", data: { style: "unordered", items: ["paint"] } },
        { type: "paragraph", data: { text: PARAGRAPH } },
      ],
    },
  },
};

describe("an article that stands only in the page's data", () => {
  it.each(Object.keys(BODIES))("is read from %s", (name) => {
    const [item] = extract(page({ props: { pageProps: { story: { title: TITLE, ...BODIES[name] } } } })).items;
    expect(item).toMatchObject({ kind: "article", title: TITLE, origins: { contentHtml: "json" } });
    expect(item?.contentHtml).toBe(
      `<p>${PARAGRAPH}</p><h2>What comes next</h2><ul><li>paint</li></ul><p>${PARAGRAPH}</p>`,
    );
  });

  const STORY = { headline: TITLE, articleBody: `${PARAGRAPH}\n\n${PARAGRAPH}` };

  it("brings headline, authors, date and picture with it", () => {
    const story = {
      ...STORY,
      publishedAt: "2025-05-20T08:15:00Z",
      author: { name: "Ann Orr" },
      body: [
        { type: "image", url: "/img/bridge.jpg", caption: "The bridge in spring", credit: "Bo Lind", alt: "A bridge" },
        { type: "paragraph", text: PARAGRAPH },
        { type: "paragraph", text: PARAGRAPH },
      ],
    };
    const [item] = extract(page(story)).items;
    expect(item).toMatchObject({
      title: TITLE,
      authors: [{ name: "Ann Orr" }],
      published: { to: Date.parse("2025-05-20T08:15:00Z"), precision: "exact" },
      images: [{ url: "https://riverton.example/img/bridge.jpg", caption: "The bridge in spring", credit: "Bo Lind" }],
    });
  });

  it.each([
    ["that a script assigns", `<script>window.__STATE__ = ${JSON.stringify(STORY)};</script>`],
    [
      "that a script parses",
      `<script>window.__STATE__ = JSON.parse(${JSON.stringify(JSON.stringify(STORY))});</script>`,
    ],
  ])("is read from a state %s", (_name, script) => {
    expect(extract(page(null, { script })).items[0]?.contentHtml).toBe(`<p>${PARAGRAPH}</p><p>${PARAGRAPH}</p>`);
  });

  it("is the story of the page among several, and none where no story is the page's", () => {
    const stories = ["A school wins a prize", TITLE, "The ferry sails again"].map((headline) => ({
      ...STORY,
      headline,
    }));
    expect(extract(page({ stories })).items[0]?.title).toBe(TITLE);
    const front = page({ stories: stories.map((one) => ({ ...one, headline: `${one.headline} today` })) });
    expect(() => extract(front.replace(TITLE, "All our stories"), "page")).toThrowError(/Cannot extract stories/);
  });

  it("gives way to a text that the page shows", () => {
    const shown = page(STORY).replace(
      '<div id="root"></div>',
      `<h1>${TITLE}</h1>${"<p>What is shown is what counts here, and it is of some length. It goes on.</p>".repeat(12)}`,
    );
    expect(String(extract(shown).items[0]?.contentHtml)).toContain("What is shown");
  });

  it("passes the allow-list like any page", () => {
    const hostile = {
      title: TITLE,
      body: `<p onclick="x()">${PARAGRAPH}<script>x()</script></p><p>${PARAGRAPH}</p><p><a href="javascript:x()">${PARAGRAPH}</a></p>`,
    };
    expect(String(extract(page(hostile)).items[0]?.contentHtml)).not.toMatch(/onclick|script/);
  });

  it.each([
    ["deep data", `${'{"title":"A title of some length","body":'.repeat(50_000)}1${"}".repeat(50_000)}`],
    ["wide data", `[${'{"title":"A title of some length","body":["a","b"]},'.repeat(60_000)}0]`],
    [
      "titles around titles",
      `${'{"title":"A title of some length","body":[1,'.repeat(400)}${'["word"],'.repeat(100_000)}0${"]}".repeat(400)}`,
    ],
  ])("is searched for in %s within a second", (_name, json) => {
    const started = process.cpuUsage();
    try {
      extract(page(null, { script: `<script type="application/json">${json}</script>` }));
    } catch {
      // A coded error is an answer too.
    }
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1000).toBeLessThan(1500);
  });
});
