import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { htmlToText } from "../html/sanitize.ts";
import { extractDocument } from "./extract.ts";

/** The founding page in its dresses, kept beside the project. */
const folder = "../shared/seed";
const absent = !existsSync(`${folder}/expected.json`);

interface Expected {
  readonly capturedAt: string;
  readonly article: {
    readonly title: string;
    readonly summary: string;
    readonly updated: string;
    readonly headings: readonly string[];
    readonly images: readonly { readonly alt: string; readonly caption: string; readonly credit: string }[];
    readonly paragraphs: number;
    readonly firstParagraph: string;
    readonly lastParagraph: string;
  };
  readonly moreStories: readonly { readonly title: string; readonly date: string; readonly path: string }[];
}

const texts = (html: string, tag: string) =>
  [...html.matchAll(new RegExp(`<(${tag})>(.*?)</\\1>`, "g"))].map((match) => htmlToText(match[2] ?? ""));
const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);

/** Other ways to mark up the same page. */
const dresses: Readonly<Record<string, readonly [from: string, change: (html: string) => string]>> = {
  "without classes": ["divs.html", (html) => html.replace(/ (?:class|id)="[^"]*"/g, "")],
  "paragraphs as divisions": ["divs.html", (html) => html.replace(/<(\/?)p>/g, "<$1div>")],
  "bold spans as headings": ["divs.html", (html) => html.replace(/<strong>(.*?)<\/strong>/g, "<b><span>$1</span></b>")],
  "small headings": ["divs.html", (html) => html.replace(/<p><strong>(.*?)<\/strong><\/p>/g, "<h4>$1</h4>")],
  "line breaks for paragraphs": ["divs.html", (html) => html.replace(/<p>(.*?)<\/p>/g, "$1<br><br>")],
  "a table that places things": [
    "divs.html",
    (html) =>
      html
        .replace('<div class="content-wrap">', "<table><tr><td>")
        .replace('</div><div class="more">', '</td></tr></table><div class="more">'),
  ],
  "small captions": ["divs.html", (html) => html.replace(/<div class="cap">(.*?)<\/div>/g, "<small>$1</small>")],
  "captions as paragraphs": [
    "divs.html",
    (html) => html.replace(/<div class="cap">(.*?)<\/div>/g, "<p><em>$1</em></p>"),
  ],
  "pictures among paragraphs": [
    "divs.html",
    (html) => html.replace(/<div class="img-box">(<img[^>]*>)<div class="cap">(.*?)<\/div><\/div>/g, "$1<p>$2</p>"),
  ],
  "listed stories in tables": [
    "divs.html",
    (html) =>
      html.replace(
        /<div class="card">.*?<a href="([^"?]*)\?[^"]*">(.*?)<\/a><div class="ago">(.*?)<\/div><\/div><\/div>/g,
        '<table><tr><td><a href="$1">$2</a></td><td>$3</td></tr></table>',
      ),
  ],
  "listed stories within the article": [
    "semantic.html",
    (html) => html.replace("</article><aside>", "<div>").replace("</aside></main>", "</div></article></main>"),
  ],
  "no data for machines": [
    "semantic.html",
    (html) =>
      html.replace(/<script type="application\/ld\+json">.*?<\/script>/, "").replace(/<meta property[^>]*>/g, ""),
  ],
  "pictures and captions in one line": [
    "semantic.html",
    (html) => html.replace(/<(\/?)figure>/g, "<$1p>").replace(/<figcaption>(.*?)<\/figcaption>/g, "<br><i>$1</i>"),
  ],
  "a section around each paragraph": [
    "semantic.html",
    (html) => html.replace(/<p>/g, "<section><p>").replace(/<\/p>/g, "</p></section>"),
  ],
  "credits named otherwise": [
    "semantic.html",
    (html) => html.replace(/<span class="credit">\((.*?)\)<\/span>/g, "<cite>Photo: $1</cite>"),
  ],
  "lines that end as on Windows": ["article.txt", (text) => text.replaceAll("\n", "\r\n")],
};

function expectFoundingPage(name: string, text: string): void {
  const expected = JSON.parse(readFileSync(`${folder}/expected.json`, "utf8")) as Expected;
  const context = {
    url: "https://news.example/page",
    contentType: name.endsWith(".txt") ? "text/plain" : "text/html",
    timeZone: "UTC",
    capturedAt: Date.parse(expected.capturedAt),
  };
  const [article, ...listed] = extractDocument(text, context, { kind: "auto", more: true }).items;
  const html = String(article?.contentHtml);
  expect(article?.kind).toBe("article");
  expect(article?.title).toBe(expected.article.title);
  expect(article?.summary).toBe(expected.article.summary);
  expect(dayOf(article?.updated?.to ?? 0)).toBe(expected.article.updated);
  expect(texts(html, "h[2-4]")).toEqual(expected.article.headings);
  expect(article?.images.map(({ alt, caption, credit }) => ({ alt, caption, credit }))).toEqual(
    expected.article.images,
  );
  const paragraphs = texts(html, "p");
  expect(paragraphs).toHaveLength(expected.article.paragraphs);
  expect(paragraphs[0]).toBe(expected.article.firstParagraph);
  expect(paragraphs.at(-1)).toBe(expected.article.lastParagraph);
  const days = listed.map((item) => [item.title, dayOf(((item.published?.from ?? 0) + (item.published?.to ?? 0)) / 2)]);
  expect(days).toEqual(expected.moreStories.map(({ title, date }) => [title, date]));
}

describe.skipIf(absent)(`the founding page (skipped where ${folder} is absent)`, () => {
  test.each(["article.txt", "semantic.html", "divs.html"])("%s yields its article and its listed stories", (name) => {
    expectFoundingPage(name, readFileSync(`${folder}/${name}`, "utf8"));
  });

  test.each(Object.entries(dresses))("and so does the page with %s", (_dress, [name, change]) => {
    const text = readFileSync(`${folder}/${name}`, "utf8");
    expect(change(text)).not.toBe(text);
    expectFoundingPage(name, change(text));
  });
});
