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

describe.skipIf(absent)(`the founding page (skipped where ${folder} is absent)`, () => {
  test.each(["article.txt", "semantic.html", "divs.html"])(
    "%s yields its article and its listed stories exactly",
    (name) => {
      const expected = JSON.parse(readFileSync(`${folder}/expected.json`, "utf8")) as Expected;
      const context = {
        url: "https://news.example/page",
        contentType: name.endsWith(".txt") ? "text/plain" : "text/html",
        timeZone: "UTC",
        capturedAt: Date.parse(expected.capturedAt),
      };
      const text = readFileSync(`${folder}/${name}`, "utf8");
      const { items } = extractDocument(text, context, { kind: "auto", more: true });
      const [article, ...listed] = items;
      const html = String(article?.contentHtml);
      expect(article?.kind).toBe("article");
      expect(article?.title).toBe(expected.article.title);
      expect(article?.summary).toBe(expected.article.summary);
      expect(dayOf(article?.updated?.to ?? 0)).toBe(expected.article.updated);
      expect(texts(html, "h[23]")).toEqual(expected.article.headings);
      expect(article?.images.map(({ alt, caption, credit }) => ({ alt, caption, credit }))).toEqual(
        expected.article.images,
      );
      const paragraphs = texts(html, "p");
      expect(paragraphs).toHaveLength(expected.article.paragraphs);
      expect(paragraphs[0]).toBe(expected.article.firstParagraph);
      expect(paragraphs.at(-1)).toBe(expected.article.lastParagraph);
      const days = listed.map(({ title, published }) => [
        title,
        dayOf(((published?.from ?? 0) + (published?.to ?? 0)) / 2),
      ]);
      expect(days).toEqual(expected.moreStories.map(({ title, date }) => [title, date]));
    },
  );
});
