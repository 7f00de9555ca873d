import { describe, expect, test } from "vitest";
import { bodyText } from "../html/text.ts";
import { extractDocument } from "./extract.ts";

const context = { url: "https://paper.example/2026/heron", contentType: "text/html", timeZone: "UTC", capturedAt: 0 };
/** The lines of the article that a body holds. */
const linesOf = (body: string): readonly string[] => {
  const html = `<html><head><title>The heron</title></head><body>${body}</body></html>`;
  const { items } = extractDocument(html, context, { kind: "page", more: false });
  const content = items[0]?.contentHtml;
  return bodyText(typeof content === "string" ? content : "").split("\n");
};
const paragraph = (number: number) =>
  `<p>Paragraph ${number}: the heron stood on its post, as it had stood there in the morning, and was counted once more by whoever passed.</p>`;
const text = [1, 2, 3, 4, 5].map(paragraph).join("");
const list = (...links: readonly (readonly [address: string, words: string])[]) =>
  `<ul>${links.map(([address, words]) => `<li><a href="${address}">${words}</a></li>`).join("")}</ul>`;

describe("the text of an article", () => {
  test("keeps lists that lead to other sites, and drops those that lead to stories of its own", () => {
    const lines = linesOf(
      `<article><h1>The heron</h1>${text}<h2>Sources</h2>${list(
        ["https://river.example/count", "The count of the river office"],
        ["https://parish.example/book", "The book of the parish, by year"],
      )}${list(["/2026/mill", "The mill goes round"], ["/2026/bridge", "The bridge stands still"])}</article>`,
    );
    expect(lines.slice(5)).toEqual(["Sources", "The count of the river office", "The book of the parish, by year"]);
  });

  test("keeps a line that is a link to elsewhere, and drops one to a story of its own or to have it shared", () => {
    const lines = linesOf(`<article><h1>The heron</h1>${text}
      <p><a href="https://river.example/count">The river office has a count of its own</a></p>
      <p><a href="/2026/mill">The mill that goes round all by itself</a></p>
      <p><a href="https://pigeon.example/share?u=https%3A%2F%2Fpaper.example%2F2026%2Fheron">Send this by pigeon to a friend</a></p>${paragraph(6)}</article>`);
    expect(lines.slice(5, -1)).toEqual(["The river office has a count of its own"]);
  });

  test("is not judged by letters in a program's keys, but by words and their numbers", () => {
    const lines = linesOf(`<article><h1>The heron</h1>${text}<div class="element-2638ad5 b46a99">${paragraph(6)}</div>
      <div class="sidebar2">${paragraph(7)}</div><div class="ad300x250">${paragraph(8)}</div></article>`);
    expect(lines).toHaveLength(6);
  });

  test.each(["Top stories", "Related articles:", "Читайте также", "関連記事"])(
    "ends a list of teasers that a line announces (%s) where it goes on at length",
    (label) => {
      const teasers = [
        "The mill goes round by itself, its miller says.",
        "The bridge is closed, and open again, for repairs that nobody ordered.",
      ];
      const long = `<p>${"The heron has the last word, as it had the first, and it says neither of them aloud. ".repeat(3)}</p>`;
      const body = `<article><h1>The heron</h1>${text}<p>${label}</p>${teasers.map((teaser) => `<p>${teaser}</p>`).join("")}${long}</article>`;
      expect(linesOf(body)).toHaveLength(6);
    },
  );

  test("has no part in what its readers answered, however little it says itself", () => {
    const answers = Array.from({ length: 40 }, (_, index) => `<h4>Reader ${index}</h4>${paragraph(index)}`).join("");
    expect(
      linesOf(`<div><h1>The heron</h1>${paragraph(100)}<h3>40 responses to the heron</h3>${answers}</div>`),
    ).toHaveLength(1);
  });

  test("keeps headings whatever their class", () => {
    expect(
      linesOf(`<article><h1>The heron</h1>${text}<h2 class="adv-heading">At noon</h2>${paragraph(6)}</article>`),
    ).toContain("At noon");
  });
});
